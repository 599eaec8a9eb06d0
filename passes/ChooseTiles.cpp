// The largest tile sizes of a target whose kernels it has room for.
#include "passes/Passes.h"
#include "passes/Pipelines.h"
#include "passes/Target.h"
#include "passes/TargetFacts.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Remarks.h"

using namespace mlir;

namespace longc {
#define GEN_PASS_DEF_CHOOSETILESPASS
#include "passes/Passes.h.inc"

namespace {

struct ChooseTilesPass : impl::ChooseTilesPassBase<ChooseTilesPass> {
  void getDependentDialects(DialectRegistry &registry) const override {
    ChooseTilesPassBase::getDependentDialects(registry);
    for (const Target *target : targets())
      target->addDialects(registry);
  }

  void runOnOperation() override {
    ModuleOp module = getOperation();
    FailureOr<tile::TargetAttr> given = targetFacts(module);
    if (failed(given))
      return signalPassFailure();
    for (const Target *target : targets()) {
      SmallVector<tile::TargetAttr> tilings = target->tilings(&getContext());
      auto *first = llvm::find(tilings, *given); // sizes that someone wrote are nobody's
      if (first != tilings.end())
        return choose(*target, ArrayRef<tile::TargetAttr>(first, tilings.end()));
    }
  }

  // What is left when all others are too large is not asked about: its kernels are refused by name if need be.
  void choose(const Target &target, ArrayRef<tile::TargetAttr> tilings) {
    ModuleOp module = getOperation();
    for (tile::TargetAttr sizes : tilings.drop_back()) {
      module->setAttr(targetAttributeName, sizes);
      const std::string reason = crowded(target, module);
      if (reason.empty())
        return;
      remark::missed(module.getLoc(), remark::RemarkOpts::name("longc-choose-tiles").category("longc-tiles"))
          << ("no blocks of " + Twine(sizes.getAttentionRows()) + " queries: " + reason).str();
    }
    module->setAttr(targetAttributeName, tilings.back());
  }

  std::string crowded(const Target &target, ModuleOp module) {
    ScopedDiagnosticHandler quiet(&getContext(), [](Diagnostic &) { return success(); });
    OwningOpRef<ModuleOp> trial = module.clone();
    PassManager tiling(&getContext());
    buildTilingPipeline(tiling);
    return succeeded(tiling.run(*trial)) ? target.crowded(*trial) : std::string(); // else the pipeline says what is wrong
  }
};

} // namespace
} // namespace longc
