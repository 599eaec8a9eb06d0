// Plain arithmetic: verification and interpretation.
#include "dialects/lm/LmShapes.h"
#include "dialects/lm/reference/Layers.h"

#include <cmath>

using namespace mlir;
using namespace longc;
using namespace longc::lm;

static Formula sigmoid(const Formula &x) { return Formula(1.0) / (exp2(x * -M_LOG2E) + 1.0); }

double MultiplyOp::evaluate(ArrayRef<double> x) { return x[0] * x[1]; }
Formula MultiplyOp::onTiles(ArrayRef<Formula> x) { return x[0] * x[1]; }

double SigmoidOp::evaluate(ArrayRef<double> x) { return reference::sigmoid(x[0]); }
Formula SigmoidOp::onTiles(ArrayRef<Formula> x) { return sigmoid(x[0]); }

double SiluOp::evaluate(ArrayRef<double> x) { return reference::silu(x[0]); }
Formula SiluOp::onTiles(ArrayRef<Formula> x) { return x[0] * sigmoid(x[0]); }

double SiluGradientOp::evaluate(ArrayRef<double> x) { return reference::siluSlope(x[0]) * x[1]; }
Formula SiluGradientOp::onTiles(ArrayRef<Formula> x) {
  Formula share = sigmoid(x[0]);
  return x[1] * share * (x[0] * (Formula(1.0) - share) + 1.0);
}

double GeluGradientOp::evaluate(ArrayRef<double> x) { return reference::geluSlope(x[0], getTanh()) * x[1]; }
Formula GeluGradientOp::onTiles(ArrayRef<Formula> operands) {
  const Formula &x = operands[0], &gradient = operands[1];
  if (!getTanh()) {
    Formula below = erf(x * std::sqrt(0.5)) * 0.5 + 0.5, density = exp2(x * x * (-0.5 * M_LOG2E)) * std::sqrt(0.5 / M_PI);
    return gradient * (below + x * density);
  }
  double root = std::sqrt(2.0 / M_PI);
  Formula bend = tanh((x + x * x * x * 0.044715) * root), steepness = x * x * (3 * 0.044715 * root) + root;
  return gradient * 0.5 * (bend + 1.0 + x * (Formula(1.0) - bend * bend) * steepness);
}

double MergeWeightOp::evaluate(ArrayRef<double> x) { return x[0] == -INFINITY ? 0 : std::exp(x[0] - x[1]); }
// The whole is made finite: -inf less -inf would be no number.
Formula MergeWeightOp::onTiles(ArrayRef<Formula> x) { return exp2((x[0] - max(x[1], -1e30)) * M_LOG2E); }

double FillOp::evaluate(ArrayRef<double>) { return getValue(); }
Formula FillOp::onTiles(ArrayRef<Formula> x) { return filled(x[0], getValue()); }

LogicalResult ScaleRowsOp::verify() {
  ArrayRef<int64_t> shape = tensorType(getX()).getShape();
  // scale_rows_c1
  if (failed(expectShape(*this, "a result", getResult(), shape)))
    return failure();
  // scale_rows_c2
  return expectShape(*this, "factors", getFactors(), shape.drop_back());
}

LogicalResult ScaleRowsOp::interpret(Interpreter &interpreter) {
  HostTensor result = interpreter.getTensor(getX());
  const HostTensor &factors = interpreter.getTensor(getFactors());
  if (failed(expectEqual(*this, "factors", factors.shape(), result.shape().drop_back())))
    return failure();
  int64_t columns = result.shape().back();
  double *data = result.mutableData();
  for (int64_t i = 0; i < result.size(); ++i)
    data[i] *= factors[i / columns];
  interpreter.set(getResult(), std::move(result));
  return success();
}

LogicalResult ScaleColumnsOp::verify() {
  ArrayRef<int64_t> shape = tensorType(getX()).getShape();
  // scale_columns_c1
  if (failed(expectShape(*this, "a result", getResult(), shape)))
    return failure();
  // scale_columns_c2
  return expectShape(*this, "factors", getFactors(), shape.take_back());
}

LogicalResult ScaleColumnsOp::interpret(Interpreter &interpreter) {
  HostTensor result = interpreter.getTensor(getX());
  const HostTensor &factors = interpreter.getTensor(getFactors());
  if (failed(expectEqual(*this, "factors", factors.shape(), result.shape().take_back())))
    return failure();
  double *data = result.mutableData();
  for (int64_t i = 0; i < result.size(); ++i)
    data[i] *= factors[i % factors.size()];
  interpreter.set(getResult(), std::move(result));
  return success();
}

LogicalResult ScaleByOp::verify() {
  // scale_by_c1
  if (failed(expectShape(*this, "a result", getResult(), tensorType(getX()).getShape())))
    return failure();
  // scale_by_c2
  return expectShape(*this, "a factor", getFactor(), {1});
}

LogicalResult ScaleByOp::interpret(Interpreter &interpreter) {
  HostTensor result = interpreter.getTensor(getX());
  if (failed(expectEqual(*this, "a factor", interpreter.getTensor(getFactor()).size(), 1)))
    return failure();
  double factor = interpreter.getTensor(getFactor())[0], *data = result.mutableData();
  for (int64_t i = 0; i < result.size(); ++i)
    data[i] *= factor;
  interpreter.set(getResult(), std::move(result));
  return success();
}

LogicalResult SumRowsOp::verify() {
  // sum_rows_c1
  return expectShape(*this, "a result", getResult(), tensorType(getX()).getShape().take_back());
}

LogicalResult SumRowsOp::interpret(Interpreter &interpreter) {
  const HostTensor &x = interpreter.getTensor(getX());
  HostTensor result(x.shape().take_back(), Type());
  double *sums = result.mutableData();
  for (int64_t i = 0; i < x.size(); ++i)
    sums[i % result.size()] += x[i];
  interpreter.set(getResult(), std::move(result));
  return success();
}

LogicalResult DotRowsOp::verify() {
  ArrayRef<int64_t> shape = tensorType(getX()).getShape();
  // dot_rows_c1
  if (failed(expectShape(*this, "y", getY(), shape)))
    return failure();
  // dot_rows_c2
  return expectShape(*this, "a result", getResult(), shape.drop_back());
}

LogicalResult DotRowsOp::interpret(Interpreter &interpreter) {
  const HostTensor &x = interpreter.getTensor(getX()), &y = interpreter.getTensor(getY());
  if (failed(expectEqual(*this, "y", y.shape(), x.shape())))
    return failure();
  HostTensor result(x.shape().drop_back(), Type());
  double *dots = result.mutableData();
  for (int64_t i = 0; i < x.size(); ++i)
    dots[i / x.shape().back()] += x[i] * y[i];
  interpreter.set(getResult(), std::move(result));
  return success();
}

LogicalResult DotOp::verify() {
  // dot_c1
  if (failed(expectShape(*this, "y", getY(), tensorType(getX()).getShape())))
    return failure();
  // dot_c2
  return expectShape(*this, "a result", getResult(), {1});
}

LogicalResult DotOp::interpret(Interpreter &interpreter) {
  const HostTensor &x = interpreter.getTensor(getX()), &y = interpreter.getTensor(getY());
  if (failed(expectEqual(*this, "y", y.shape(), x.shape())))
    return failure();
  double sum = 0;
  for (int64_t i = 0; i < x.size(); ++i)
    sum += x[i] * y[i];
  interpreter.set(getResult(), HostTensor({1}, Type(), {sum}));
  return success();
}
