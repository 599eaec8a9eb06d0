// Moving ops into groups.
#include "passes/Grouping.h"

#include "mlir/IR/Remarks.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace longc {

void remarkNotFused(StringRef pass, Operation *op, const Twine &reason) {
  remark::missed(op->getLoc(), remark::RemarkOpts::name(pass).category("longc-fusion"))
      << ("not fused: " + reason).str();
}

SmallVector<Operation *> roundingsOf(Value value) {
  SmallVector<Operation *> roundings;
  for (Operation *user : value.getUsers())
    if (isa<lm::QuantizeOp, lm::RoundOp>(user) && user->getBlock() == value.getParentBlock())
      roundings.push_back(user);
  return roundings;
}

void addFollowers(StringRef pass, SmallVector<Operation *> &ops) {
  Value result = ops.back()->getResult(0);
  while (Operation *next = onlyUser<lm::ElementwiseOpInterface>(result)) {
    ops.push_back(next);
    result = next->getResult(0);
  }
  const SmallVector<Operation *> roundings = roundingsOf(result);
  if (llvm::all_of(result.getUsers(), [&](Operation *user) { return llvm::is_contained(roundings, user); }))
    ops.append(roundings);
  else if (!roundings.empty())
    remarkNotFused(pass, ops.back(), "its result is rounded for one user and not for another");
}

Operation *lastNeeded(ArrayRef<Operation *> ops) {
  llvm::SmallPtrSet<Operation *, 16> members(ops.begin(), ops.end());
  Block *block = ops.front()->getBlock();
  Operation *last = nullptr;
  for (Operation *op : ops)
    for (Value operand : op->getOperands()) {
      Operation *producer = operand.getDefiningOp();
      if (producer && producer->getBlock() == block && !members.contains(producer) &&
          (!last || last->isBeforeInBlock(producer)))
        last = producer;
    }
  return last;
}

lm::GroupOp formGroup(StringRef pass, ArrayRef<Operation *> wanted) {
  if (!llvm::all_equal(llvm::map_range(wanted, [](Operation *op) { return op->getBlock(); }))) {
    remarkNotFused(pass, wanted.back(), "what it would be fused with is in another block");
    return nullptr;
  }
  SmallVector<Operation *> ops(wanted);
  llvm::sort(ops, [](Operation *a, Operation *b) { return a->isBeforeInBlock(b); });
  llvm::SmallPtrSet<Operation *, 16> members(ops.begin(), ops.end());
  Block *block = ops.front()->getBlock();

  Operation *last = lastNeeded(ops);
  llvm::SetVector<Value> results;
  for (Operation *op : ops)
    for (Value result : op->getResults())
      for (Operation *user : result.getUsers()) {
        Operation *place = block->findAncestorOpInBlock(*user);
        if (members.contains(place))
          continue;
        if (last && !last->isBeforeInBlock(place)) {
          remarkNotFused(pass, ops.back(), "a value that the kernel needs depends on what the kernel computes");
          return nullptr;
        }
        results.insert(result);
      }

  OpBuilder builder(ops.front());
  if (last && ops.front()->isBeforeInBlock(last))
    builder.setInsertionPointAfter(last);
  SmallVector<Location> locations;
  for (Operation *op : ops)
    locations.push_back(op->getLoc());
  SmallVector<Value> values(results.begin(), results.end());
  auto group = lm::GroupOp::create(builder, builder.getFusedLoc(locations), ValueRange(values).getTypes());
  Block *body = builder.createBlock(&group.getBody());
  for (Operation *op : ops)
    op->moveBefore(body, body->end());
  lm::YieldOp::create(builder, group.getLoc(), values);
  for (auto [value, result] : llvm::zip(values, group.getResults()))
    value.replaceUsesWithIf(result, [&](OpOperand &use) { return !group->isAncestor(use.getOwner()); });
  return group;
}

} // namespace longc
