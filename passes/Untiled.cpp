// The passes that make kernels, and what each takes.
#include "passes/Untiled.h"

#include "passes/RowTiles.h"

using namespace mlir;

namespace longc {

// The pass that makes a kernel of the op or of a group with it; empty when there is none.
static StringRef tilingPass(Operation *op) {
  if (isa<lm::LinearOp, lm::QuantizedLinearOp, lm::CrossEntropyOp, lm::CrossEntropyInputGradientOp,
          lm::CrossEntropyWeightGradientOp, lm::GatedMemoryOp, lm::ProductOp, lm::RowProductOp>(op))
    return "longc-tile-linear";
  if (isa<lm::PackedAttentionOp, lm::WindowAttentionOp, lm::KnnAttentionOp, lm::MergeAttentionOp,
          lm::AttentionQueryGradientOp, lm::AttentionKeyGradientOp>(op))
    return "longc-tile-attention";
  if (isa<lm::ReshapeOp, lm::ScatterAddOp, lm::SumRowsOp, lm::TransposeOp>(op))
    return "longc-tile-reductions";
  if (auto pool = dyn_cast<lm::ChunkPoolOp>(op); pool && pool.getPool() == lm::Pool::pma)
    return "longc-tile-linear";
  return RowTiles::isRowWise(op) ? "longc-tile-streaming" : "";
}

// What keeps a group from being a kernel: its first op that no pass knows, else its first.
static Operation *decisive(Operation *op) {
  auto group = dyn_cast<lm::GroupOp>(op);
  if (!group)
    return op;
  auto ops = group.getBody().front().without_terminator();
  auto unknown = llvm::find_if(ops, [](Operation &each) {
    return tilingPass(&each).empty() && !isa<lm::ParameterRefOp, lm::DequantizeOp>(each);
  });
  if (unknown != ops.end())
    return &*unknown;
  return ops.empty() ? op : &*ops.begin();
}

LogicalResult refuseUntiled(Operation *op) {
  op = decisive(op);
  if (StringRef pass = tilingPass(op); !pass.empty())
    return op->emitOpError("is in no kernel: expected ") << pass << ", which makes one of it, to have run";
  return op->emitOpError("is in no kernel, and no pass makes one of it: an element-wise op needs ")
         << "ElementwiseOpInterface, another row-wise op a place in RowOps (passes/RowTiles.h), a product or an "
            "attention one in longc-tile-linear or longc-tile-attention";
}

} // namespace longc
