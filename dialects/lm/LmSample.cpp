// Choice of the next token: verification and interpretation.
#include "dialects/lm/LmShapes.h"
#include "dialects/lm/reference/Sampling.h"

using namespace mlir;
using namespace longc;
using namespace longc::lm;

LogicalResult SampleOp::verify() {
  int64_t rows = tensorType(getLogits()).getDimSize(0);
  // sample_c1
  if (failed(expectShape(*this, "uniform numbers", getUniform(), {rows})) ||
      failed(expectShape(*this, "a result", getResult(), {rows})))
    return failure();
  // sample_c2
  if (!(getTemperature() >= 0) || static_cast<int64_t>(getTopK()) < 0)
    return emitOpError("expected temperature and top_k of 0 or more");
  if (!(getTopP() > 0 && getTopP() <= 1))
    return emitOpError("expected top_p in (0, 1], got ") << getTopPAttr();
  return success();
}

LogicalResult SampleOp::interpret(Interpreter &interpreter) {
  const HostTensor &logits = interpreter.getTensor(getLogits()), &uniform = interpreter.getTensor(getUniform());
  int64_t rows = logits.dim(0), vocabulary = logits.dim(1);
  if (failed(expectEqual(*this, "uniform numbers", uniform.size(), rows)))
    return failure();
  if (vocabulary == 0)
    return emitError("expected a vocabulary that is not empty");
  HostTensor result({rows}, Type());
  double *tokens = result.mutableData();
  for (int64_t r = 0; r < rows; ++r)
    tokens[r] = reference::sample(logits.data() + r * vocabulary, vocabulary, getTemperature(), getTopK(), getTopP(),
                                  uniform[r]);
  interpreter.set(getResult(), std::move(result));
  return success();
}
