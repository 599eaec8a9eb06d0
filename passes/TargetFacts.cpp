// Targets by name.
#include "passes/TargetFacts.h"

#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;

namespace longc {

FailureOr<tile::TargetAttr> targetFacts(ModuleOp module) {
  if (auto facts = module->getAttrOfType<tile::TargetAttr>(targetAttributeName))
    return facts;
  return module.emitError("expected a '") << targetAttributeName
                                          << "' attribute with the target's tile sizes: run longc-set-target first";
}

// Filled while a tool starts, as MLIR's own registry of passes.
static llvm::MapVector<StringRef, MakeFacts> &targets() {
  static llvm::MapVector<StringRef, MakeFacts> known;
  return known;
}

void registerTarget(StringRef name, MakeFacts facts) { targets().insert({name, facts}); }

FailureOr<tile::TargetAttr> factsOf(StringRef target, ModuleOp module) {
  auto *found = target.empty() ? targets().begin() : targets().find(target);
  if (found != targets().end())
    return found->second(module.getContext());
  auto names = llvm::map_range(targets(), [](const auto &entry) { return entry.first; });
  return module.emitError("expected a target of ") << llvm::join(names, ", ") << ", got '" << target << "'";
}

} // namespace longc
