// Groups of row-wise ops become kernels whose blocks own some rows each.
//
// Rows are independent, so the grid is plain rows, and parts of rows where all is element-wise and a part is enough for the threads of a block that
// is a few of them; with an append the grid is a work list, because where a row is
// stored depends on the sequence it belongs to; with a pool a block is one chunk. In decoding on targets that are idle with a block a row,
// a row with appends has a block for each of what is stored, and of heads that are columns of a product for each of those.
#include "passes/AttentionKernel.h"
#include "passes/FunctionInputs.h"
#include "passes/Passes.h"
#include "passes/RowTiles.h"
#include "passes/TargetFacts.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace longc {
#define GEN_PASS_DEF_TILESTREAMINGPASS
#include "passes/Passes.h.inc"

namespace {

class StreamingTiler {
public:
  /// `columns`: of a part of a row that a block owns; 0: all.
  StreamingTiler(FusedOps &fused, int64_t streamRows, bool sharesRow, int64_t columns = 0)
      : fused_(fused), pool_(findPool(fused)),
        rows_(pool_ ? Value(pool_.getResult()) : fused.rowSource(fused.results.front())), streamRows_(streamRows),
        blockRows_(pool_ ? static_cast<int64_t>(pool_.getTokensPerChunk())
                         : fitTile(streamRows, cast<RankedTensorType>(rows_.getType()).getDimSize(0), 1)),
        segments_(findSegments(fused)), columns_(columns), parts_(sharesRow ? partsOf(fused) : 1),
        heads_(parts_ > 1 ? headsOf(fused) : 0), kernel_(fused.root, fused.kernelName(rows_, sizes(fused)), heads_ > 0 ? 3 : parts_ > 1 || columns > 0 ? 2 : 1) {}

  LogicalResult tile();

private:
  // An append and the tensors it writes.
  struct Append {
    Operation *op;
    StateTensors state;
    Value keys, values, place; // in the kernel
    unsigned firstResult;
  };

  static Value findSegments(FusedOps &fused) {
    for (Operation *op : fused.ops)
      if (isa<lm::CacheAppendOp, lm::MemoryAppendOp>(op))
        return op->getOperand(3);
    return {};
  }

  static lm::ChunkPoolOp findPool(FusedOps &fused) {
    auto pools = fused.all<lm::ChunkPoolOp>();
    return pools.empty() ? lm::ChunkPoolOp() : pools.front();
  }

  static std::string sizes(FusedOps &fused) {
    std::string text;
    for (Value result : fused.results)
      if (auto type = dyn_cast<RankedTensorType>(result.getType())) {
        for (int64_t size : type.getShape().drop_front())
          text += (text.empty() ? "" : "x") + std::to_string(size);
        break;
      }
    return text;
  }

  // What is stored of a row, where parts of it go to states: each append and each result.
  static int64_t partsOf(FusedOps &fused) {
    const auto isAppend = llvm::IsaPred<lm::CacheAppendOp, lm::MemoryAppendOp>;
    int64_t parts = llvm::count_if(fused.ops, isAppend);
    for (auto [result, inner] : llvm::zip(fused.root->getResults(), fused.results))
      parts += !result.use_empty() && isa<RankedTensorType>(inner.getType());
    return llvm::none_of(fused.ops, isAppend) || fused.holds<lm::ScatterRowsOp>() ? 1 : parts;
  }

  // Most heads of a value, where all that is done with a row's heads are rotations and appends, and they are columns of what lies outside; else 0.
  static int64_t headsOf(FusedOps &fused) {
    int64_t heads = 0;
    for (Operation *op : fused.ops) {
      if (auto slice = dyn_cast<lm::SliceColumnsOp>(op)) {
        if (fused.isInside(slice.getX()) || !llvm::all_of(slice->getUsers(), llvm::IsaPred<lm::SplitHeadsOp>))
          return 0;
      } else if (auto split = dyn_cast<lm::SplitHeadsOp>(op)) {
        if (fused.isInside(split.getX()) && !split.getX().getDefiningOp<lm::SliceColumnsOp>())
          return 0;
        heads = std::max(heads, headsOf(split.getResult()));
      } else if (!isa<lm::ApplyRopeOp, lm::CacheAppendOp, lm::MemoryAppendOp, lm::RoundOp>(op) || hasHeadsFromOutside(fused, op)) {
        return 0;
      }
    }
    return heads;
  }

  static bool hasHeadsFromOutside(FusedOps &fused, Operation *op) {
    return llvm::any_of(op->getOperands(), [&](Value operand) {
      auto type = dyn_cast<RankedTensorType>(operand.getType());
      return type && type.getRank() == 3 && !fused.isInside(operand);
    });
  }

  static int64_t headsOf(Value value) { return cast<RankedTensorType>(value.getType()).getDimSize(1); }

  using Part = llvm::function_ref<LogicalResult(RowTiles &)>;
  LogicalResult forPart(const RowWindow &window, Value heads, Part store);
  LogicalResult emitAll(RowTiles &tiles);
  RowWindow window();
  Value blocks();
  Value emptyRows(Type type);
  Value overwritable(Value tensor);

  FusedOps &fused_;
  lm::ChunkPoolOp pool_; // null without
  Value rows_;           // what has as many rows as the results
  int64_t streamRows_, blockRows_;
  Value segments_; // of the appends, null without
  int64_t columns_;
  int64_t parts_;  // blocks that a row has, each of which stores one
  int64_t heads_;  // blocks that a part has; 0: one for all heads
  int64_t part_ = 0;
  KernelBuilder kernel_;
  Value list_;
  SmallVector<Append> appends_;
};

RowWindow StreamingTiler::window() {
  RowWindow window;
  window.rows = blockRows_;
  if (!segments_) {
    window.row = kernel_.mul(kernel_.gridIndex(0), blockRows_);
    if (columns_ > 0) {
      window.column = kernel_.mul(kernel_.gridIndex(1), columns_);
      window.columns = columns_;
      window.width = cast<RankedTensorType>(rows_.getType()).getDimSize(1);
    }
    return window;
  }
  list_ = workList(fused_.root, segments_, {}, blockRows_);
  Value view = kernel_.input(list_);
  auto item = [&](int64_t column) { return kernel_.scalar(view, {kernel_.gridIndex(0), kernel_.index(column)}); };
  window.row = window.lo = item(WorkColumn::queryBegin);
  window.hi = item(WorkColumn::queryEnd);
  window.diagonal = item(WorkColumn::diagonal);
  window.slot = item(WorkColumn::slot);
  if (heads_ > 0)
    window.head = kernel_.gridIndex(2);
  return window;
}

Value StreamingTiler::blocks() {
  ImplicitLocOpBuilder &host = kernel_.host();
  if (list_)
    return hostSize(host, list_, 0);
  if (!pool_)
    return hostBlocks(host, rows_, 0, blockRows_);
  return arith::SubIOp::create(host, hostSize(host, pool_.getCuSeqlens(), 0), arith::ConstantIndexOp::create(host, 1));
}

// An uninitialised result.
Value StreamingTiler::emptyRows(Type type) {
  auto tensor = cast<RankedTensorType>(type);
  if (!pool_ || tensor.hasStaticShape())
    return emptyResult(kernel_.host(), type, rows_);
  ImplicitLocOpBuilder &host = kernel_.host();
  Value kept = arith::ConstantIndexOp::create(host, blockRows_);
  Value rows = arith::MulIOp::create(host, blocks(), kept);
  return tensor::EmptyOp::create(host, tensor, ValueRange(rows));
}

// A tensor with these contents that a launch may write over: the tensor itself where nobody else reads it.
Value StreamingTiler::overwritable(Value tensor) {
  if (tensor.hasOneUse() && tensor.getDefiningOp<tile::LaunchOp>())
    return tensor;
  auto type = cast<RankedTensorType>(tensor.getType());
  KernelBuilder copy(fused_.root, "copy_" + std::to_string(type.getDimSize(1)), 1);
  int64_t rows = fitTile(streamRows_, type.getDimSize(0), 1);
  Value offsets[] = {copy.mul(copy.gridIndex(0), rows), copy.index(0)};
  Value tile = copy.load(copy.input(tensor), {rows, type.getDimSize(1)}, offsets);
  copy.store(tile, copy.output(emptyResult(copy.host(), type, tensor)), offsets);
  return copy.finish(hostBlocks(copy.host(), tensor, 0, rows)).getResult(0);
}

LogicalResult StreamingTiler::emitAll(RowTiles &tiles) {
  for (Operation *op : fused_.ops)
    if (!isa<lm::CacheAppendOp, lm::MemoryAppendOp, lm::ParameterRefOp, lm::ScatterRowsOp>(op) && failed(tiles.emit(op)))
      return failure();
  return success();
}

// A block of its own for what is stored, where a row has several: what others need is not computed there.
LogicalResult StreamingTiler::forPart(const RowWindow &window, Value heads, Part store) {
  ImplicitLocOpBuilder &b = kernel_.body();
  Value mine = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, kernel_.gridIndex(1), kernel_.index(part_++));
  if (window.head && headsOf(heads) < heads_)
    mine = arith::AndIOp::create(b, mine, arith::CmpIOp::create(b, arith::CmpIPredicate::slt, window.head, kernel_.index(headsOf(heads))));
  LogicalResult done = failure();
  kernel_.when(mine, [&] {
    RowTiles tiles(kernel_, window);
    done = failed(emitAll(tiles)) ? failure() : store(tiles);
  });
  return done;
}

LogicalResult StreamingTiler::tile() {
  ImplicitLocOpBuilder &host = kernel_.host();
  const RowWindow rows = window();
  RowTiles whole(kernel_, rows);
  // State that appends write, and what tells them where; inputs come before outputs in the kernel's arguments.
  for (Operation *op : fused_.ops) {
    if (!isa<lm::CacheAppendOp, lm::MemoryAppendOp>(op))
      continue;
    Append append{op, stateTensors(host, op->getOperand(0)), {}, {}, {}, 0};
    bool cache = isa<lm::CacheAppendOp>(op);
    append.place = kernel_.input(cache ? ringRows(host, append.state) : append.state.pageTable);
    appends_.push_back(append);
  }
  if (parts_ == 1 && failed(emitAll(whole)))
    return failure();
  auto stored = [&](Value heads, Part store) { return parts_ == 1 ? store(whole) : forPart(rows, heads, store); };

  unsigned outputs = 0;
  for (Append &append : appends_) {
    append.firstResult = outputs;
    outputs += 2;
    if (failed(stored(append.op->getOperand(1), [&](RowTiles &tiles) {
          append.keys = kernel_.output(append.state.keys);
          append.values = kernel_.output(append.state.values);
          return tiles.emitAppend(append.op, append.keys, append.values, append.place);
        })))
      return failure();
  }
  SmallVector<std::pair<OpResult, unsigned>> results;
  for (auto [result, inner] : llvm::zip(fused_.root->getResults(), fused_.results)) {
    if (result.use_empty() || !isa<RankedTensorType>(inner.getType()))
      continue;
    results.push_back({result, outputs++});
    auto scatter = inner.getDefiningOp<lm::ScatterRowsOp>();
    if (scatter && fused_.root != scatter)
      return scatter.emitOpError("expected to be a kernel of its own: it writes rows of other blocks");
    Value value = inner;
    if (failed(stored(value, [&](RowTiles &tiles) {
          if (scatter)
            return tiles.emitScatter(scatter, kernel_.output(overwritable(scatter.getX())));
          tiles.store(value, kernel_.output(emptyRows(value.getType())));
          return success();
        })))
      return failure();
  }
  SmallVector<Value> grid = {blocks()};
  if (parts_ > 1)
    grid.push_back(arith::ConstantIndexOp::create(host, parts_));
  else if (columns_ > 0)
    grid.push_back(arith::ConstantIndexOp::create(host, rows.width / columns_));
  if (heads_ > 0)
    grid.push_back(arith::ConstantIndexOp::create(host, heads_));
  tile::LaunchOp launch = kernel_.finish(grid);
  for (auto [result, number] : results)
    result.replaceAllUsesWith(launch.getResult(number));
  for (Append &append : appends_) {
    Value parts[] = {launch.getResult(append.firstResult), launch.getResult(append.firstResult + 1),
                     append.state.pageTable};
    Value inner = append.op->getResult(0);
    Value state = UnrealizedConversionCastOp::create(host, inner.getType(), parts).getResult(0);
    for (auto [result, value] : llvm::zip(fused_.root->getResults(), fused_.results))
      if (value == inner)
        result.replaceAllUsesWith(state);
  }
  fused_.root->erase();
  return success();
}

struct TileStreamingPass : impl::TileStreamingPassBase<TileStreamingPass> {
  void runOnOperation() override {
    FailureOr<tile::TargetAttr> facts = targetFacts(getOperation());
    if (failed(facts))
      return signalPassFailure();
    for (auto function : getOperation().getOps<FunctionOpInterface>())
      for (FusedOps &fused : fusedOps(function, isStreaming))
        if (failed(tilerOf(fused, *facts, hasOneToken(function)).tile()))
          return signalPassFailure();
  }

  static StreamingTiler tilerOf(FusedOps &fused, tile::TargetAttr facts, bool hasOneToken) {
    const tile::FewRowsAttr few = facts.getFewRows();
    if (hasOneToken)
      return StreamingTiler(fused, 1, /*sharesRow=*/few != nullptr);
    if (const int64_t columns = few && facts.getStagingBytes() > 0 ? columnsOf(fused, few.getPartCols()) : 0)
      return StreamingTiler(fused, 1, /*sharesRow=*/false, columns);
    return StreamingTiler(fused, rowsOf(fused, facts), /*sharesRow=*/false);
  }

  // Columns of a part of a row where each number needs those of its own place alone: as many as a few threads have under way at once. 0: whole rows.
  static int64_t columnsOf(const FusedOps &fused, int64_t part) {
    int64_t width = 0;
    auto isOfWidth = [&](Value value) {
      auto type = dyn_cast<RankedTensorType>(value.getType());
      if (!type || type.getRank() != 2 || type.isDynamicDim(1) || (width > 0 && type.getDimSize(1) != width))
        return false;
      width = type.getDimSize(1);
      return true;
    };
    const bool isElementwise = llvm::all_of(fused.ops, [&](Operation *op) {
      return isa<lm::ElementwiseOpInterface>(op) && llvm::all_of(op->getOperands(), isOfWidth) && llvm::all_of(op->getResults(), isOfWidth);
    });
    return isElementwise && width > part && width % part == 0 ? part : 0;
  }

  // Whether all that is done with a row are numbers of it: a block that is a few threads holds it in registers.
  static bool isHeldRow(const FusedOps &fused, tile::FewRowsAttr few) {
    llvm::SmallSetVector<Value, 8> values(fused.results.begin(), fused.results.end());
    for (Operation *op : fused.ops)
      for (Value operand : op->getOperands())
        if (!fused.isInside(operand))
          values.insert(operand);
    int64_t numbers = 0;
    bool hasRows = false;
    for (Value value : values)
      if (auto type = dyn_cast<RankedTensorType>(value.getType()); type && type.getRank() > 0) {
        if (type.isDynamicDim(type.getRank() - 1))
          return false;
        hasRows |= type.getRank() == 2;
        numbers += type.getShape().back();
      }
    if (!hasRows || numbers > few.getRowNumbers())
      return false;
    auto isRow = [&](Value value) {
      auto type = dyn_cast<RankedTensorType>(value.getType());
      return !type || type.getRank() == 1 ||
             (type.getRank() == 2 && type.getDimSize(1) >= few.getShortestRow() && type.getDimSize(1) <= few.getLongestRow() && type.getDimSize(1) % 8 == 0);
    };
    return llvm::all_of(fused.ops, [&](Operation *op) {
      const bool isOfRow = isa<lm::ElementwiseOpInterface, lm::LayerNormGradientOp, lm::LayerNormOp, lm::ParameterRefOp, lm::RmsNormGradientOp, lm::RmsNormOp, lm::ScaleByOp>(op);
      return isOfRow && llvm::all_of(op->getOperands(), isRow) && llvm::all_of(op->getResults(), isRow);
    });
  }

  // Rows of a block: fewer of long rows where a block's fast memory holds them, so that several blocks have room in it.
  static int64_t rowsOf(const FusedOps &fused, tile::TargetAttr facts) {
    constexpr int64_t blocksAtOnce = 4, bytes = 4; // of a number
    int64_t rows = facts.getStreamRows(), width = 0;
    if (facts.getStagingBytes() == 0)
      return rows;
    if (facts.getFewRows() && isHeldRow(fused, facts.getFewRows()))
      return 1;
    for (Operation *op : fused.ops)
      for (Value operand : op->getOperands())
        if (auto type = dyn_cast<RankedTensorType>(operand.getType()); type && !fused.isInside(operand) && type.getRank() == 2 && !type.isDynamicDim(1))
          width += type.getDimSize(1);
    while (rows > 1 && rows * width * bytes * blocksAtOnce > facts.getStagingBytes())
      rows /= 2;
    return rows;
  }

  static bool isStreaming(const FusedOps &fused) {
    return !fused.results.empty() && llvm::any_of(fused.ops, RowTiles::isRowWise) &&
           llvm::all_of(fused.ops,
                        [](Operation *op) { return RowTiles::isRowWise(op) || isa<lm::ParameterRefOp>(op); });
  }
};

} // namespace
} // namespace longc
