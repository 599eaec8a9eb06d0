// Window, memory and their merge become one kernel with one joint softmax, with what rounds its result behind it.
#include "passes/Grouping.h"
#include "passes/Passes.h"

using namespace mlir;

namespace longc {
#define GEN_PASS_DEF_FUSEATTENTIONPASS
#include "passes/Passes.h.inc"

namespace {

struct FuseAttentionPass : impl::FuseAttentionPassBase<FuseAttentionPass> {
  void runOnOperation() override {
    for (Operation *op : looseOps<lm::MergeAttentionOp>(getOperation()))
      fuseMerge(cast<lm::MergeAttentionOp>(op));
    // Attention that no merge took in.
    for (Operation *op : looseOps<lm::PackedAttentionOp, lm::WindowAttentionOp, lm::KnnAttentionOp>(getOperation()))
      fuseEpilogue(op, {op});
  }

  void fuseMerge(lm::MergeAttentionOp merge) {
    SmallVector<Operation *> ops;
    for (auto [out, lse] : llvm::zip(merge.getOuts(), merge.getLses())) {
      Operation *part = looseProducer<lm::PackedAttentionOp, lm::WindowAttentionOp, lm::KnnAttentionOp>(out);
      if (!part || lse.getDefiningOp() != part)
        return remarkNotFused(getArgument(), merge, "a part is not an attention of its own");
      if (!out.hasOneUse() || !lse.hasOneUse())
        return remarkNotFused(getArgument(), merge, "second user of a part");
      if (ragged(part) != ragged(merge.getOuts().front().getDefiningOp()))
        return remarkNotFused(getArgument(), merge, "parts of different ragged batches");
      ops.push_back(part);
    }
    ops.push_back(merge);
    fuseEpilogue(merge, ops);
  }

  // What tells an attention op its sequences.
  static std::pair<Value, Value> ragged(Operation *op) {
    if (auto packed = dyn_cast_or_null<lm::PackedAttentionOp>(op))
      return {packed.getCuQ(), packed.getCuK()};
    return {op ? op->getOperand(2) : Value(), Value()};
  }

  // Columns with one scale among those that are rounded to integers; 1 where none are.
  static int64_t scaleColumns(ArrayRef<Operation *> roundings) {
    int64_t columns = 1;
    for (Operation *op : roundings)
      if (auto quantize = dyn_cast<lm::QuantizeOp>(op))
        columns = std::max(columns, 32 * static_cast<int64_t>(quantize.getScaleBlocks()));
    return columns;
  }

  // Adds the merging of heads and the rounding that alone use the result, then forms the group.
  void fuseEpilogue(Operation *joined, SmallVector<Operation *> ops) {
    Value out = joined->getResult(0);
    if (Operation *heads = onlyUser<lm::MergeHeadsOp>(out)) {
      ops.push_back(heads);
      out = heads->getResult(0);
    }
    int64_t headSize = cast<RankedTensorType>(joined->getResult(0).getType()).getDimSize(2);
    const SmallVector<Operation *> roundings = roundingsOf(out);
    if (!llvm::all_of(out.getUsers(), [&](Operation *user) { return llvm::is_contained(roundings, user); })) {
      if (!out.hasOneUse())
        remarkNotFused(getArgument(), joined, "second user of the result");
    } else if (int64_t block = scaleColumns(roundings); headSize % block != 0) {
      remarkNotFused(getArgument(), roundings.front(), "head size " + Twine(headSize) + " is no multiple of the block of " + Twine(block));
    } else {
      ops.append(roundings);
    }
    if (ops.size() > 1)
      formGroup(getArgument(), ops);
  }
};

} // namespace
} // namespace longc
