// Functions and ops go, and ops of `lm` give way to operands of their results' types, as long as a script still finds the module
// interesting (it exits with 1, as for mlir-reduce).
#include "frontends/tools/reduce/ReduceOps.h"

#include "dialects/lm/LmDialect.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Reducer/Tester.h"

using namespace mlir;

namespace longc {
namespace {

// Erases the op, or puts operands in the place of its results; false where neither can be.
bool removeOp(Operation *op) {
  if (!isa<func::FuncOp>(op) && !isa<lm::LmDialect>(op->getDialect()))
    return false;
  if (op->use_empty() && !op->hasTrait<OpTrait::IsTerminator>()) {
    op->erase();
    return true;
  }
  SmallVector<Value> values;
  for (Type type : op->getResultTypes()) {
    auto same = llvm::find_if(op->getOperands(), [&](Value operand) { return operand.getType() == type; });
    if (same == op->operand_end())
      return false;
    values.push_back(*same);
  }
  if (values.empty())
    return false;
  op->replaceAllUsesWith(values);
  op->erase();
  return true;
}

// All ops but the module, in order.
SmallVector<Operation *> opsOf(ModuleOp module) {
  SmallVector<Operation *> ops;
  module->walk<WalkOrder::PreOrder>([&](Operation *op) {
    if (op != module)
      ops.push_back(op);
  });
  return ops;
}

struct ReduceOpsPass : PassWrapper<ReduceOpsPass, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(ReduceOpsPass)
  ReduceOpsPass() = default;
  ReduceOpsPass(const ReduceOpsPass &other) : PassWrapper(other) {}

  StringRef getArgument() const override { return "longc-reduce-ops"; }
  StringRef getDescription() const override { return "removes functions and ops, or replaces ops by operands, while a test still fails"; }

  void runOnOperation() override {
    const Tester tester(test, {});
    auto isInteresting = [&](ModuleOp module) { return tester.isInteresting(module).first == Tester::Interestingness::True; };
    if (!isInteresting(getOperation())) {
      getOperation().emitError("expected a module that ") << test << " finds interesting (exit code 1)";
      return signalPassFailure();
    }
    while (reduceOnce(isInteresting))
      ;
  }

private:
  // From the end: what stands behind an op uses it.
  bool reduceOnce(function_ref<bool(ModuleOp)> isInteresting) {
    bool changed = false;
    for (size_t number = opsOf(getOperation()).size(); number-- > 0;) {
      OwningOpRef<ModuleOp> smaller = cast<ModuleOp>(getOperation()->clone());
      ScopedDiagnosticHandler quiet(&getContext(), [](Diagnostic &) { return success(); });
      SmallVector<Operation *> ops = opsOf(*smaller);
      if (number >= ops.size() || !removeOp(ops[number]) || failed(verify(*smaller)) || !isInteresting(*smaller))
        continue;
      getOperation().getBodyRegion().takeBody(smaller->getBodyRegion());
      changed = true;
    }
    return changed;
  }

  Option<std::string> test{*this, "test", llvm::cl::desc("script that is given a file and exits with 1 where it is interesting")};
};

} // namespace

void registerReduceOpsPass() { PassRegistration<ReduceOpsPass>(); }

} // namespace longc
