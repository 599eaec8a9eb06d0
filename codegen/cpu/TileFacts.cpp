// Facts of a kernel of tiles.
#include "codegen/cpu/TileFacts.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

#include <numeric>

using namespace mlir;

namespace longc::cpu {

int64_t elementBytes(Type element) { return element.isIndex() ? 8 : (element.getIntOrFloatBitWidth() + 7) / 8; }

int64_t paddedColumns(RankedTensorType tile) {
  const int64_t columns = tile.getRank() ? tile.getShape().back() : 1;
  return tile.getRank() > 1 && columns >= lanes ? llvm::alignTo(columns, lanes) : columns;
}

SmallVector<int64_t> packedBytes(PackOp pack) {
  RankedTensorType tile = tileType(pack.getSource());
  auto bytesOf = [&](int64_t columns, int64_t depth) -> int64_t { // of the product; turned words may hold two columns
    return llvm::divideCeil(columns, 2 * lanes) * 2 * llvm::divideCeil(depth * elementBytes(tile.getElementType()), 4) * 64;
  };
  const int64_t rows = tile.getDimSize(0), columns = tile.getDimSize(1);
  if (pack.getTransposeB())
    return {bytesOf(rows, columns)};
  if (unkept(pack.getSource()).getDefiningOp<tile::DecodeOp>()) // decoded, then turned
    return {bytesOf(rows, columns), bytesOf(columns, rows)};
  return {bytesOf(columns, rows)};
}

SmallVector<int64_t> productBytes(Operation *product) {
  auto mma = dyn_cast<tile::ScaledMmaOp>(product);
  if (!mma)
    return {};
  auto form = ProductAttr::of(mma);
  const int64_t depth = tileType(mma.getA()).getDimSize(1);
  if (form.is(Form::scaled))
    return {depth / blockColumns * form.getPanels() * decodedBlock};
  return {2 * depth, tileType(mma.getResult()).getDimSize(0) > 1 ? form.getRows() * 2 * depth : 0};
}

int64_t selectionBytes(tile::TopkType type) { return 2 * llvm::alignTo(type.getRows() * type.getK() * 4, 64) + 64; }

bool isInPanels(Value view) { return cast<tile::ViewType>(view.getType()).liesInPanels(); }

tile::LoadOp panelsOf(Value operand) {
  Value stored = unkept(operand);
  if (Operation *op = stored.getDefiningOp(); isa_and_nonnull<arith::ExtFOp, arith::TruncFOp>(op)) {
    Type from = tileType(op->getOperand(0)).getElementType(), to = tileType(stored).getElementType();
    if ((from.isBF16() && to.isF32()) || (from.isF32() && to.isBF16()))
      stored = op->getOperand(0);
  }
  auto load = stored.getDefiningOp<tile::LoadOp>();
  return load && isInPanels(load.getView()) ? load : tile::LoadOp();
}

Value unkept(Value tile) {
  auto keep = tile.getDefiningOp<KeepOp>();
  return keep ? keep.getSource() : tile;
}

Value rowsOfWork(Operation *op) {
  return llvm::TypeSwitch<Operation *, Value>(op)
      .Case<tile::StoreOp, tile::ScatterOp>([](auto store) { return store.getTile(); })
      .Case<tile::ReduceOp, tile::EncodeOp>([](auto made) { return made.getSource(); })
      .Case<KeepOp, TurnOp, tile::MmaOp, tile::ScaledMmaOp, tile::TopkUpdateOp>([](Operation *made) { return made->getResult(0); })
      .Default(Value());
}

bool liesInMemory(Value tile) {
  if (auto argument = dyn_cast<BlockArgument>(tile))
    return isa<scf::ForOp>(argument.getOwner()->getParentOp());
  if (auto branch = tile.getDefiningOp<scf::IfOp>())
    return !isLazy(branch);
  return isa<KeepOp, TurnOp, tile::MmaOp, tile::ScaledMmaOp, tile::ReduceOp, tile::EncodeOp, tile::TopkThresholdOp, scf::ForOp,
             RowsOp>(tile.getDefiningOp());
}

bool liesInRows(tile::LoadOp load) {
  auto type = cast<tile::ViewType>(load.getView().getType());
  const bool dropsFirst = llvm::is_contained(load.getDropped(), 0);
  const bool skipsRows = !dropsFirst && load.getHi() && load.getLo() && load.getLo() != load.getOffsets()[0];
  const int64_t last = type.getRank() - 1;
  return tileType(load.getTile()).getRank() == 2 && !isInPanels(load.getView()) && !skipsRows &&
         !llvm::is_contained(load.getDropped(), last) &&
         isInside(load.getOffsets()[last], tileType(load.getTile()).getDimSize(1), type.getShape()[last]);
}

bool continues(scf::ForOp loop, Value init) {
  auto before = init.getDefiningOp<scf::ForOp>();
  return before && init.hasOneUse() && before->getBlock() == loop->getBlock();
}

// What divides the place of a block or a step, 0 where nothing is known. A constant that is added is what lies before it in a
// joined row; of a sum of two places nobody says that it ends where each of them does.
static int64_t stepOf(Value offset) {
  IntegerAttr constant, factor;
  if (matchPattern(offset, m_Constant(&constant)))
    return std::max<int64_t>(constant.getInt(), 0);
  if (auto argument = dyn_cast<BlockArgument>(offset)) {
    auto loop = dyn_cast<scf::ForOp>(argument.getOwner()->getParentOp());
    if (loop && argument == loop.getInductionVar() && matchPattern(loop.getStep(), m_Constant(&constant)))
      return constant.getInt();
    return isa<tile::KernelOp>(argument.getOwner()->getParentOp()) ? 1 : 0;
  }
  Operation *op = offset.getDefiningOp();
  if (auto sum = dyn_cast<arith::AddIOp>(op)) {
    const int64_t step = matchPattern(sum.getRhs(), m_Constant(&constant)) && constant.getInt() > 0 ? stepOf(sum.getLhs()) : 0;
    return step > 0 ? std::gcd(step, constant.getInt()) : 0;
  }
  if (auto product = dyn_cast<arith::MulIOp>(op))
    for (Value each : product->getOperands())
      if (matchPattern(each, m_Constant(&constant)) && constant.getInt() > 0)
        return constant.getInt();
  if (!isa<arith::DivUIOp, arith::DivSIOp>(op))
    return 0;
  // A part of a block of a whole number of parts, or the key head of a query head and the like.
  auto product = op->getOperand(0).getDefiningOp<arith::MulIOp>();
  const bool isPart = isa<arith::DivUIOp>(op) && product && matchPattern(op->getOperand(1), m_Constant(&constant)) &&
                      matchPattern(product.getRhs(), m_Constant(&factor)) && constant.getInt() > 0 && factor.getInt() % constant.getInt() == 0;
  return isPart ? factor.getInt() / constant.getInt() : 1;
}

bool isInside(Value offset, int64_t extent, int64_t size) {
  if (ShapedType::isDynamic(size))
    return false;
  if (IntegerAttr constant; matchPattern(offset, m_Constant(&constant)))
    return constant.getInt() >= 0 && constant.getInt() + extent <= size;
  const int64_t step = stepOf(offset); // launches have no block past the end
  return step > 0 && size % step == 0 && extent <= step;
}

bool isLazy(scf::IfOp branch) {
  if (branch.getNumResults() == 0 || !llvm::all_of(branch.getResultTypes(), llvm::IsaPred<RankedTensorType>))
    return false;
  for (Region &region : branch->getRegions())
    for (Operation &op : region.front().without_terminator()) {
      auto inner = dyn_cast<scf::IfOp>(op);
      bool evaluates =
          inner ? isLazy(inner)
                : isa<tile::LoadOp, tile::SplatOp, tile::ExpandOp, tile::IotaOp, tile::ReshapeOp, tile::SliceOp,
                      tile::DimOp>(op) ||
                      (op.getNumRegions() == 0 && op.getDialect()->getNamespace() != "tile" && isMemoryEffectFree(&op));
      if (!evaluates)
        return false;
    }
  return true;
}

} // namespace longc::cpu
