// How parameters lie in memory. Everything that comes later reads it: kernels off their views' types, the loader off the program.
#include "passes/Passes.h"

#include "llvm/ADT/StringSet.h"

using namespace mlir;

namespace longc {
#define GEN_PASS_DEF_ASSIGNLAYOUTSPASS
#include "passes/Passes.h.inc"

namespace {

bool isMatrix(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return isa<lm::QuantizedType>(type) || (tensor && tensor.getRank() == 2);
}

struct AssignLayoutsPass : impl::AssignLayoutsPassBase<AssignLayoutsPass> {
  void runOnOperation() override {
    const llvm::StringSet<> tables = looked();
    for (auto parameter : getOperation().getOps<lm::ParameterOp>()) {
      const bool isTable = tables.contains(parameter.getSymName()) && getElementTypeOrSelf(parameter.getType()).isF32();
      parameter.setPanels(isMatrix(parameter.getType()) && !parameter.getTrainable() && !isTable);
      panels += parameter.getPanels();
    }
  }

  // Parameters of which rows are looked up and nothing is multiplied, in this precision or (held in another type) in others: in panels a row would be a
  // line of memory for each number. (Rows are written in float32 alone.)
  llvm::StringSet<> looked() {
    llvm::StringSet<> looked, others;
    getOperation().walk([&](lm::ParameterRefOp reference) {
      for (OpOperand &use : reference->getUses())
        (isa<lm::EmbeddingOp>(use.getOwner()) ? looked : others).insert(reference.getName());
    });
    for (auto parameter : getOperation().getOps<lm::ParameterOp>())
      if (ArrayAttr parts = parameter.getPartsAttr())
        for (StringAttr part : parts.getAsRange<StringAttr>())
          others.insert(part);
    for (const auto &name : others)
      looked.erase(name.getKey());
    return looked;
  }
};

} // namespace
} // namespace longc
