// Interpretation of structured control flow and calls.
#include "dialects/interpreter/Interpreter.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace longc {

static LogicalResult bindResults(Operation *op, Interpreter &interpreter, ArrayRef<HostValue> values) {
  for (auto [result, value] : llvm::zip(op->getResults(), values))
    interpreter.set(result, value);
  return success();
}

static LogicalResult interpretFor(scf::ForOp loop, Interpreter &interpreter) {
  int64_t lower = interpreter.getInteger(loop.getLowerBound()), upper = interpreter.getInteger(loop.getUpperBound());
  int64_t step = interpreter.getInteger(loop.getStep());
  if (step <= 0)
    return loop.emitError("expected a positive step, got ") << step;
  SmallVector<HostValue> carried = interpreter.getAll(loop.getInitArgs());
  for (int64_t i = lower; i < upper; i += step) {
    SmallVector<HostValue> arguments = {i};
    arguments.append(carried);
    if (failed(interpreter.runBlock(*loop.getBody(), arguments)))
      return failure();
    carried = interpreter.getAll(loop.getBody()->getTerminator()->getOperands());
  }
  return bindResults(loop, interpreter, carried);
}

static LogicalResult interpretIf(scf::IfOp op, Interpreter &interpreter) {
  Region &region = interpreter.getInteger(op.getCondition()) ? op.getThenRegion() : op.getElseRegion();
  if (region.empty())
    return success();
  if (failed(interpreter.runBlock(region.front(), {})))
    return failure();
  return bindResults(op, interpreter, interpreter.getAll(region.front().getTerminator()->getOperands()));
}

static LogicalResult interpretWhile(scf::WhileOp loop, Interpreter &interpreter) {
  SmallVector<HostValue> carried = interpreter.getAll(loop.getInits());
  while (true) {
    if (failed(interpreter.runBlock(*loop.getBeforeBody(), carried)))
      return failure();
    scf::ConditionOp condition = loop.getConditionOp();
    carried = interpreter.getAll(condition.getArgs());
    if (!interpreter.getInteger(condition.getCondition()))
      return bindResults(loop, interpreter, carried);
    if (failed(interpreter.runBlock(*loop.getAfterBody(), carried)))
      return failure();
    carried = interpreter.getAll(loop.getYieldOp().getOperands());
  }
}

LogicalResult interpretControl(Operation *op, Interpreter &interpreter) {
  return llvm::TypeSwitch<Operation *, LogicalResult>(op)
      .Case([&](scf::ForOp loop) { return interpretFor(loop, interpreter); })
      .Case([&](scf::IfOp branch) { return interpretIf(branch, interpreter); })
      .Case([&](scf::WhileOp loop) { return interpretWhile(loop, interpreter); })
      .Case([&](func::CallOp call) -> LogicalResult {
        auto results = interpreter.callFunction(call, call.getCallee(), interpreter.getAll(call.getOperands()));
        return failed(results) ? failure() : bindResults(call, interpreter, *results);
      })
      .Default([](Operation *other) { return other->emitError("the interpreter does not run ") << other->getName(); });
}

} // namespace longc
