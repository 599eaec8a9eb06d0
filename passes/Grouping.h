// Moving ops into an lm.group: the one thing that fusion passes do, and the remarks they leave when they do not.
#pragma once

#include "dialects/lm/LmDialect.h"

namespace longc {

// Ops of the given kinds that are in no group yet, in order.
template <typename... Ops> llvm::SmallVector<mlir::Operation *> looseOps(mlir::Operation *root) {
  llvm::SmallVector<mlir::Operation *> found;
  root->walk([&](mlir::Operation *op) {
    if (mlir::isa<Ops...>(op) && !op->getParentOfType<lm::GroupOp>())
      found.push_back(op);
  });
  return found;
}

// The only op that uses `value`, when it is in the block of `value` and of one of the kinds; null otherwise.
template <typename... Ops> mlir::Operation *onlyUser(mlir::Value value) {
  if (!value.hasOneUse())
    return nullptr;
  mlir::Operation *user = *value.user_begin();
  return mlir::isa<Ops...>(user) && user->getBlock() == value.getParentBlock() ? user : nullptr;
}

// The loose op of one of the kinds that makes `value`; null otherwise.
template <typename... Ops> mlir::Operation *looseProducer(mlir::Value value) {
  mlir::Operation *op = value.getDefiningOp();
  return op && mlir::isa<Ops...>(op) && !op->getParentOfType<lm::GroupOp>() ? op : nullptr;
}

// What rounds `value`, in its block: several where some users want bf16 and some integers.
llvm::SmallVector<mlir::Operation *> roundingsOf(mlir::Value value);

// To ops that a group is to be of: the element-wise ops behind the last one that are its alone, to the rounding of the result.
void addFollowers(llvm::StringRef pass, llvm::SmallVector<mlir::Operation *> &ops);

// The last op outside, in the block of the ops, whose value one of them needs; null if there is none.
mlir::Operation *lastNeeded(llvm::ArrayRef<mlir::Operation *> ops);

// Moves the ops into a new group, where the first of them stands or after the last value they need. Returns null, with a remark, when they are in different
// blocks or an op before that place uses one of them.
lm::GroupOp formGroup(llvm::StringRef pass, llvm::ArrayRef<mlir::Operation *> ops);

// Says what was not fused and why; printed with --remarks-filter.
void remarkNotFused(llvm::StringRef pass, mlir::Operation *op, const llvm::Twine &reason);

} // namespace longc
