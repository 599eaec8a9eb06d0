// Row correspondence of tiles, by union of what ops relate row by row.
#include "codegen/cpu/RowBounds.h"
#include "codegen/cpu/TileFacts.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace longc::cpu {

int64_t rowsOf(Value tile) {
  if (auto type = dyn_cast<RankedTensorType>(tile.getType()))
    return type.getRank() ? type.getDimSize(0) : 0;
  if (auto type = dyn_cast<tile::TopkType>(tile.getType()))
    return type.getRows();
  return 0;
}

RowBounds::RowBounds(tile::KernelOp kernel) {
  SmallVector<tile::StoreOp> stores;
  kernel.walk([&](Operation *op) {
    visit(op);
    if (auto store = dyn_cast<tile::StoreOp>(op))
      stores.push_back(store);
  });
  for (tile::StoreOp store : stores)
    if (const void *leader = classOf(store.getTile()))
      stores_[leader].push_back(store);
  for (Value tile : unbounded_)
    if (const void *leader = classOf(tile))
      stores_.erase(leader);
}

// The same whatever their rows: one such value may serve tiles whose rows have nothing to do with each other.
static bool isRowless(Value tile) {
  return isa_and_nonnull<arith::ConstantOp, tile::SplatOp, tile::IotaOp, tile::TopkInitOp>(unkept(tile).getDefiningOp());
}

void RowBounds::join(Value a, Value b) {
  if (rowsOf(a) && rowsOf(b) && !isRowless(a) && !isRowless(b))
    classes_.unionSets(a.getAsOpaquePointer(), b.getAsOpaquePointer());
}

const void *RowBounds::classOf(Value tile) const {
  tile = isRowless(tile) ? unkept(tile) : tile;
  if (!rowsOf(tile))
    return nullptr;
  auto member = classes_.findLeader(tile.getAsOpaquePointer());
  return member == classes_.member_end() ? tile.getAsOpaquePointer() : *member;
}

ArrayRef<tile::StoreOp> RowBounds::storesOf(Value tile) const {
  auto found = stores_.find(classOf(tile));
  return found == stores_.end() ? ArrayRef<tile::StoreOp>() : ArrayRef<tile::StoreOp>(found->second);
}

void RowBounds::visit(Operation *op) {
  llvm::TypeSwitch<Operation *>(op)
      .Case([&](tile::MmaOp mma) {
        join(mma.getA(), mma.getResult());
        join(mma.getAcc(), mma.getResult());
        needAll(mma.getB());
      })
      .Case([&](tile::ScaledMmaOp mma) {
        for (Value operand : {mma.getA(), mma.getScales(), mma.getSums(), mma.getAcc()})
          join(operand, mma.getResult());
        needAll(mma.getB());
      })
      .Case([&](tile::ReduceOp reduce) {
        if (reduce.getDim() == 0)
          needAll(reduce.getSource());
        else
          join(reduce.getSource(), reduce.getResult());
      })
      .Case([&](tile::ExpandOp expand) {
        if (expand.getDim() == 0)
          needAll(expand.getSource());
        else
          join(expand.getSource(), expand.getResult());
      })
      .Case([&](tile::SliceOp slice) {
        if (rowsOf(slice.getSource()) == rowsOf(slice.getResult()))
          join(slice.getSource(), slice.getResult());
        else
          needAll(slice.getSource());
      })
      .Case<tile::TransposeOp, TurnOp>([&](auto transpose) { needAll(transpose.getSource()); })
      .Case([&](tile::GatherOp gather) { join(gather.getIndices(), gather.getTile()); })
      .Case([&](tile::ScatterOp scatter) {
        needAll(scatter.getTile());
        needAll(scatter.getIndices());
      })
      .Case([&](tile::TopkUpdateOp update) {
        join(update.getState(), update.getResult());
        join(update.getScores(), update.getResult());
      })
      .Case([&](scf::ForOp loop) {
        auto yield = cast<scf::YieldOp>(loop.getBody()->getTerminator());
        for (auto [init, argument, yielded, result] :
             llvm::zip_equal(loop.getInitArgs(), loop.getRegionIterArgs(), yield.getOperands(), loop.getResults())) {
          join(init, argument);
          join(yielded, argument);
          join(result, argument);
        }
      })
      .Case([&](RowsOp rows) {
        for (auto [yielded, result] : llvm::zip_equal(rows.getBody().front().getTerminator()->getOperands(), rows.getResults()))
          join(yielded, result);
      })
      .Case([&](scf::IfOp branch) {
        for (Region &region : branch->getRegions())
          if (!region.empty())
            for (auto [yielded, result] :
                 llvm::zip_equal(region.front().getTerminator()->getOperands(), branch.getResults()))
              join(yielded, result);
      })
      .Default([&](Operation *other) {
        // Element-wise ops, encode, decode, reshape, the results of a selection.
        Value first;
        for (Value result : other->getResults()) {
          for (Value operand : other->getOperands())
            join(operand, result);
          if (first)
            join(first, result);
          first = result;
        }
      });
}

} // namespace longc::cpu
