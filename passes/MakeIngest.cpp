// Beside a decoder's `@forward`, the function that reads windows of text into memory and does nothing else: each window sees
// itself alone, the memory layers' keys and values are kept, and what nothing of this needs is gone. So windows may be read
// in any order, and the layers above the last memory are not run.
#include "passes/FunctionInputs.h"
#include "passes/MemoryLayers.h"
#include "passes/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;

namespace longc {
#define GEN_PASS_DEF_MAKEINGESTPASS
#include "passes/Passes.h.inc"

namespace {

// Appends keys, before their rotation, and values to a memory of the layer.
Value keepRows(func::FuncOp function, lm::PackedAttentionOp attention, Value segments, int64_t layer) {
  auto rotated = attention.getK().getDefiningOp<lm::RopeOp>();
  Value keys = rotated ? rotated.getX() : attention.getK();
  OpBuilder builder(attention);
  auto rows = cast<RankedTensorType>(keys.getType());
  auto type = lm::MemoryType::get(builder.getContext(), rows.getShape().drop_front(), builder.getF32Type());
  Value memory = appendInput(function, type, "memory", layer);
  return lm::MemoryAppendOp::create(builder, attention.getLoc(), type, memory, keys, attention.getV(), segments);
}

void eraseDeadOps(func::FuncOp function) {
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(function.getBody().front())))
    if (isOpTriviallyDead(&op))
      op.erase();
}

struct MakeIngestPass : impl::MakeIngestPassBase<MakeIngestPass> {
  using MakeIngestPassBase::MakeIngestPassBase;

  void runOnOperation() override {
    FailureOr<MemoryLayers> layers = MemoryLayers::parse(getOperation(), memLayers);
    if (failed(layers))
      return signalPassFailure();
    for (auto forward : llvm::make_early_inc_range(getOperation().getOps<func::FuncOp>()))
      if (forward.getSymName() == "forward")
        make(forward, *layers);
  }

private:
  void make(func::FuncOp forward, const MemoryLayers &layers) {
    SmallVector<lm::PackedAttentionOp> attentions(forward.getOps<lm::PackedAttentionOp>());
    if (attentions.empty() || llvm::any_of(attentions, [](lm::PackedAttentionOp op) { return !op.getCausal(); }))
      return; // an encoder
    OpBuilder builder(forward);
    builder.setInsertionPointAfter(forward);
    auto ingest = cast<func::FuncOp>(builder.clone(*forward));
    ingest.setName("ingest");
    Value segments = appendInput(ingest, RankedTensorType::get({ShapedType::kDynamic, 8}, builder.getI32Type()), "segments");

    attentions.assign(ingest.getOps<lm::PackedAttentionOp>().begin(), ingest.getOps<lm::PackedAttentionOp>().end());
    SmallVector<MemoryLayers::Layer> all;
    for (auto [number, attention] : llvm::enumerate(attentions))
      all.push_back({static_cast<int64_t>(number), attention.getWindow() == 0});
    auto chosen = layers.choose(all);
    SmallVector<Value> memories;
    for (auto [number, attention] : llvm::enumerate(attentions))
      if (chosen.contains(static_cast<int64_t>(number)))
        memories.push_back(keepRows(ingest, attention, segments, static_cast<int64_t>(number)));
    ingest.getBody().front().getTerminator()->setOperands(memories);
    eraseDeadOps(ingest);
    ingest.setType(builder.getFunctionType(ingest.getBody().getArgumentTypes(), ValueRange(memories).getTypes()));
  }
};

} // namespace
} // namespace longc
