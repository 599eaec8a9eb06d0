// Focused Transformer's training (2307.03170), in-batch form: in chosen layers of a decoder's forward function a row also reads
// the un-rotated keys and the values of other rows, in one softmax with its own, and gradients reach those rows.
#include "passes/FunctionInputs.h"
#include "passes/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/SmallSet.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;

namespace longc {
#define GEN_PASS_DEF_APPLYCROSSROWSPASS
#include "passes/Passes.h.inc"

namespace {

struct ApplyCrossRowsPass : impl::ApplyCrossRowsPassBase<ApplyCrossRowsPass> {
  using ApplyCrossRowsPassBase::ApplyCrossRowsPassBase;

  void runOnOperation() override {
    auto target = getOperation().lookupSymbol<func::FuncOp>(function);
    if (!target || target.isExternal()) {
      getOperation().emitError("expected a function named @") << function.getValue();
      return signalPassFailure();
    }
    SmallVector<lm::PackedAttentionOp> attentions;
    target.walk([&](lm::PackedAttentionOp op) { attentions.push_back(op); });
    SmallVector<lm::PackedAttentionOp> chosen;
    if (failed(choose(attentions, chosen)))
      return signalPassFailure();
    Builder builder(&getContext());
    auto pairs = RankedTensorType::get({ShapedType::kDynamic, 2}, builder.getI32Type());
    rows_ = appendInput(target, pairs, "cross_rows");
    for (lm::PackedAttentionOp attention : chosen)
      if (failed(readRows(attention)))
        return signalPassFailure();
  }

private:
  // The attention ops of the wanted layers, which count from 0.
  LogicalResult choose(ArrayRef<lm::PackedAttentionOp> attentions, SmallVector<lm::PackedAttentionOp> &chosen) {
    SmallVector<StringRef> words;
    if (memLayers == "all") { // as longc-apply-fot: layers that see everything, if there are any
      llvm::copy_if(attentions, std::back_inserter(chosen), [](lm::PackedAttentionOp op) { return op.getWindow() == 0; });
      if (chosen.empty())
        chosen.append(attentions.begin(), attentions.end());
      return success();
    }
    StringRef(memLayers).split(words, ',');
    llvm::SmallSet<size_t, 8> known;
    for (StringRef word : words) {
      size_t layer;
      if (word.trim().getAsInteger(10, layer) || layer >= attentions.size() || !known.insert(layer).second)
        return getOperation().emitError("expected mem-layers to be 'all' or different numbers below ")
               << attentions.size() << " with commas, got '" << memLayers << "'";
      chosen.push_back(attentions[layer]);
    }
    return success();
  }

  // Others' keys are seen as they were before their rotation.
  LogicalResult readRows(lm::PackedAttentionOp attention) {
    auto rotatedKeys = attention.getK().getDefiningOp<lm::RopeOp>();
    auto rotatedQuery = attention.getQ().getDefiningOp<lm::RopeOp>();
    if (!attention.getCausal() || attention.getSources() || !rotatedKeys != !rotatedQuery)
      return attention.emitOpError("expected causal attention, keys and queries both rotated (lm.rope) or both not");
    attention.getSourcesMutable().assign(rows_);
    if (rotatedKeys)
      attention.getSourceKeysMutable().assign(rotatedKeys.getX());
    return success();
  }

  Value rows_;
};

} // namespace
} // namespace longc
