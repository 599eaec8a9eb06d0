// The chain from a result to what its rows are picked of.
#include "passes/PickRows.h"

#include "dialects/lm/LmDialect.h"

using namespace mlir;

namespace longc {

void pickRows(OpOperand &result, Value rows) {
  SmallVector<Operation *> chain;
  OpOperand *end = &result;
  for (Operation *op = end->get().getDefiningOp();
       isa_and_nonnull<lm::LinearOp, lm::RmsNormOp, lm::LayerNormOp>(op) && op->hasOneUse(); op = end->get().getDefiningOp()) {
    chain.push_back(op);
    end = &op->getOpOperand(0);
  }
  Value x = end->get();
  auto picked = [&](Value value) {
    auto type = cast<RankedTensorType>(value.getType());
    SmallVector<int64_t> shape(type.getShape());
    shape[0] = cast<RankedTensorType>(rows.getType()).getDimSize(0);
    return type.clone(shape);
  };
  OpBuilder builder(end->getOwner());
  end->set(lm::GatherRowsOp::create(builder, end->getOwner()->getLoc(), picked(x), x, rows));
  for (Operation *op : chain)
    op->getResult(0).setType(picked(op->getResult(0)));
}

} // namespace longc
