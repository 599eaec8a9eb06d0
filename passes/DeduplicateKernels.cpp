// Structurally equal kernels become one: thirty equal layers share one layer's code.
#include "passes/Passes.h"

#include "llvm/ADT/Hashing.h"

using namespace mlir;

namespace longc {
#define GEN_PASS_DEF_DEDUPLICATEKERNELSPASS
#include "passes/Passes.h.inc"

namespace {

// Equal for equal kernels: operations, types and attributes in order, without locations and without the name.
llvm::hash_code fingerprint(tile::KernelOp kernel) {
  llvm::hash_code hash = llvm::hash_value(kernel.getGridRank());
  for (Type type : kernel.getBody().getArgumentTypes())
    hash = llvm::hash_combine(hash, type);
  kernel.getBody().walk([&](Operation *op) {
    hash = llvm::hash_combine(hash, OperationEquivalence::computeHash(op, OperationEquivalence::ignoreHashValue,
                                                                      OperationEquivalence::ignoreHashValue,
                                                                      OperationEquivalence::IgnoreLocations));
  });
  return hash;
}

bool areEqual(tile::KernelOp a, tile::KernelOp b) {
  return a.getGridRank() == b.getGridRank() && a->getDiscardableAttrDictionary() == b->getDiscardableAttrDictionary() &&
         OperationEquivalence::isRegionEquivalentTo(&a.getBody(), &b.getBody(), OperationEquivalence::IgnoreLocations);
}

struct DeduplicateKernelsPass : impl::DeduplicateKernelsPassBase<DeduplicateKernelsPass> {
  void runOnOperation() override {
    DenseMap<size_t, SmallVector<tile::KernelOp>> kept;
    DenseMap<StringAttr, tile::KernelOp> replacements;
    for (auto kernel : llvm::make_early_inc_range(getOperation().getOps<tile::KernelOp>())) {
      SmallVector<tile::KernelOp> &candidates = kept[fingerprint(kernel)];
      auto same = llvm::find_if(candidates, [&](tile::KernelOp other) { return areEqual(kernel, other); });
      if (same == candidates.end()) {
        candidates.push_back(kernel);
        continue;
      }
      replacements[kernel.getSymNameAttr()] = *same;
      ++dropped;
      kernel.erase();
    }
    getOperation().walk([&](tile::LaunchOp launch) {
      if (tile::KernelOp kernel = replacements.lookup(launch.getKernelAttr().getAttr()))
        launch.setKernelAttr(FlatSymbolRefAttr::get(kernel.getSymNameAttr()));
    });
  }
};

} // namespace
} // namespace longc
