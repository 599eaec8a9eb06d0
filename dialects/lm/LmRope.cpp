// Rotary positions: verification and interpretation.
#include "dialects/lm/LmShapes.h"
#include "dialects/lm/reference/Layers.h"

#include <cmath>

using namespace mlir;
using namespace longc;
using namespace longc::lm;

// rope_c3, rope_c4, rope_c5
static LogicalResult verifyAngles(Operation *op, int64_t dim, int64_t headSize, double theta, double scale,
                                  ArrayRef<double> factors) {
  if (dim <= 0 || dim % 2 != 0 || (!ShapedType::isDynamic(headSize) && dim > headSize))
    return op->emitOpError("expected an even dim of at most ") << headSize << ", got " << dim;
  if (!(theta > 0) || !(scale > 0))
    return op->emitOpError("expected positive theta and scale");
  int64_t count = factors.size();
  if ((count && count != dim / 2) || !llvm::all_of(factors, [](double factor) { return factor > 0; }))
    return op->emitOpError("expected no factors or ") << dim / 2 << " positive ones, got " << count;
  return success();
}

LogicalResult RopeOp::verify() {
  RankedTensorType x = tensorType(getX());
  // rope_c1
  if (failed(expectShape(*this, "a result", getResult(), x.getShape())))
    return failure();
  // rope_c2
  if (failed(expectShape(*this, "positions", getPositions(), {x.getDimSize(0)})))
    return failure();
  return verifyAngles(*this, getDim(), x.getDimSize(2), getTheta(), getScale(), getFactors());
}

// Rotates every head of x [T, H, D] by cosines and sines of its row, given as `dim` numbers.
static HostTensor rotateHeads(HostTensor x, int64_t dim, bool interleaved, bool inverse,
                              function_ref<void(int64_t, double *)> anglesOfRow) {
  int64_t rows = x.dim(0), heads = x.dim(1), size = x.dim(2);
  double *data = x.mutableData();
  std::vector<double> angles(dim);
  for (int64_t t = 0; t < rows; ++t) {
    anglesOfRow(t, angles.data());
    for (int64_t c = dim / 2; c < dim && inverse; ++c)
      angles[c] = -angles[c]; // sines
    for (int64_t h = 0; h < heads; ++h)
      reference::rotate(data + (t * heads + h) * size, angles.data(), angles.data() + dim / 2, dim, interleaved);
  }
  return x;
}

static void fillAngles(double position, double theta, int64_t dim, double scale, ArrayRef<double> factors,
                       double *angles) {
  for (int64_t c = 0; c < dim / 2; ++c) {
    double angle = reference::ropeAngle(position, c, theta, dim, factors.empty() ? scale : scale / factors[c]);
    angles[c] = std::cos(angle);
    angles[dim / 2 + c] = std::sin(angle);
  }
}

LogicalResult RopeOp::interpret(Interpreter &interpreter) {
  const HostTensor &positions = interpreter.getTensor(getPositions());
  const HostTensor &x = interpreter.getTensor(getX());
  if (failed(expectEqual(*this, "positions", positions.size(), x.dim(0))))
    return failure();
  if (static_cast<int64_t>(getDim()) > x.dim(2))
    return emitError("expected heads of at least ") << static_cast<int64_t>(getDim()) << " columns, got " << x.dim(2);
  interpreter.set(getResult(), rotateHeads(interpreter.getTensor(getX()), getDim(),
                                           getStyle() == RopeStyle::interleaved, getInverse(),
                                           [&](int64_t t, double *angles) {
                                             fillAngles(positions[t], getTheta(), getDim(), getScale(), getFactors(),
                                                        angles);
                                           }));
  return success();
}

LogicalResult RopeAnglesOp::verify() {
  // rope_angles_c1
  if (failed(expectShape(*this, "a result", getResult(),
                         {tensorType(getPositions()).getDimSize(0), static_cast<int64_t>(getDim())})))
    return failure();
  return verifyAngles(*this, getDim(), getDim(), getTheta(), getScale(), getFactors());
}

LogicalResult RopeAnglesOp::interpret(Interpreter &interpreter) {
  const HostTensor &positions = interpreter.getTensor(getPositions());
  int64_t dim = getDim();
  HostTensor result({positions.size(), dim}, Type());
  double *out = result.mutableData();
  for (int64_t t = 0; t < positions.size(); ++t)
    fillAngles(positions[t], getTheta(), dim, getScale(), getFactors(), out + t * dim);
  interpreter.set(getResult(), std::move(result));
  return success();
}

LogicalResult ApplyRopeOp::verify() {
  RankedTensorType x = tensorType(getX()), angles = tensorType(getAngles());
  // apply_rope_c1
  if (failed(expectShape(*this, "a result", getResult(), x.getShape())))
    return failure();
  // apply_rope_c2
  int64_t dim = angles.getDimSize(1);
  if (ShapedType::isDynamic(dim) || dim % 2 != 0 || ShapedType::isDynamic(x.getDimSize(2)) || dim > x.getDimSize(2))
    return emitOpError("expected an even number of angles of at most ") << x.getDimSize(2) << ", got " << angles;
  return expectShape(*this, "angles", getAngles(), {x.getDimSize(0), dim});
}

LogicalResult ApplyRopeOp::interpret(Interpreter &interpreter) {
  const HostTensor &angles = interpreter.getTensor(getAngles());
  int64_t dim = angles.dim(1);
  if (failed(expectEqual(*this, "angles", angles.dim(0), interpreter.getTensor(getX()).dim(0))))
    return failure();
  interpreter.set(getResult(),
                  rotateHeads(interpreter.getTensor(getX()), dim, getStyle() == RopeStyle::interleaved, getInverse(),
                              [&](int64_t t, double *row) { std::copy_n(angles.data() + t * dim, dim, row); }));
  return success();
}
