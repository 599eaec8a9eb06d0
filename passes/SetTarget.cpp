// A module gets the tile sizes that everything after reads.
#include "passes/Passes.h"
#include "passes/Target.h"
#include "passes/TargetFacts.h"

#include "llvm/ADT/StringExtras.h"

using namespace mlir;

namespace longc {
#define GEN_PASS_DEF_SETTARGETPASS
#include "passes/Passes.h.inc"

namespace {

struct SetTargetPass : impl::SetTargetPassBase<SetTargetPass> {
  using SetTargetPassBase::SetTargetPassBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    if (target.empty() && module->hasAttr(targetAttributeName))
      return;
    const Target *first = targets().empty() ? nullptr : targets().front();
    if (const Target *found = target.empty() ? first : findTarget(target)) {
      module->setAttr(targetAttributeName, found->tilings(&getContext()).front());
      return;
    }
    auto names = llvm::map_range(targets(), [](const Target *each) { return each->name(); });
    module.emitError("expected a target of ") << llvm::join(names, ", ") << ", got '" << target << "'";
    signalPassFailure();
  }
};

} // namespace
} // namespace longc
