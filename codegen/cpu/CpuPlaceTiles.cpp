// Which tiles lie in memory; all others are evaluated where an element of them is needed.
#include "codegen/cpu/CpuPasses.h"
#include "codegen/cpu/TileFacts.h"

#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace longc {

#define GEN_PASS_DEF_CPUPLACETILESPASS
#include "codegen/cpu/CpuPasses.h.inc"

namespace cpu {
namespace {

bool isTile(Value value) { return isa<RankedTensorType>(value.getType()); }

// Whether a product broadcasts from the tile's rows.
bool feedsProduct(Value tile) {
  return llvm::any_of(tile.getUses(), [&](OpOperand &use) {
    return isa<tile::ScaledMmaOp>(use.getOwner()) ? use.getOperandNumber() < 3
                                                  : isa<tile::MmaOp>(use.getOwner()) && use.getOperandNumber() == 0;
  });
}

// Whether the next iteration reads this scalar of a row.
bool isCarried(Value tile) {
  return tileType(tile).getRank() == 1 && !isa<arith::ConstantOp, tile::SplatOp, scf::IfOp>(tile.getDefiningOp()) &&
         llvm::any_of(tile.getUsers(), [&](Operation *user) {
           return isa<scf::YieldOp>(user) && isa<scf::ForOp>(user->getParentOp()) &&
                  user->getBlock() == tile.getDefiningOp()->getBlock();
         });
}

// Scalars of rows that cost something: every block of columns of a product that reads the tile would evaluate them again.
void collectRowScalars(Value tile, llvm::SetVector<Value> &found) {
  Operation *op = tile.getDefiningOp();
  if (auto expand = dyn_cast_if_present<tile::ExpandOp>(op)) {
    Operation *source = expand.getSource().getDefiningOp();
    if (expand.getDim() + 1 == static_cast<uint64_t>(tileType(tile).getRank()) && source &&
        !isa<tile::LoadOp, arith::ConstantOp, tile::SplatOp>(source) && !liesInMemory(expand.getSource()))
      found.insert(expand.getSource());
  } else if (op && OpTrait::hasElementwiseMappableTraits(op)) {
    for (Value operand : op->getOperands())
      if (isTile(operand))
        collectRowScalars(operand, found);
  }
}

// Whether the product may write over its accumulator: a loop carries it, and nothing else reads it.
bool accumulatesInPlace(Operation *product, Value acc) {
  auto loop = dyn_cast<scf::ForOp>(product->getParentOp());
  Value result = product->getResult(0);
  if (!loop || !acc.hasOneUse() || !result.hasOneUse() || result.use_begin()->getOwner() != loop.getBody()->getTerminator())
    return false;
  Value value = loop.getRegionIterArg(result.use_begin()->getOperandNumber());
  while (value != acc) {
    Operation *user = value.hasOneUse() ? *value.getUsers().begin() : nullptr;
    if (!user || user->getParentOp() != loop || user->getNumResults() != 1 || !OpTrait::hasElementwiseMappableTraits(user))
      return false;
    value = user->getResult(0);
  }
  return true;
}

struct CpuPlaceTilesPass : impl::CpuPlaceTilesPassBase<CpuPlaceTilesPass> {
  void runOnOperation() override { visit(getOperation().getBody().front()); }

  void visit(Block &block) {
    for (Operation &op : llvm::make_early_inc_range(block.without_terminator())) {
      if (auto branch = dyn_cast<scf::IfOp>(op); branch && !isLazy(branch)) {
        for (Region &region : branch->getRegions())
          if (!region.empty()) {
            visit(region.front());
            handOn(region.front().getTerminator(), {});
          }
      } else if (auto loop = dyn_cast<scf::ForOp>(op)) {
        handOn(loop, {});
        visit(*loop.getBody());
        handOn(loop.getBody()->getTerminator(), loop.getRegionIterArgs());
      } else if (isa<tile::MmaOp, tile::ScaledMmaOp>(op)) {
        place(&op);
      } else {
        for (Value result : op.getResults())
          if (isTile(result) && !liesInMemory(result))
            place(result);
      }
    }
  }

  void place(Value tile) {
    auto load = tile.getDefiningOp<tile::LoadOp>();
    if (feedsProduct(tile) ? !load || !liesInRows(load) : !load && isCarried(tile))
      keep(tile);
  }

  // What a product needs besides its operands.
  void place(Operation *product) {
    auto mma = dyn_cast<tile::MmaOp>(product);
    Value acc = mma ? mma.getAcc() : cast<tile::ScaledMmaOp>(product).getAcc();
    llvm::SetVector<Value> scalars;
    collectRowScalars(acc, scalars);
    if (product->hasAttr(overlapsRowsAttribute))
      collectRowScalars(unkept(mma.getA()), scalars);
    for (Value scalar : scalars)
      keep(scalar);
    if (accumulatesInPlace(product, acc))
      product->setAttr(inPlaceAttribute, UnitAttr::get(&getContext()));
  }

  void keep(Value tile) {
    OpBuilder builder(&getContext());
    builder.setInsertionPointAfterValue(tile);
    Operation *op;
    if (auto transpose = tile.getDefiningOp<tile::TransposeOp>(); transpose && feedsProduct(tile))
      op = TurnOp::create(builder, tile.getLoc(), tile.getType(), transpose.getSource());
    else
      op = KeepOp::create(builder, tile.getLoc(), tile, /*late=*/false, /*home=*/false);
    tile.replaceAllUsesExcept(op->getResult(0), op);
    if (isa<TurnOp>(op))
      tile.getDefiningOp()->erase();
  }

  // Tiles that `op` carries or yields are made at home one after the other, so that one might overwrite what another reads:
  // of several, all but values at rest go by way of memory of their own. `homes`: what they become, if it is read until then.
  void handOn(Operation *op, ValueRange homes) {
    auto loop = dyn_cast<scf::ForOp>(op);
    MutableOperandRange operands = loop ? loop.getInitArgsMutable() : cast<scf::YieldOp>(op).getResultsMutable();
    SmallVector<OpOperand *> moves;
    for (auto [place, operand] : llvm::enumerate(operands)) {
      Value value = operand.get();
      Operation *maker = value.getDefiningOp();
      const bool isHome = homes.empty() ? loop && continues(loop, value)
                                        : homes[place] == value || (maker && maker->hasAttr(inPlaceAttribute));
      if (isTile(value) && !isHome)
        moves.push_back(&operand);
    }
    OpBuilder builder(op);
    auto keep = [&](Value value, bool home) {
      return KeepOp::create(builder, value.getLoc(), value, /*late=*/!home, home).getTile();
    };
    const bool several = moves.size() > 1;
    for (OpOperand *move : moves) {
      Value value = move->get();
      if (several && llvm::is_contained(homes, value)) {
        refuse(getOperation()) << "tiles that change places between iterations";
        return signalPassFailure();
      }
      if (!several || liesInMemory(value) || isa<arith::ConstantOp, tile::SplatOp, tile::LoadOp>(value.getDefiningOp()))
        continue;
      Value kept = keep(value, /*home=*/false);
      for (OpOperand *other : moves)
        if (other->get() == value)
          other->set(kept);
    }
    for (OpOperand *move : moves)
      move->set(keep(move->get(), /*home=*/true));
  }
};

} // namespace
} // namespace cpu
} // namespace longc
