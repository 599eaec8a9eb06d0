// Products of gradients and the transpose: verification and interpretation.
#include "dialects/lm/LmShapes.h"
#include "dialects/lm/reference/Gradients.h"

using namespace mlir;
using namespace longc;
using namespace longc::lm;

// product_c1, row_product_c1: one rank and one element type of the operands.
static LogicalResult verifyAlike(Operation *op) {
  RankedTensorType x = tensorType(op->getOperand(0)), y = tensorType(op->getOperand(1));
  if (x.getRank() != y.getRank() || x.getRank() != tensorType(op->getResult(0)).getRank() ||
      x.getElementType() != y.getElementType())
    return op->emitOpError("expected operands of one rank and element type and a result of that rank, got ")
           << x << " and " << y;
  return success();
}

LogicalResult ProductOp::verify() {
  if (failed(verifyAlike(*this)))
    return failure();
  RankedTensorType x = tensorType(getX()), w = tensorType(getW());
  SmallVector<int64_t> weight(w.getShape()), result(x.getShape());
  // product_c2
  if (x.getRank() == 3)
    weight[0] = x.getDimSize(1);
  // product_c3
  weight[w.getRank() - 2] = x.getShape().back();
  if (failed(expectShape(*this, "a weight", getW(), weight)))
    return failure();
  // product_c4
  result.back() = weight.back();
  return expectShape(*this, "a result", getResult(), result);
}

LogicalResult ProductOp::interpret(Interpreter &interpreter) {
  const HostTensor &x = interpreter.getTensor(getX()), &w = interpreter.getTensor(getW());
  int64_t heads = x.rank() == 3 ? x.dim(1) : 1, inner = x.shape().back(), outputs = w.shape().back();
  if (failed(expectEqual(*this, "a weight", w.size(), heads * inner * outputs)))
    return failure();
  SmallVector<int64_t> shape(x.shape());
  shape.back() = outputs;
  interpreter.set(getResult(),
                  HostTensor(shape, Type(), reference::product(x.data(), w.data(), x.dim(0), heads, inner, outputs)));
  return success();
}

LogicalResult RowProductOp::verify() {
  if (failed(verifyAlike(*this)))
    return failure();
  ArrayRef<int64_t> x = tensorType(getX()).getShape(), y = tensorType(getY()).getShape();
  // row_product_c2
  SmallVector<int64_t> rows(x);
  rows.back() = y.back();
  if (failed(expectShape(*this, "y", getY(), rows)))
    return failure();
  // row_product_c3
  SmallVector<int64_t> result(x.drop_front());
  result.push_back(y.back());
  return expectShape(*this, "a result", getResult(), result);
}

LogicalResult RowProductOp::interpret(Interpreter &interpreter) {
  const HostTensor &x = interpreter.getTensor(getX()), &y = interpreter.getTensor(getY());
  if (failed(expectEqual(*this, "y", y.shape().drop_back(), x.shape().drop_back())))
    return failure();
  SmallVector<int64_t> shape(x.shape().drop_front());
  shape.push_back(y.shape().back());
  int64_t heads = x.rank() == 3 ? x.dim(1) : 1;
  interpreter.set(getResult(), HostTensor(shape, Type(),
                                          reference::rowProduct(x.data(), y.data(), x.dim(0), heads, x.shape().back(),
                                                                y.shape().back())));
  return success();
}

LogicalResult TransposeOp::verify() {
  RankedTensorType x = tensorType(getX());
  SmallVector<int64_t> shape(x.getShape());
  std::swap(shape[x.getRank() - 1], shape[x.getRank() - 2]);
  // transpose_c1
  if (x.getElementType() != tensorType(getResult()).getElementType())
    return emitOpError("expected a result of ") << x.getElementType() << ", got " << getResult().getType();
  return expectShape(*this, "a result", getResult(), shape);
}

LogicalResult TransposeOp::interpret(Interpreter &interpreter) {
  const HostTensor &x = interpreter.getTensor(getX());
  int64_t rows = x.dim(x.rank() - 2), columns = x.shape().back();
  SmallVector<int64_t> shape(x.shape());
  std::swap(shape[x.rank() - 1], shape[x.rank() - 2]);
  HostTensor result(shape, Type());
  double *out = result.mutableData();
  for (int64_t i = 0; i < x.size(); ++i) {
    int64_t matrix = i / (rows * columns), row = i / columns % rows, column = i % columns;
    out[(matrix * columns + column) * rows + row] = x[i];
  }
  interpreter.set(getResult(), std::move(result));
  return success();
}
