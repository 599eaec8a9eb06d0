// Groups: verification and interpretation.
#include "dialects/interpreter/Interpreter.h"
#include "dialects/lm/LmDialect.h"

using namespace mlir;
using namespace longc;
using namespace longc::lm;

LogicalResult GroupOp::verify() {
  // group_c1
  auto yield = dyn_cast<YieldOp>(getYield());
  if (!yield || yield.getOperandTypes() != getResultTypes())
    return emitOpError("expected the body to yield values of the result types");
  // group_c2
  if ((*this)->getParentOfType<GroupOp>())
    return emitOpError("expected no group inside a group");
  return success();
}

LogicalResult GroupOp::interpret(Interpreter &interpreter) {
  if (failed(interpreter.runBlock(getBody().front(), {})))
    return failure();
  for (auto [result, value] : llvm::zip(getResults(), getYield()->getOperands()))
    interpreter.set(result, interpreter.get(value));
  return success();
}
