// Loss: verification and interpretation.
#include "dialects/lm/LmShapes.h"
#include "dialects/lm/reference/Layers.h"

using namespace mlir;
using namespace longc;
using namespace longc::lm;

LogicalResult CrossEntropyOp::verify() {
  RankedTensorType x = tensorType(getX()), w = tensorType(getW());
  int64_t rows = x.getDimSize(0);
  // cross_entropy_c1
  if (!sizesAgree(x.getDimSize(1), w.getDimSize(1)))
    return emitOpError("expected a weight with ") << x.getDimSize(1) << " columns, got " << w;
  // cross_entropy_c2
  if (failed(expectShape(*this, "targets", getTargets(), {rows})) ||
      failed(expectShape(*this, "weights", getWeights(), {rows})))
    return failure();
  // cross_entropy_c3
  if (tensorType(getLoss()).getShape() != ArrayRef<int64_t>{1})
    return emitOpError("expected a loss of 1, got ") << getLoss().getType();
  return expectShape(*this, "lse", getLse(), {rows});
}

LogicalResult CrossEntropyOp::interpret(Interpreter &interpreter) {
  const HostTensor &x = interpreter.getTensor(getX()), &w = interpreter.getTensor(getW());
  const HostTensor &targets = interpreter.getTensor(getTargets());
  if (failed(expectEqual(*this, "weight columns", w.dim(1), x.dim(1))) ||
      failed(expectEqual(*this, "targets", targets.size(), x.dim(0))) ||
      failed(expectEqual(*this, "weights", interpreter.getTensor(getWeights()).size(), x.dim(0))))
    return failure();
  if (w.dim(0) == 0)
    return emitError("expected a vocabulary that is not empty");
  int64_t ignored = getIgnoreIndex();
  for (int64_t r = 0; r < x.dim(0); ++r)
    if (targets[r] != ignored && (targets[r] < 0 || targets[r] >= w.dim(0)))
      return emitError("expected targets in [0, ")
             << w.dim(0) << ") or " << ignored << ", got " << static_cast<int64_t>(targets[r]);
  reference::CrossEntropy result =
      reference::crossEntropy(x.data(), w.data(), targets.data(), interpreter.getTensor(getWeights()).data(), x.dim(0),
                              x.dim(1), w.dim(0), ignored);
  interpreter.set(getLoss(), HostTensor({1}, Type(), {result.loss}));
  interpreter.set(getLse(), HostTensor({x.dim(0)}, Type(), std::move(result.lse)));
  return success();
}
