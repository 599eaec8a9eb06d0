// Targets, and what a module says of its own.
#include "passes/TargetFacts.h"

#include "passes/Target.h"

using namespace mlir;

namespace longc {

FailureOr<tile::TargetAttr> targetFacts(ModuleOp module) {
  if (auto facts = module->getAttrOfType<tile::TargetAttr>(targetAttributeName))
    return facts;
  return module.emitError("expected a '") << targetAttributeName
                                          << "' attribute with the target's tile sizes: run longc-set-target first";
}

// Filled while a tool starts, as MLIR's own registry of passes.
static SmallVector<const Target *> &known() {
  static SmallVector<const Target *> list;
  return list;
}

void registerTarget(const Target &target) {
  if (!llvm::is_contained(known(), &target))
    known().push_back(&target);
}

ArrayRef<const Target *> targets() { return known(); }

const Target *findTarget(StringRef name) {
  auto *found = llvm::find_if(known(), [&](const Target *target) { return target->name() == name; });
  return found == known().end() ? nullptr : *found;
}

} // namespace longc
