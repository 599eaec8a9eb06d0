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
    auto forward = getOperation().lookupSymbol<func::FuncOp>("forward");
    if (!forward || forward.isExternal()) {
      getOperation().emitError("expected a function named @forward");
      return signalPassFailure();
    }
    SmallVector<lm::PackedAttentionOp> attentions;
    forward.walk([&](lm::PackedAttentionOp op) { attentions.push_back(op); });
    SmallVector<lm::PackedAttentionOp> chosen;
    if (failed(choose(attentions, chosen)))
      return signalPassFailure();
    Builder builder(&getContext());
    auto list = RankedTensorType::get({ShapedType::kDynamic}, builder.getI32Type());
    auto pairs = RankedTensorType::get({ShapedType::kDynamic, 2}, builder.getI32Type());
    readers_ = appendInput(forward, list, "reader_boundaries");
    sources_ = appendInput(forward, list, "source_boundaries");
    rows_ = appendInput(forward, pairs, "cross_rows");
    for (lm::PackedAttentionOp attention : chosen)
      if (failed(readRows(attention)))
        return signalPassFailure();
  }

private:
  // The attention ops of the wanted layers, which count from 0.
  LogicalResult choose(ArrayRef<lm::PackedAttentionOp> attentions, SmallVector<lm::PackedAttentionOp> &chosen) {
    SmallVector<StringRef> words;
    if (memLayers == "all")
      return chosen.append(attentions.begin(), attentions.end()), success();
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

  // A second attention whose readers have no keys of their own: sequence i reads, sequence n + j is read.
  LogicalResult readRows(lm::PackedAttentionOp attention) {
    auto rotatedKeys = attention.getK().getDefiningOp<lm::RopeOp>();
    auto rotatedQuery = attention.getQ().getDefiningOp<lm::RopeOp>();
    if (!attention.getCausal() || attention.getSources() || !rotatedKeys != !rotatedQuery)
      return attention.emitOpError("expected causal attention, keys and queries both rotated (lm.rope) or both not");
    OpBuilder builder(attention);
    builder.setInsertionPointAfter(attention);
    Location location = attention.getLoc();
    Type out = attention.getOut().getType(), lse = attention.getLse().getType();
    Value keys = rotatedKeys ? rotatedKeys.getX() : attention.getK();
    auto read = lm::PackedAttentionOp::create(builder, location, out, lse, attention.getQ(), keys, attention.getV(), readers_,
                                              sources_, rows_, /*causal=*/false, attention.getScale(), /*window=*/0,
                                              attention.getSoftCap());
    auto merged = lm::MergeAttentionOp::create(builder, location, out, lse, ValueRange{attention.getOut(), read.getOut()},
                                               ValueRange{attention.getLse(), read.getLse()});
    attention.getOut().replaceAllUsesExcept(merged.getOut(), merged);
    attention.getLse().replaceAllUsesExcept(merged.getLse(), merged);
    return success();
  }

  Value readers_, sources_, rows_;
};

} // namespace
} // namespace longc
