// A module gets the tile sizes that everything after reads.
#include "passes/Passes.h"
#include "passes/TargetFacts.h"

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
    FailureOr<tile::TargetAttr> facts = factsOf(target, module);
    if (failed(facts))
      return signalPassFailure();
    module->setAttr(targetAttributeName, *facts);
  }
};

} // namespace
} // namespace longc
