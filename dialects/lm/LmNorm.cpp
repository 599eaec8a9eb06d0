// Normalisation: verification and interpretation.
#include "dialects/lm/LmShapes.h"
#include "dialects/lm/reference/Layers.h"

using namespace mlir;
using namespace longc;
using namespace longc::lm;

template <typename Op> static LogicalResult verifyNorm(Op op) {
  RankedTensorType x = tensorType(op.getX());
  // rms_norm_c1, layer_norm_c1
  if (failed(expectShape(op, "a weight", op.getW(), {x.getShape().back()})))
    return failure();
  // rms_norm_c2, layer_norm_c2
  if (failed(expectShape(op, "a result", op.getResult(), x.getShape())))
    return failure();
  // rms_norm_c3, layer_norm_c3
  if (!(op.getEpsilon() >= 0))
    return op.emitOpError("expected epsilon >= 0, got ") << op.getEpsilonAttr();
  return success();
}

LogicalResult RmsNormOp::verify() { return verifyNorm(*this); }

LogicalResult RmsNormOp::interpret(Interpreter &interpreter) {
  const HostTensor &x = interpreter.getTensor(getX());
  int64_t columns = x.shape().back(), rows = x.shape().size() == 3 ? x.dim(0) * x.dim(1) : x.dim(0);
  if (failed(expectEqual(*this, "a weight", interpreter.getTensor(getW()).size(), columns)))
    return failure();
  interpreter.set(getResult(), HostTensor(x.shape(), Type(),
                                          reference::rmsNorm(x.data(), interpreter.getTensor(getW()).data(), rows,
                                                             columns, getEpsilon())));
  return success();
}

LogicalResult LayerNormOp::verify() {
  if (failed(verifyNorm(*this)))
    return failure();
  // layer_norm_c1
  if (getBias())
    return expectShape(*this, "a bias", getBias(), {tensorType(getX()).getDimSize(1)});
  return success();
}

LogicalResult LayerNormOp::interpret(Interpreter &interpreter) {
  const HostTensor &x = interpreter.getTensor(getX());
  if (failed(expectEqual(*this, "a weight", interpreter.getTensor(getW()).size(), x.dim(1))) ||
      (getBias() && failed(expectEqual(*this, "a bias", interpreter.getTensor(getBias()).size(), x.dim(1)))))
    return failure();
  const double *bias = getBias() ? interpreter.getTensor(getBias()).data() : nullptr;
  interpreter.set(getResult(), HostTensor(x.shape(), Type(),
                                          reference::layerNorm(x.data(), interpreter.getTensor(getW()).data(), bias,
                                                               x.dim(0), x.dim(1), getEpsilon())));
  return success();
}
