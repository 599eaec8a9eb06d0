// Focused Transformer's training (2307.03170), in-batch form: in chosen layers of a decoder's forward function a row also reads
// the un-rotated keys and the values of other rows, in one softmax with its own, and gradients reach those rows. Or rows that go on
// behind others: the same with rotated keys, in all layers.
#include "passes/FunctionInputs.h"
#include "passes/MemoryLayers.h"
#include "passes/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Remarks.h"

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
    SmallVector<lm::PackedAttentionOp> chosen;
    if (behind && !canGoOn(target, chosen))
      return;
    if (!behind && failed(choose(target, chosen)))
      return signalPassFailure();
    Builder builder(&getContext());
    auto pairs = RankedTensorType::get({ShapedType::kDynamic, 2}, builder.getI32Type());
    rows_ = appendInput(target, pairs, "cross_rows");
    for (lm::PackedAttentionOp attention : chosen)
      if (behind)
        attention.getSourcesMutable().assign(rows_);
      else if (failed(readRows(attention)))
        return signalPassFailure();
  }

private:
  // The attention ops of the wanted layers, which count from 0.
  LogicalResult choose(func::FuncOp target, SmallVector<lm::PackedAttentionOp> &chosen) {
    SmallVector<lm::PackedAttentionOp> attentions;
    target.walk([&](lm::PackedAttentionOp op) { attentions.push_back(op); });
    FailureOr<MemoryLayers> wanted = MemoryLayers::parse(getOperation(), memLayers);
    if (failed(wanted))
      return failure();
    SmallVector<MemoryLayers::Layer> layers;
    for (auto [number, attention] : llvm::enumerate(attentions))
      layers.push_back({static_cast<int64_t>(number), attention.getWindow() == 0});
    for (int64_t layer : wanted->listed())
      if (layer >= static_cast<int64_t>(attentions.size()))
        return getOperation().emitError("memory layer ") << layer << " does not exist: there are " << attentions.size();
    for (int64_t layer : wanted->choose(layers))
      chosen.push_back(attentions[static_cast<size_t>(layer)]);
    return success();
  }

  // Whether rows that are read in all layers are what stands before their readers: attention is all that they share.
  bool canGoOn(func::FuncOp target, SmallVector<lm::PackedAttentionOp> &attentions) {
    target.walk([&](lm::PackedAttentionOp op) { attentions.push_back(op); });
    auto declined = [](Location location, StringRef reason) {
      remark::missed(location, remark::RemarkOpts::name("longc-apply-cross-rows").category("longc-training")) << "no row goes on behind another: " << reason;
      return false;
    };
    if (attentions.empty())
      return declined(target.getLoc(), "there is no attention");
    for (lm::PackedAttentionOp attention : attentions) {
      if (!attention.getCausal() || attention.getWindow() > 0 || attention.getSources() || attention.getCuQ() != attention.getCuK())
        return declined(attention.getLoc(), "a layer does not see all that stands before a token, and it alone");
      for (Operation *user : attention.getCuQ().getUsers())
        if (!isa<lm::PackedAttentionOp>(user))
          return declined(user->getLoc(), "more than attention knows where rows begin");
    }
    return true;
  }

  // Others' keys are seen as they were before their rotation.
  LogicalResult readRows(lm::PackedAttentionOp attention) {
    auto rotatedKeys = attention.getK().getDefiningOp<lm::RopeOp>();
    auto rotatedQuery = attention.getQ().getDefiningOp<lm::RopeOp>();
    if (!attention.getCausal() || attention.getSources() || !rotatedKeys != !rotatedQuery)
      return attention.emitOpError("expected causal attention, keys and queries both rotated (lm.rope) or both not");
    attention.getSourcesMutable().assign(rows_);
    attention.setDetachedSources(detach);
    if (rotatedKeys)
      attention.getSourceKeysMutable().assign(rotatedKeys.getX());
    return success();
  }

  Value rows_;
};

} // namespace
} // namespace longc
