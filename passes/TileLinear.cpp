// Groups with products become kernels: one block a tile of the result, epilogue on the tile.
#include "dialects/lm/AdapterParts.h"
#include "passes/CrossEntropyGradientKernel.h"
#include "passes/CrossEntropyKernel.h"
#include "passes/FunctionInputs.h"
#include "passes/GatedMemoryKernel.h"
#include "passes/GemmKernel.h"
#include "passes/HeadProductKernel.h"
#include "passes/LowRankTwins.h"
#include "passes/Passes.h"
#include "passes/RowProductKernel.h"
#include "passes/RowTiles.h"
#include "passes/SeedPoolKernel.h"
#include "passes/TargetFacts.h"
#include "passes/VocabularyChunks.h"
#include "runtime/abi/Layout.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

using namespace mlir;

namespace longc {
#define GEN_PASS_DEF_TILELINEARPASS
#include "passes/Passes.h.inc"

namespace {

// Of a matrix: products of heads are no epilogue's.
bool isMatrixProduct(Operation *op) {
  return isa<lm::LinearOp, lm::QuantizedLinearOp>(op) ||
         (isa<lm::ProductOp>(op) && cast<RankedTensorType>(op->getOperand(0).getType()).getRank() == 2);
}

// What columns of a block come in multiples of: they are rows of a weight, or its columns, of which targets that copy
// tiles take 128 bytes at a time.
constexpr int64_t kWeightRows = 32, kWeightColumns = 64;

// A size that a parameter bound at run time tells, the rank of an adapter: so many columns of such a result are a block's, so many are
// multiplied at a time, then for so many columns. A rank in panels is of whole panels.
constexpr int64_t kOpenColumns = 16, kOpenDepth = 8, kColumnsOfOpenDepth = 32, kRowsOfOpenDepth = 16;

std::string sizeName(int64_t size) { return ShapedType::isDynamic(size) ? "any" : std::to_string(size); }

class LinearTiler {
public:
  LinearTiler(FusedOps &fused, tile::TargetAttr facts, const LowRankTwins *twins = nullptr) : fused_(fused), facts_(facts), twins_(twins) {}
  LogicalResult tile();

private:
  // N and K of a product.
  std::pair<int64_t, int64_t> sizes(Operation *op);
  bool hasFewRows(Value rows) const;
  GemmTile tileOf(Value rows, int64_t columns, int64_t products, int64_t granule) const;
  Operation *ownMaker(lm::LinearOp op) const;
  FailureOr<Value> ownRows(lm::LinearOp op, KernelBuilder &kernel, const GemmTile &tile);
  Value rowSource(Operation *product) const;
  template <typename Op> Value lowRank(Op op);
  template <typename Op> Value firstOfAdapter(Op op, KernelBuilder &kernel, const GemmTile &tile);
  template <typename Op> Value addAdapter(Op op, KernelBuilder &kernel, const GemmTile &tile, Value sum);
  template <typename Op> Value addBias(Op op, KernelBuilder &kernel, const GemmTile &tile, Value sum);
  FailureOr<Value> product(Operation *op, KernelBuilder &kernel, const GemmTile &tile);

  FusedOps &fused_;
  tile::TargetAttr facts_;
  const LowRankTwins *twins_;
  DenseMap<Value, Value> made_;    // rows of x that the kernel makes itself
  DenseMap<Value, Value> lowRank_; // h by the A of it
};

std::pair<int64_t, int64_t> LinearTiler::sizes(Operation *op) {
  if (auto plain = dyn_cast<lm::ProductOp>(op)) {
    ArrayRef<int64_t> shape = cast<RankedTensorType>(plain.getW().getType()).getShape();
    return {shape[1], shape[0]};
  }
  Value weight = isa<lm::LinearOp>(op) ? op->getOperand(1) : op->getOperand(3);
  ArrayRef<int64_t> shape = isa<lm::QuantizedType>(weight.getType())
                                ? cast<lm::QuantizedType>(weight.getType()).getShape()
                                : cast<RankedTensorType>(weight.getType()).getShape();
  return {shape[0], shape[1]};
}

// Whether a row is a block's: where there are few of them, and the target has a width for such blocks.
bool LinearTiler::hasFewRows(Value rows) const {
  return facts_.getFewRows() &&
         (cast<RankedTensorType>(rows.getType()).getDimSize(0) == 1 || hasOneToken(fused_.root));
}

// Sizes of a block's tile, `granule` columns or a multiple; the place is still to come. Few rows do not wait for a loop: their weights are read straight
// through. The last step of a loop may be a part.
GemmTile LinearTiler::tileOf(Value rows, int64_t columns, int64_t products, int64_t granule) const {
  GemmTile tile;
  const bool few = hasFewRows(rows);
  int64_t width = few ? facts_.getFewRows().getCols() : facts_.getMmaCols() / (facts_.getJointCols() ? products : 1);
  const int64_t held = few ? facts_.getFewRows().getNumbers() : 0, deepRow = held / 2, manyBlocks = 8 * facts_.getBusyBlocks();
  auto type = cast<RankedTensorType>(rows.getType());
  const int64_t depth = type.isDynamicDim(1) ? deepRow : type.getDimSize(1);
  auto isHeld = [&](int64_t columns) { return depth <= deepRow && columns * products * depth <= held; };
  if (few && !isHeld(width) && isHeld(1)) // a column alone then
    width = 1;
  else if (few && depth > deepRow) // then its threads share columns' depth
    width *= 4;
  const bool keepsHeld = isHeld(width);
  while (few && columns / width > manyBlocks && (!keepsHeld || isHeld(2 * width))) // more of them would do the same work on x again
    width *= 2;
  tile.rows = few ? 1 : fitTile(facts_.getMmaRows(), cast<RankedTensorType>(rows.getType()).getDimSize(0), 1);
  tile.cols = fitTile(width, columns, granule);
  tile.depth = few ? 0 : facts_.getMmaDepth();
  if (tile.depth > 0) // whole steps in columns too: those past the end are zero, and not stored
    tile.cols = llvm::alignTo(tile.cols, granule);
  return tile;
}

// In blocks of one row: what makes x, where it is a norm of its row. Each block makes it anew, which takes less than a kernel of
// its own takes to begin and to end. Null where x is to be loaded.
Operation *LinearTiler::ownMaker(lm::LinearOp op) const {
  Operation *maker = op.getX().getDefiningOp();
  if (!hasFewRows(op.getX()) || op.getLoraA() || !isa_and_nonnull<lm::GroupOp, lm::RmsNormOp, lm::LayerNormOp>(maker))
    return nullptr;
  FusedOps ops(maker);
  const bool isNorm = ops.holds<lm::RmsNormOp>() || ops.holds<lm::LayerNormOp>();
  return isNorm && llvm::all_of(ops.ops, RowTiles::isRowWise) ? maker : nullptr;
}

FailureOr<Value> LinearTiler::ownRows(lm::LinearOp op, KernelBuilder &kernel, const GemmTile &tile) {
  Operation *maker = ownMaker(op);
  Value &rows = made_[op.getX()];
  if (!maker || rows)
    return rows;
  FusedOps ops(maker);
  RowWindow window;
  window.row = tile.row;
  window.rows = tile.rows;
  RowTiles tiles(kernel, window);
  for (Operation *inner : ops.ops)
    if (failed(tiles.emit(inner)))
      return failure();
  return rows = tiles.tileOf(ops.results[cast<OpResult>(op.getX()).getResultNumber()]);
}

// The value whose dimension 0 has the size of the group's rows: not x where each block makes it.
Value LinearTiler::rowSource(Operation *product) const {
  Value x = product->getOperand(0);
  auto linear = dyn_cast<lm::LinearOp>(product);
  Operation *maker = linear ? ownMaker(linear) : nullptr;
  if (!maker)
    return x;
  FusedOps ops(maker);
  return ops.rowSource(ops.results[cast<OpResult>(x).getResultNumber()]);
}

// The columns of a block of a row as such blocks are a part's of an adapter, where it has several.
static int64_t columnsOfParts(Operation *op, int64_t columns, int64_t width) {
  const lm::AdapterParts parts = lm::AdapterParts::of(op, width);
  auto divides = [&](int64_t size) { return llvm::all_of(parts.rows, [&](int64_t rows) { return rows % size == 0; }); };
  if (parts.rows.size() < 2)
    return columns;
  columns = columns / kWeightRows * kWeightRows;
  while (columns > kWeightRows && !divides(columns))
    columns -= kWeightRows;
  return columns;
}

// lora_scale * x A^T in the type of B, in a kernel of its own: every block of columns of the product reads it, and of every product with this A.
template <typename Op> Value LinearTiler::lowRank(Op op) {
  Value x = op.getX(), a = storedWeight(op.getLoraA());
  if (Value made = lowRank_.lookup(a))
    return made;
  ArrayRef<int64_t> shape = cast<RankedTensorType>(op.getLoraA().getType()).getShape();
  int64_t rank = shape[0], depth = shape[1], rows = cast<RankedTensorType>(x.getType()).getDimSize(0);
  KernelBuilder kernel(fused_.root, "adapter_" + std::to_string(rank) + "x" + std::to_string(depth), 2);
  GemmTile tile = tileOf(x, hasOneToken(fused_.root) ? std::min(rank, kOpenColumns) : rank, 1, kWeightRows);
  tile.row = kernel.mul(kernel.gridIndex(0), tile.rows);
  tile.col = kernel.mul(kernel.gridIndex(1), tile.cols);
  Value sum = buildProduct(kernel, tile, kernel.input(x), kernel.input(a)), scaled = sum;
  if (op.getLoraScale() != 1.0)
    scaled = arith::MulFOp::create(kernel.body(), sum, kernel.constantTile({tile.rows, tile.cols}, op.getLoraScale()));
  auto store = [&](Value product, Type element) {
    kernel.store(kernel.converted(product, element), kernel.output(emptyResult(kernel.host(), RankedTensorType::get({rows, rank}, element), x)), {tile.row, tile.col});
  };
  store(scaled, tileElement(op.getLoraB())); // what the second product multiplies
  Operation *twin = twins_ ? twins_->of(fused_.root, x, op.getLoraA()) : nullptr;
  if (twin)
    store(sum, tileElement(twin->getResult(0)));
  Value grid[] = {hostBlocks(kernel.host(), x, 0, tile.rows),
                  arith::ConstantIndexOp::create(kernel.host(), (rank + tile.cols - 1) / tile.cols)};
  tile::LaunchOp launch = kernel.finish(grid);
  if (twin)
    twin->getResult(0).replaceAllUsesWith(launch.getResult(1));
  return lowRank_[a] = launch.getResult(0);
}

// The first column of h that the block's rows of B multiply.
template <typename Op> Value LinearTiler::firstOfAdapter(Op op, KernelBuilder &kernel, const GemmTile &tile) {
  auto b = cast<RankedTensorType>(op.getLoraB().getType());
  const int64_t rank = b.getDimSize(1);
  const lm::AdapterParts parts = lm::AdapterParts::of(op, b.getDimSize(0));
  Value part = kernel.index(parts.first / rank);
  int64_t end = 0;
  for (int64_t rows : llvm::ArrayRef(parts.rows).drop_back()) // a part further where the block begins behind this one
    part = kernel.add(part, kernel.min(arith::DivUIOp::create(kernel.body(), tile.col, kernel.index(end += rows)), kernel.index(1)));
  return kernel.mul(part, rank);
}

// The adapter's second product on top of the first sum.
template <typename Op> Value LinearTiler::addAdapter(Op op, KernelBuilder &kernel, const GemmTile &tile, Value sum) {
  if (!op.getLoraA())
    return sum;
  Value h = kernel.input(lowRank(op)), b = kernel.input(storedWeight(op.getLoraB()));
  const int64_t rank = cast<RankedTensorType>(op.getLoraB().getType()).getDimSize(1);
  if (cast<tile::ViewType>(h.getType()).getShape()[1] == rank)
    return buildProduct(kernel, tile, h, b, sum);
  return buildProductOfRows(kernel, tile, kernel.load(h, {tile.rows, rank}, {tile.row, firstOfAdapter(op, kernel, tile)}), b, sum);
}

template <typename Op> Value LinearTiler::addBias(Op op, KernelBuilder &kernel, const GemmTile &tile, Value sum) {
  if (!op.getBias())
    return sum;
  Value bias = kernel.load(kernel.input(op.getBias()), {tile.cols}, tile.col);
  return arith::AddFOp::create(kernel.body(), sum, kernel.expand(bias, 0, tile.rows));
}

// As many columns as the weight has rows.
static Value openResult(KernelBuilder &kernel, Type type, Value rowSource, Value weight) {
  auto tensor = cast<RankedTensorType>(type);
  SmallVector<Value> sizes;
  if (tensor.isDynamicDim(0))
    sizes.push_back(hostSize(kernel.host(), rowSource, 0));
  sizes.push_back(hostSize(kernel.host(), storedWeight(weight), 0));
  return tensor::EmptyOp::create(kernel.host(), tensor, sizes);
}

FailureOr<Value> LinearTiler::product(Operation *op, KernelBuilder &kernel, const GemmTile &tile) {
  kernel.body().setLoc(op->getLoc());
  for (Value operand : op->getOperands())
    if (fused_.isInside(operand) && !isa<lm::DequantizeOp, lm::RoundOp, lm::ParameterRefOp>(operand.getDefiningOp()))
      return op->emitOpError("expected operands from outside the group: a block has but a tile of them"), failure();
  if (auto linear = dyn_cast<lm::QuantizedLinearOp>(op)) {
    Value sum = buildScaledProduct(kernel, tile, kernel.input(linear.getValues()), kernel.input(linear.getScales()),
                                   kernel.input(linear.getSums()), kernel.input(linear.getW()), static_cast<int64_t>(linear.getScaleBlocks()));
    return addBias(linear, kernel, tile, addAdapter(linear, kernel, tile, sum));
  }
  if (auto plain = dyn_cast<lm::ProductOp>(op))
    return buildPlainProduct(kernel, tile, kernel.input(plain.getX()), kernel.input(storedWeight(plain.getW())));
  auto linear = cast<lm::LinearOp>(op);
  FailureOr<Value> rows = ownRows(linear, kernel, tile);
  if (failed(rows))
    return failure();
  Value weight = storedWeight(linear.getW());
  if (auto type = dyn_cast<RankedTensorType>(weight.getType()); type && type.isDynamicDim(1)) {
    const int64_t depth = type.getElementType().isF32() ? kOpenDepth : std::max(facts_.getMmaDepth(), panelRows);
    Value x = kernel.input(linear.getX()), w = kernel.input(weight), size = kernel.input(hostSize(kernel.host(), weight, 1));
    return buildOpenProduct(kernel, tile, x, w, size, depth, /*firstApart=*/hasFewRows(linear.getX()));
  }
  Value sum = *rows ? buildProductOfRows(kernel, tile, *rows, kernel.input(weight))
                    : buildProduct(kernel, tile, kernel.input(linear.getX()), kernel.input(weight));
  return addBias(linear, kernel, tile, addAdapter(linear, kernel, tile, sum));
}

LogicalResult LinearTiler::tile() {
  SmallVector<Operation *> products;
  for (Operation *op : fused_.ops)
    if (isMatrixProduct(op))
      products.push_back(op);
  auto [width, depth] = sizes(products.front());
  for (Operation *op : products)
    if (sizes(op).first != width)
      return op->emitOpError("expected products of one width in a group, got ") << sizes(op).first << " and " << width;

  Value rows = products.front()->getOperand(0), source = rowSource(products.front());
  const bool open = ShapedType::isDynamic(width);
  std::string name = fused_.kernelName(rows, sizeName(width) + "x" + sizeName(depth));
  KernelBuilder kernel(fused_.root, name, 2);
  const bool plain = llvm::any_of(products, llvm::IsaPred<lm::ProductOp>);
  const bool openDepth = ShapedType::isDynamic(depth);
  int64_t granule = plain ? kWeightColumns : kWeightRows, scaled = 1;
  for (Operation *op : fused_.ops)
    if (auto quantize = dyn_cast<lm::QuantizeOp>(op))
      scaled = std::max(scaled, 32 * static_cast<int64_t>(quantize.getScaleBlocks()));
  granule = std::max(granule, scaled);
  // Columns of the first product cost the reading of x anew, where a target copies them: then as many as an adapter usually has.
  const bool whole = (open || openDepth) && !tileElement(products.front()->getOperand(1)).isF32();
  const bool sumsInMemory = facts_.getSumCols() == 0;
  const int64_t columns = open && whole && !hasFewRows(rows) ? std::max(kOpenColumns, facts_.getMmaDepth())
                          : open                             ? kOpenColumns
                          : openDepth && !whole              ? kColumnsOfOpenDepth
                          : openDepth && sumsInMemory        ? ShapedType::kDynamic // one kernel for all widths
                                                             : width;
  GemmTile tile = tileOf(rows, columns, int64_t(products.size()), granule);
  if (scaled > 1) // blocks that share a scale lie in one tile
    tile.cols = std::max(granule, tile.cols / granule * granule);
  for (Operation *op : products)
    tile.cols = columnsOfParts(op, tile.cols, width);
  if (open && hasFewRows(rows)) // an adapter's matrix that is float32 is rounded in the block, which has to hold it
    tile.cols = std::min<int64_t>(tile.cols, facts_.getFewRows().getCols());
  if (openDepth && whole && hasFewRows(rows)) // rows as short as these are read side by side
    tile.cols = kOpenColumns;
  if (openDepth && whole && sumsInMemory) // the sum that the loop carries is made whole, however few rows there are
    tile.rows = std::min<int64_t>(tile.rows, kRowsOfOpenDepth);
  tile.row = kernel.mul(kernel.gridIndex(0), tile.rows);
  tile.col = kernel.mul(kernel.gridIndex(1), tile.cols);

  RowWindow window;
  window.row = tile.row;
  window.rows = tile.rows;
  window.column = tile.col;
  window.columns = tile.cols;
  window.width = width;
  RowTiles tiles(kernel, window);
  for (Operation *op : fused_.ops) {
    bool onWeight = llvm::all_of(op->getUsers(), [&](Operation *user) {
      return isa<lm::LinearOp, lm::ProductOp>(user) && user->getOperand(0).getDefiningOp() != op;
    });
    if (isa<lm::ParameterRefOp, lm::DequantizeOp>(op) || (isa<lm::RoundOp>(op) && onWeight))
      continue;
    if (!llvm::is_contained(products, op)) {
      if (failed(tiles.emit(op)))
        return failure();
      continue;
    }
    FailureOr<Value> sum = product(op, kernel, tile);
    if (failed(sum))
      return failure();
    tiles.bind(op->getResult(0), kernel.converted(*sum, tileElement(op->getResult(0))));
  }

  SmallVector<OpResult> stored;
  for (auto [result, inner] : llvm::zip(fused_.root->getResults(), fused_.results)) {
    if (result.use_empty())
      continue;
    tiles.store(inner, kernel.output(open ? openResult(kernel, inner.getType(), source, products.front()->getOperand(1))
                                          : emptyResult(kernel.host(), inner.getType(), source)));
    stored.push_back(result);
  }
  Value grid[] = {hostBlocks(kernel.host(), source, 0, tile.rows),
                  open ? hostBlocks(kernel.host(), storedWeight(products.front()->getOperand(1)), 0, tile.cols)
                       : Value(arith::ConstantIndexOp::create(kernel.host(), (width + tile.cols - 1) / tile.cols))};
  if (openDepth && (!whole || kernel.hasColumnsOf(panelRows))) // what adds an adapter is the same for all products
    kernel.openSizes();
  if (whole)
    kernel.setOpenColumns(panelRows);
  tile::LaunchOp launch = kernel.finish(grid);
  for (auto [number, result] : llvm::enumerate(stored))
    result.replaceAllUsesWith(launch.getResult(number));
  fused_.root->erase();
  return success();
}

struct TileLinearPass : impl::TileLinearPassBase<TileLinearPass> {
  void runOnOperation() override {
    FailureOr<tile::TargetAttr> facts = targetFacts(getOperation());
    if (failed(facts))
      return signalPassFailure();
    const LowRankTwins *twins = nullptr;
    auto hasProduct = [&](const FusedOps &fused) {
      return (llvm::any_of(fused.ops, isMatrixProduct) && !twins->isTwin(fused.root)) || isSeedPool(fused.root) ||
             isa<lm::CrossEntropyOp, lm::CrossEntropyInputGradientOp, lm::CrossEntropyWeightGradientOp, lm::GatedMemoryOp,
                 lm::ProductOp, lm::RowProductOp>(fused.root);
    };
    for (auto function : getOperation().getOps<FunctionOpInterface>()) {
      const LowRankTwins ofFunction(function);
      twins = &ofFunction;
      for (auto loss : llvm::to_vector(function.getFunctionBody().getOps<lm::CrossEntropyOp>()))
        if (lm::CrossEntropyInputGradientOp gradient = gradientInSameWalk(loss, *facts);
            gradient && failed(tileCrossEntropy(loss, *facts, gradient)))
          return signalPassFailure();
      for (LossGradients gradients : gradientsInChunks(function, *facts))
        tileInChunks(gradients, *facts);
      for (FusedOps &fused : fusedOps(function, hasProduct))
        if (failed(tile(fused, *facts, ofFunction)))
          return signalPassFailure();
      ofFunction.dropTwins();
      dropUnusedDecoding(function);
      dropUnusedNorms(function);
    }
  }

  // Norms whose readers all make them themselves.
  static void dropUnusedNorms(FunctionOpInterface function) {
    for (FusedOps &fused : fusedOps(function, [](const FusedOps &fused) { return fused.holds<lm::RmsNormOp>() || fused.holds<lm::LayerNormOp>(); }))
      if (fused.root->use_empty())
        fused.root->erase();
  }

  static LogicalResult tile(FusedOps &fused, tile::TargetAttr facts, const LowRankTwins &twins) {
    if (auto loss = dyn_cast<lm::CrossEntropyOp>(fused.root))
      return tileCrossEntropy(loss, facts);
    if (auto gradient = dyn_cast<lm::CrossEntropyInputGradientOp>(fused.root))
      return tileCrossEntropyGradient(gradient, facts);
    if (auto gradient = dyn_cast<lm::CrossEntropyWeightGradientOp>(fused.root))
      return tileCrossEntropyGradient(gradient, facts);
    if (auto product = dyn_cast<lm::RowProductOp>(fused.root))
      return tileRowProduct(product, facts);
    if (auto product = dyn_cast<lm::ProductOp>(fused.root); product && !isMatrixProduct(product))
      return tileHeadProduct(product, facts);
    if (auto memory = dyn_cast<lm::GatedMemoryOp>(fused.root))
      return tileGatedMemory(memory, facts);
    if (isSeedPool(fused.root))
      return tileSeedPool(cast<lm::ChunkPoolOp>(fused.root), facts);
    return LinearTiler(fused, facts, &twins).tile();
  }

  static bool isSeedPool(Operation *op) {
    auto pool = dyn_cast<lm::ChunkPoolOp>(op);
    return pool && pool.getPool() == lm::Pool::pma;
  }

  // Keys and values are products like any other; the seeds attend to them in a kernel of their own.
  static LogicalResult tileSeedPool(lm::ChunkPoolOp op, tile::TargetAttr facts) {
    OpBuilder builder(op);
    auto x = cast<RankedTensorType>(op.getX().getType());
    int64_t width = cast<RankedTensorType>(op.getSeeds().getType()).getDimSize(1);
    auto type = RankedTensorType::get({x.getDimSize(0), width}, builder.getF32Type());
    for (Value weight : {op.getWk(), op.getWv()})
      if (tileElement(weight) != x.getElementType())
        return op.emitOpError("expected weights of the element type of ") << x << ", got " << weight.getType();
    auto product = [&](Value weight) {
      return lm::LinearOp::create(builder, op.getLoc(), type, op.getX(), weight, /*bias=*/Value());
    };
    lm::LinearOp products[] = {product(op.getWk()), product(op.getWv())};
    FailureOr<Value> pooled = buildSeedPool(op, products[0].getResult(), products[1].getResult(), facts);
    if (failed(pooled))
      return failure();
    op.replaceAllUsesWith(*pooled);
    op.erase();
    for (lm::LinearOp product : products) {
      FusedOps fused(product);
      if (failed(LinearTiler(fused, facts).tile()))
        return failure();
    }
    return success();
  }

  // Decoded and widened weights that kernels now read as they are stored.
  static void dropUnusedDecoding(FunctionOpInterface function) {
    SmallVector<Operation *> unused;
    function->walk([&](Operation *op) {
      if (isa<lm::DequantizeOp, lm::RoundOp>(op) && op->use_empty())
        unused.push_back(op);
    });
    for (Operation *op : unused)
      op->erase();
  }
};

} // namespace
} // namespace longc
