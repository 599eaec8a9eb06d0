// The ops between a result and what its rows are picked of.
#include "passes/PickRows.h"

#include "dialects/lm/LmDialect.h"

using namespace mlir;

namespace longc {
namespace {

Type pickedType(Value value, Value rows) {
  auto type = cast<RankedTensorType>(value.getType());
  SmallVector<int64_t> shape(type.getShape());
  shape[0] = cast<RankedTensorType>(rows.getType()).getDimSize(0);
  return type.clone(shape);
}

Value gather(Operation *before, Value x, Value rows) {
  OpBuilder builder(before);
  return lm::GatherRowsOp::create(builder, before->getLoc(), pickedType(x, rows), x, rows);
}

// The operands whose rows make the rows of an op's result, one each.
MutableArrayRef<OpOperand> rowOperands(Operation *op) {
  if (isa<lm::LinearOp, lm::RmsNormOp, lm::LayerNormOp>(op))
    return op->getOpOperands().take_front(1);
  if (isa<lm::AddOp, lm::GegluOp, lm::GeluOp, lm::ScaleOp, lm::SwigluOp>(op))
    return op->getOpOperands();
  return {};
}

bool isMatrix(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  return type && type.getRank() == 2;
}

bool sameRows(Value a, Value b) {
  return cast<RankedTensorType>(a.getType()).getDimSize(0) == cast<RankedTensorType>(b.getType()).getDimSize(0);
}

} // namespace

void pickRows(OpOperand &result, Value rows) {
  SmallVector<Operation *> chain;
  OpOperand *end = &result;
  for (Operation *op = end->get().getDefiningOp();
       isa_and_nonnull<lm::LinearOp, lm::RmsNormOp, lm::LayerNormOp>(op) && op->hasOneUse(); op = end->get().getDefiningOp()) {
    chain.push_back(op);
    end = &op->getOpOperand(0);
  }
  end->set(gather(end->getOwner(), end->get(), rows));
  for (Operation *op : chain)
    op->getResult(0).setType(pickedType(op->getResult(0), rows));
}

void pickRowsOfAll(OpOperand &result, Value rows) {
  SetVector<Operation *> ops; // users before what they use
  const auto servesAlone = [&](Operation &op) {
    return op.getNumResults() == 1 && isMatrix(op.getResult(0)) && !rowOperands(&op).empty() && !op.use_empty() &&
           llvm::all_of(rowOperands(&op), [&](OpOperand &operand) { return isMatrix(operand.get()) && sameRows(operand.get(), op.getResult(0)); }) &&
           llvm::all_of(op.getUses(), [&](OpOperand &use) {
             return &use == &result || (ops.contains(use.getOwner()) && llvm::is_contained(llvm::make_pointer_range(rowOperands(use.getOwner())), &use));
           });
  };
  for (Operation &op : llvm::reverse(*result.getOwner()->getBlock()))
    if (servesAlone(op))
      ops.insert(&op);
  DenseMap<Value, Value> picked;
  const auto pick = [&](OpOperand &operand) {
    if (ops.contains(operand.get().getDefiningOp()))
      return;
    Value &rowsOf = picked[operand.get()];
    if (!rowsOf)
      rowsOf = gather(operand.getOwner(), operand.get(), rows);
    operand.set(rowsOf);
  };
  for (Operation *op : llvm::reverse(ops)) {
    llvm::for_each(rowOperands(op), pick);
    op->getResult(0).setType(pickedType(op->getResult(0), rows));
  }
  pick(result);
}

} // namespace longc
