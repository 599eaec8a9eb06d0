// Gradients of norms and of the loss: verification and interpretation.
#include "dialects/lm/LmShapes.h"
#include "dialects/lm/reference/Gradients.h"

using namespace mlir;
using namespace longc;
using namespace longc::lm;

template <typename Op> static LogicalResult verifyNormGradient(Op op) {
  ArrayRef<int64_t> shape = tensorType(op.getX()).getShape();
  // norm_gradient_c1
  if (failed(expectShape(op, "a gradient", op.getGradient(), shape)))
    return failure();
  for (Value result : op->getResults())
    if (failed(expectShape(op, "a result", result, shape)))
      return failure();
  // norm_gradient_c2
  if (failed(expectShape(op, "a weight", op.getW(), shape.take_back())))
    return failure();
  // norm_gradient_c3
  if (!(op.getEpsilon() >= 0))
    return op.emitOpError("expected epsilon >= 0, got ") << op.getEpsilonAttr();
  return success();
}

template <typename Op> static LogicalResult interpretNormGradient(Op op, Interpreter &interpreter, bool centred) {
  const HostTensor &x = interpreter.getTensor(op.getX()), &w = interpreter.getTensor(op.getW());
  const HostTensor &gradient = interpreter.getTensor(op.getGradient());
  int64_t columns = x.shape().back();
  if (failed(expectEqual(op, "a weight", w.size(), columns)) ||
      failed(expectEqual(op, "a gradient", gradient.shape(), x.shape())))
    return failure();
  reference::NormGradient result = reference::normGradient(x.data(), w.data(), gradient.data(), x.size() / columns,
                                                           columns, op.getEpsilon(), centred);
  // Both before either is bound: binding moves the values that x is one of.
  HostTensor rows(x.shape(), Type(), std::move(result.rows)), weighted(x.shape(), Type(), std::move(result.weighted));
  interpreter.set(op.getResult(), std::move(rows));
  interpreter.set(op.getWeighted(), std::move(weighted));
  return success();
}

LogicalResult RmsNormGradientOp::verify() { return verifyNormGradient(*this); }
LogicalResult RmsNormGradientOp::interpret(Interpreter &interpreter) {
  return interpretNormGradient(*this, interpreter, /*centred=*/false);
}

LogicalResult LayerNormGradientOp::verify() { return verifyNormGradient(*this); }
LogicalResult LayerNormGradientOp::interpret(Interpreter &interpreter) {
  return interpretNormGradient(*this, interpreter, /*centred=*/true);
}

template <typename Op> static LogicalResult verifyCrossEntropyGradient(Op op, Value like) {
  RankedTensorType x = tensorType(op.getX()), w = tensorType(op.getW());
  // cross_entropy_gradient_c1
  if (!sizesAgree(x.getDimSize(1), w.getDimSize(1)))
    return op.emitOpError("expected a weight with ") << x.getDimSize(1) << " columns, got " << w;
  // cross_entropy_gradient_c2
  for (Value rows : {Value(op.getTargets()), Value(op.getWeights()), Value(op.getLse()), Value(op.getLseGradient())})
    if (rows && failed(expectShape(op, "one number a row,", rows, {x.getDimSize(0)})))
      return failure();
  // cross_entropy_gradient_c3
  if (failed(expectShape(op, "a gradient of the loss", op.getLossGradient(), {1})))
    return failure();
  // cross_entropy_gradient_c4, cross_entropy_gradient_c5
  return expectShape(op, "a result", op.getResult(), tensorType(like).getShape());
}

// z of the op, [R, V].
template <typename Op> static FailureOr<reference::Numbers> logitGradient(Op op, Interpreter &interpreter) {
  const HostTensor &x = interpreter.getTensor(op.getX()), &w = interpreter.getTensor(op.getW());
  const HostTensor &targets = interpreter.getTensor(op.getTargets());
  int64_t rows = x.dim(0), vocabulary = w.dim(0), ignored = op.getIgnoreIndex();
  for (Value value : {Value(op.getTargets()), Value(op.getWeights()), Value(op.getLse()), Value(op.getLseGradient())})
    if (value && failed(expectEqual(op, "one number a row,", interpreter.getTensor(value).size(), rows)))
      return failure();
  if (failed(expectEqual(op, "weight columns", w.dim(1), x.dim(1))) ||
      failed(expectEqual(op, "a gradient of the loss", interpreter.getTensor(op.getLossGradient()).size(), 1)))
    return failure();
  for (int64_t r = 0; r < rows; ++r)
    if (targets[r] != ignored && (targets[r] < 0 || targets[r] >= vocabulary))
      return op.emitError("expected targets in [0, ")
                 << vocabulary << ") or " << ignored << ", got " << static_cast<int64_t>(targets[r]),
             failure();
  const double *lseGradient = op.getLseGradient() ? interpreter.getTensor(op.getLseGradient()).data() : nullptr;
  return reference::logitGradient(x.data(), w.data(), targets.data(), interpreter.getTensor(op.getWeights()).data(),
                                  interpreter.getTensor(op.getLse()).data(),
                                  interpreter.getTensor(op.getLossGradient())[0], lseGradient, rows, x.dim(1),
                                  vocabulary, ignored);
}

LogicalResult CrossEntropyInputGradientOp::verify() { return verifyCrossEntropyGradient(*this, getX()); }
LogicalResult CrossEntropyInputGradientOp::interpret(Interpreter &interpreter) {
  auto z = logitGradient(*this, interpreter);
  if (failed(z))
    return failure();
  const HostTensor &x = interpreter.getTensor(getX()), &w = interpreter.getTensor(getW());
  interpreter.set(getResult(), HostTensor(x.shape(), Type(),
                                          reference::product(z->data(), w.data(), x.dim(0), 1, w.dim(0), w.dim(1))));
  return success();
}

LogicalResult CrossEntropyWeightGradientOp::verify() { return verifyCrossEntropyGradient(*this, getW()); }
LogicalResult CrossEntropyWeightGradientOp::interpret(Interpreter &interpreter) {
  auto z = logitGradient(*this, interpreter);
  if (failed(z))
    return failure();
  const HostTensor &x = interpreter.getTensor(getX()), &w = interpreter.getTensor(getW());
  interpreter.set(getResult(), HostTensor(w.shape(), Type(),
                                          reference::rowProduct(z->data(), x.data(), x.dim(0), 1, w.dim(0), w.dim(1))));
  return success();
}
