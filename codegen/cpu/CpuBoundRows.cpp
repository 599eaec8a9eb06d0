// How many rows of a tile matter: as many as are stored. Counted once, where a block of the grid begins.
#include "codegen/cpu/CpuPasses.h"
#include "codegen/cpu/RowBounds.h"
#include "codegen/cpu/TileFacts.h"

#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;

namespace longc {

#define GEN_PASS_DEF_CPUBOUNDROWSPASS
#include "codegen/cpu/CpuPasses.h.inc"

namespace cpu {
namespace {

struct CpuBoundRowsPass : impl::CpuBoundRowsPassBase<CpuBoundRowsPass> {
  void runOnOperation() override {
    RowBounds bounds(getOperation());
    Block &body = getOperation().getBody().front();
    ImplicitLocOpBuilder builder = ImplicitLocOpBuilder::atBlockBegin(getOperation().getLoc(), &body);
    IRMapping known;
    DenseMap<const void *, std::pair<Value, int64_t>> counted; // rows that matter, of how many
    getOperation().walk([&](tile::StoreOp store) {
      const void *rows = bounds.classOf(store.getTile());
      if (!rows || counted.count(rows) || bounds.storesOf(store.getTile()).empty())
        return;
      const int64_t of = rowsOf(store.getTile());
      if (Value most = count(bounds.storesOf(store.getTile()), of, builder, known))
        counted[rows] = {arith::MaxSIOp::create(builder, most, arith::ConstantIndexOp::create(builder, 0)), of};
    });
    getOperation().walk([&](RowsOp rows) {
      Value tile = rowsOfWork(&rows.getBody().front().front());
      auto found = counted.find(bounds.classOf(tile));
      auto type = dyn_cast<RankedTensorType>(tile.getType());
      if (found != counted.end() && !(type && type.getRank() == 0))
        if (Value count = scaled(found->second.first, found->second.second, rowsOf(tile), rows))
          rows.getCountMutable().assign(count);
    });
  }

  // The most rows that one of the stores has inside its view; null where that is not known from the start.
  static Value count(ArrayRef<tile::StoreOp> stores, int64_t of, ImplicitLocOpBuilder &builder, IRMapping &known) {
    Value most;
    for (tile::StoreOp store : stores) {
      Value offset = cloned(store.getOffsets()[0], builder, known);
      Value hi = store.getHi() ? cloned(store.getHi(), builder, known) : Value();
      if (rowsOf(store.getTile()) != of || llvm::is_contained(store.getDropped(), 0) || !offset || (store.getHi() && !hi))
        return {};
      Value end = tile::DimOp::create(builder, builder.getIndexType(), store.getView(), 0);
      if (hi)
        end = arith::MinSIOp::create(builder, end, hi);
      Value count = arith::MinSIOp::create(builder, arith::SubIOp::create(builder, end, offset),
                                           arith::ConstantIndexOp::create(builder, of));
      most = most ? Value(arith::MaxSIOp::create(builder, most, count)) : count;
    }
    return most;
  }

  // Index arithmetic once more, where the block begins; null when it depends on a loop.
  static Value cloned(Value value, ImplicitLocOpBuilder &builder, IRMapping &known) {
    if (Value found = known.lookupOrNull(value))
      return found;
    Operation *op = value.getDefiningOp();
    if (!op)
      return isa<tile::KernelOp>(cast<BlockArgument>(value).getOwner()->getParentOp()) ? value : Value();
    if (op->getNumRegions() || isa<RankedTensorType>(value.getType()))
      return {};
    for (Value operand : op->getOperands())
      if (!cloned(operand, builder, known))
        return {};
    builder.clone(*op, known);
    return known.lookup(value);
  }

  // The count of a tile of `rows` rows, whose class has `of`; null where one does not go into the other.
  static Value scaled(Value count, int64_t of, int64_t rows, Operation *before) {
    ImplicitLocOpBuilder builder(before->getLoc(), before);
    auto constant = [&](int64_t value) { return arith::ConstantIndexOp::create(builder, value); };
    if (rows == of)
      return count;
    if (rows % of == 0)
      return arith::MulIOp::create(builder, count, constant(rows / of));
    if (of % rows == 0)
      return arith::DivUIOp::create(builder, arith::AddIOp::create(builder, count, constant(of / rows - 1)), constant(of / rows));
    return {};
  }
};

} // namespace
} // namespace cpu
} // namespace longc
