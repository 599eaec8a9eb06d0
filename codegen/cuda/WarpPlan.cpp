// Layouts from products outwards: what is computed with a tile lies as the tile does.
#include "codegen/cuda/WarpPlan.h"

#include "codegen/cuda/BlockPlan.h"

#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/ADT/bit.h"

using namespace mlir;
using namespace longc;
using namespace longc::cuda;

namespace {

/// Registers that one tile may take of a lane's 255.
constexpr int64_t kMostRegisters = 160;

bool isElementwise(Operation *op) {
  return OpTrait::hasElementwiseMappableTraits(op) && op->getNumResults() == 1 && isTile(op->getResult(0));
}

/// Lanes that share a row of so many columns.
int64_t lanesFor(int64_t columns) {
  return std::min<int64_t>(kLanes, llvm::bit_ceil(uint64_t(std::max<int64_t>(columns / kChunk, 1))));
}

WarpLayout columnsOf(int64_t lanes) { return lanes == kLanes ? WarpLayout{} : WarpLayout{WarpLayout::columns, lanes}; }

template <typename Access> bool isOfChunks(Access access) {
  auto view = access.getView().getType();
  Type type = access.getTile().getType();
  const int64_t last = view.getRank() - 1;
  Type element = view.getElementType();
  return last >= 0 && hasColumnsOf(access.getView(), kChunk) && !llvm::is_contained(access.getDropped(), last) &&
         cast<RankedTensorType>(type).getShape().back() % kChunk == 0 && isMultipleOf(access.getOffsets()[last], kChunk) &&
         (element.isBF16() || element.isF32());
}

} // namespace

bool longc::cuda::hasChunks(tile::LoadOp load) { return isOfChunks(load); }
bool longc::cuda::hasChunks(tile::StoreOp store) { return isOfChunks(store); }

std::pair<int64_t, int64_t> longc::cuda::matrixOf(Type type) {
  auto tensor = cast<RankedTensorType>(type);
  const int64_t columns = tensor.getRank() ? tensor.getShape().back() : 1;
  return {tensor.getNumElements() / columns, columns};
}

int64_t longc::cuda::registersOfRow(const WarpLayout &layout, Type type) {
  const int64_t columns = matrixOf(type).second;
  switch (layout.kind) {
  case WarpLayout::whole: return columns;
  case WarpLayout::columns: return (columns + layout.groups() - 1) / layout.groups();
  default: return (columns + layout.lanes * kChunk - 1) / (layout.lanes * kChunk) * kChunk;
  }
}

int64_t longc::cuda::registersOf(const WarpLayout &layout, Type type) {
  int64_t rows = matrixOf(type).first;
  if (layout.kind == WarpLayout::rows)
    rows = (rows + layout.groups() - 1) / layout.groups();
  return rows * registersOfRow(layout, type);
}

/// Lanes that share a row of the right operand. One that is added to a product along rows has those of that one, so that both sums lie alike: an
/// adapter's few ranks lie in some of them, the others have zeros.
static int64_t lanesOf(tile::MmaOp product) {
  const int64_t lanes = lanesFor(matrixOf(product.getB().getType()).second);
  auto before = product.getAcc().getDefiningOp<tile::MmaOp>();
  return before && product.getTransposeB() && before.getTransposeB() ? std::max(lanes, lanesOf(before)) : lanes;
}

ProductLayouts longc::cuda::layoutsOf(tile::MmaOp product) {
  const int64_t lanes = lanesOf(product);
  const WarpLayout across = columnsOf(lanes), along{WarpLayout::spread, lanes}, right{WarpLayout::rows, lanes};
  return product.getTransposeB() ? ProductLayouts{along, right, across} : ProductLayouts{across, right, along};
}

bool WarpPlan::isFree(Operation *op) {
  return op && isa<arith::ConstantOp, tile::SplatOp, tile::IotaOp, tile::ExpandOp, tile::ReshapeOp>(op);
}

void WarpPlan::refuse(Operation *op, StringRef reason) {
  if (obstacle_.empty())
    obstacle_ = ("'" + op->getName().getStringRef() + "' " + reason).str();
}

std::optional<WarpLayout> WarpPlan::known(Value tile) const {
  Operation *op = tile.getDefiningOp();
  if (auto reshape = dyn_cast_or_null<tile::ReshapeOp>(op))
    return known(reshape.getSource());
  if (auto expand = dyn_cast_or_null<tile::ExpandOp>(op); expand && expand.getDim() == 0)
    return known(expand.getSource());
  auto found = layouts_.find(tile);
  return found == layouts_.end() ? std::nullopt : std::optional(found->second);
}

/// An expression of other tiles asks for theirs.
void WarpPlan::require(Value tile, WarpLayout layout) {
  Operation *op = tile.getDefiningOp();
  if (!isFree(op)) {
    auto [found, isNew] = layouts_.try_emplace(tile, layout);
    changed_ |= isNew;
    if (found->second != layout)
      refuse(op ? op : tile.getParentBlock()->getParentOp(), "has a tile that is wanted in two layouts");
    return;
  }
  if (auto constant = dyn_cast<arith::ConstantOp>(op)) {
    if (!cast<DenseElementsAttr>(constant.getValue()).isSplat())
      refuse(op, "has elements that differ");
  } else if (auto reshape = dyn_cast<tile::ReshapeOp>(op)) {
    if (layout.kind != WarpLayout::whole && matrixOf(op->getResult(0).getType()) != matrixOf(reshape.getSource().getType()))
      refuse(op, "changes the rows of a tile that is shared out by rows");
    require(reshape.getSource(), layout);
  } else if (auto expand = dyn_cast<tile::ExpandOp>(op)) {
    const int64_t rank = tileType(op->getResult(0)).getRank();
    if (layout.kind == WarpLayout::rows)
      return refuse(op, "repeats what rows of other groups hold");
    if (int64_t(expand.getDim()) + 1 == rank)
      return require(expand.getSource(), WarpLayout{});
    if (expand.getDim() != 0 || rank != 2)
      return refuse(op, "repeats a dimension in the middle");
    require(expand.getSource(), layout);
  }
}

void WarpPlan::tie(ArrayRef<Value> tiles) {
  for (Value tile : tiles)
    if (auto layout = known(tile)) {
      for (Value other : tiles)
        require(other, *layout);
      return;
    }
}

void WarpPlan::visit(Operation *op) {
  if (auto product = dyn_cast<tile::MmaOp>(op)) {
    const ProductLayouts layouts = layoutsOf(product);
    require(product.getB(), layouts.right);
    require(product.getA(), layouts.left);
    for (Value sum : {product.getAcc(), product.getResult()})
      require(sum, layouts.sum);
  } else if (auto reduce = dyn_cast<tile::ReduceOp>(op)) {
    require(reduce.getResult(), WarpLayout{});
  } else if (auto loop = dyn_cast<scf::ForOp>(op)) {
    for (auto [init, argument, next, result] : llvm::zip(loop.getInits(), loop.getRegionIterArgs(), loop.getBody()->getTerminator()->getOperands(), loop.getResults()))
      if (isTile(init))
        tie({argument, result, next, init});
  } else if (auto branch = dyn_cast<scf::IfOp>(op)) {
    for (auto [number, result] : llvm::enumerate(branch.getResults()))
      if (isTile(result))
        tie({result, branch.thenYield().getOperand(number), branch.elseYield().getOperand(number)});
  } else if (isElementwise(op) && !isFree(op)) {
    SmallVector<Value> tiles(op->getResults());
    llvm::append_range(tiles, llvm::make_filter_range(op->getOperands(), isTile));
    tie(tiles);
  }
}

/// One row that is read and written in whole chunks, long enough for all lanes; or a piece of one, where points of three dimensions are pieces.
bool WarpPlan::isRowWise() {
  const int64_t shortest = hasPieces() ? 2 * kChunk : kLanes * kChunk / 2;
  bool reads = false, is = true;
  auto isRow = [shortest](Type type) { return matrixOf(type).first == 1 && matrixOf(type).second >= shortest; };
  kernel_.walk([&](Operation *op) {
    if (auto load = dyn_cast<tile::LoadOp>(op))
      reads = true, is &= isRow(load.getTile().getType()) && hasChunks(load);
    else if (auto store = dyn_cast<tile::StoreOp>(op))
      is &= isRow(store.getTile().getType()) && hasChunks(store);
  });
  return reads && is;
}

void WarpPlan::propagate() {
  do {
    changed_ = false;
    kernel_.walk([&](Operation *op) { visit(op); });
  } while (changed_ && obstacle_.empty());
}

Value WarpPlan::firstWithout() {
  Value first;
  kernel_.walk([&](Operation *op) {
    for (Value result : op->getResults())
      if (isTile(result) && !isFree(op) && !layouts_.contains(result)) {
        first = result;
        return WalkResult::interrupt();
      }
    return WalkResult::advance();
  });
  return first;
}

void WarpPlan::check(Operation *op) {
  for (Value result : op->getResults()) {
    if (isa<tile::TopkType>(result.getType()))
      return refuse(op, "is not for a warp");
    if (!isTile(result) || isFree(op))
      continue;
    auto type = tileType(result);
    if (!type.getElementType().isF32() && !type.getElementType().isBF16() && !type.getElementType().isSignlessInteger(32) &&
        !type.getElementType().isSignlessInteger(1))
      return refuse(op, "has a tile that is not of f32, bf16, i32 or i1");
    if (registersOf(layoutOf(result), type) > kMostRegisters)
      return refuse(op, "has a tile of too many registers");
  }
  if (auto product = dyn_cast<tile::MmaOp>(op)) {
    if (matrixOf(product.getA().getType()).first > kFewRows || !tileType(product.getResult()).getElementType().isF32() ||
        matrixOf(product.getB().getType()).second % kChunk != 0)
      refuse(op, "is not of few rows and whole chunks of columns");
    if (isa_and_nonnull<arith::ConstantOp, tile::SplatOp>(product.getA().getDefiningOp())) // a warp would walk all rows alone
      refuse(op, "sums rows: it multiplies by one number");
  } else if (auto load = dyn_cast<tile::LoadOp>(op)) {
    const WarpLayout::Kind kind = layoutOf(load.getTile()).kind;
    if ((kind == WarpLayout::spread || kind == WarpLayout::rows) && !hasChunks(load))
      refuse(op, "reads rows that are not of whole chunks");
  } else if (auto store = dyn_cast<tile::StoreOp>(op)) {
    if (store.getAccumulate() || layoutOf(store.getTile()).kind == WarpLayout::rows)
      refuse(op, "adds, or writes rows of several groups");
  } else if (auto reduce = dyn_cast<tile::ReduceOp>(op)) {
    if (int64_t(reduce.getDim()) + 1 != tileType(reduce.getSource()).getRank() || layoutOf(reduce.getSource()).kind == WarpLayout::rows ||
        !tileType(reduce.getSource()).getElementType().isF32())
      refuse(op, "is not along rows of a lane's group");
  } else if (const bool touches = llvm::any_of(op->getOperands(), isTile) || llvm::any_of(op->getResults(), isTile);
             touches && !isFree(op) && !isElementwise(op) && !isa<scf::ForOp, scf::IfOp, scf::YieldOp>(op)) {
    refuse(op, "is not for a warp");
  }
}

std::string WarpPlan::run() {
  bool multiplies = false;
  kernel_.walk([&](tile::MmaOp) { multiplies = true; });
  if (!multiplies && !isRowWise())
    return "it has no product, and is not of single rows";
  propagate();
  for (Value tile = firstWithout(); tile && obstacle_.empty(); tile = firstWithout()) {
    const int64_t columns = matrixOf(tile.getType()).second;
    require(tile, columns % kChunk == 0 && columns >= (!multiplies && hasPieces() ? 2 * kChunk : 64) ? WarpLayout{WarpLayout::spread, lanesFor(columns)} : WarpLayout{});
    propagate();
  }
  kernel_.walk([&](Operation *op) {
    if (op != kernel_ && obstacle_.empty())
      check(op);
  });
  return obstacle_;
}
