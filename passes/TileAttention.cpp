// Groups with attention become kernels: every source a loop of one online softmax, epilogue on the block's result.
#include "passes/AttentionGradientKernel.h"
#include "passes/AttentionKernel.h"
#include "passes/FunctionInputs.h"
#include "passes/Passes.h"
#include "passes/RowTiles.h"
#include "passes/TargetFacts.h"

#include "mlir/IR/Remarks.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace longc {
#define GEN_PASS_DEF_TILEATTENTIONPASS
#include "passes/Passes.h.inc"

namespace {

// Heads that are columns of a product of several, cut out of it and put apart: what they are read from where they lie.
struct HeadColumns {
  Value of;
  int64_t begin;
};

std::optional<HeadColumns> columnsOf(Value heads) {
  Operation *maker = heads.getDefiningOp();
  if (!isa_and_nonnull<lm::GroupOp, lm::SplitHeadsOp>(maker))
    return std::nullopt;
  const FusedOps ops(maker);
  auto split = ops.results[cast<OpResult>(heads).getResultNumber()].getDefiningOp<lm::SplitHeadsOp>();
  auto slice = split ? split.getX().getDefiningOp<lm::SliceColumnsOp>() : lm::SliceColumnsOp();
  if (!slice || ops.isInside(slice.getX()))
    return std::nullopt;
  return HeadColumns{slice.getX(), static_cast<int64_t>(slice.getBegin())};
}

class AttentionTiler {
public:
  AttentionTiler(FusedOps &fused, tile::TargetAttr facts) : fused_(fused), facts_(facts) {}
  LogicalResult tile();

private:
  static bool isAttention(Operation *op) {
    return isa<lm::PackedAttentionOp, lm::WindowAttentionOp, lm::KnnAttentionOp>(op);
  }
  // Attention ops in order, all of whose results one merge joins unless there is one alone.
  LogicalResult collect();
  FailureOr<SmallVector<AttentionSource>> sourcesOf(Operation *op, ImplicitLocOpBuilder &host);
  void readColumns(AttentionSource &source);
  void eraseWithColumns();
  bool splitsKeys(ArrayRef<AttentionSource> sources);
  Value splitsFor(ImplicitLocOpBuilder &host, ArrayRef<AttentionSource> sources, const AttentionSizes &sizes);
  AttentionParts runSplits(StringRef name, Value list, ArrayRef<AttentionSource> sources);
  LogicalResult epilogue(KernelBuilder &kernel, AttentionKernel &attention, SmallVectorImpl<OpResult> &stored);
  void storeHeads(KernelBuilder &kernel, AttentionKernel &attention, Value tile, Value view, int64_t columnsOfHead);

  FusedOps &fused_;
  tile::TargetAttr facts_;
  SmallVector<Operation *> attentions_;
  Operation *joined_ = nullptr; // whose results are the softmax of all sources
  AttentionSizes sizes_;
  tile::FewRowsAttr few_; // where blocks of one query are not those of heads that are folded
  Value rows_; // whose rows are the queries'
};

LogicalResult AttentionTiler::collect() {
  for (Operation *op : fused_.ops)
    if (isAttention(op))
      attentions_.push_back(op);
  auto merges = fused_.all<lm::MergeAttentionOp>();
  if (merges.empty() && attentions_.size() == 1) {
    joined_ = attentions_.front();
    return success();
  }
  if (merges.size() != 1)
    return fused_.root->emitOpError("expected one merge of all attention in a group, got ") << merges.size();
  joined_ = merges.front();
  for (Value part : merges.front().getOuts())
    if (!llvm::is_contained(attentions_, part.getDefiningOp()))
      return joined_->emitOpError("expected attention of this group as parts of the merge");
  auto batch = [](Operation *op) {
    auto packed = dyn_cast<lm::PackedAttentionOp>(op);
    return packed ? std::pair<Value, Value>(packed.getCuQ(), packed.getCuK()) : std::pair(op->getOperand(2), Value());
  };
  for (Operation *op : attentions_)
    if (batch(op) != batch(attentions_.front()))
      return op->emitOpError("expected the ragged batch of the group's first attention");
  return success();
}

FailureOr<SmallVector<AttentionSource>> AttentionTiler::sourcesOf(Operation *op, ImplicitLocOpBuilder &host) {
  if (auto packed = dyn_cast<lm::PackedAttentionOp>(op)) {
    SmallVector<AttentionSource> sources = packedSources(packed);
    if (sources.size() == 1)
      readColumns(sources.front());
    return sources;
  }
  AttentionSource source;
  source.query = op->getOperand(0);
  StateTensors state = stateTensors(host, op->getOperand(1));
  source.keys = state.keys;
  source.values = state.values;
  if (auto window = dyn_cast<lm::WindowAttentionOp>(op)) {
    source.layout = AttentionSource::Ring;
    source.ring = ringRows(host, state);
    source.causal = true;
    source.window = window.getWindow();
    source.scale = window.getScale();
    source.softCap = window.getSoftCap();
    return SmallVector{source};
  }
  auto memory = cast<lm::KnnAttentionOp>(op);
  if (memory.getGranularity() != lm::Granularity::token)
    return op->emitOpError("selects blocks of entries: no kernel does; use granularity token"), failure();
  if (memory.getPositionPolicy() != lm::PositionPolicy::raw)
    return op->emitOpError("re-bases positions: no kernel does; use position policy raw"), failure();
  if (memory.getIndices() && !memory.getIndices().use_empty())
    return op->emitOpError("is asked for the chosen indices: no kernel returns them"), failure();
  source.layout = AttentionSource::Pages;
  source.pageTable = state.pageTable;
  source.temperature = memory.getTemperature();
  source.topk = memory.getTopk();
  source.scale = memory.getScale();
  source.cosine = memory.getSimilarity() == lm::Similarity::cosine;
  return SmallVector{source};
}

// An encoder's queries, keys and values are columns of one product: they are read there. Targets that fold heads load several of a query at once,
// and those that copy tiles ahead want each head's rows as a box of their own.
void AttentionTiler::readColumns(AttentionSource &source) {
  if (sizes_.fold || facts_.getCopiedCols() > 0)
    return;
  auto query = columnsOf(source.query), keys = columnsOf(source.keys), values = columnsOf(source.values);
  if (!query || !keys || !values)
    return;
  source.query = rows_ = query->of, source.queryColumn = query->begin;
  source.keys = keys->of, source.keyColumn = keys->begin;
  source.values = values->of, source.valueColumn = values->begin;
}

// Stores a tile whose rows are tokens and whose columns are `columnsOfHead` for each head of the block.
void AttentionTiler::storeHeads(KernelBuilder &kernel, AttentionKernel &attention, Value tile, Value view,
                                int64_t columnsOfHead) {
  Value column = kernel.mul(attention.firstHead(), columnsOfHead);
  if (sizes_.columns)
    column = kernel.add(column, attention.firstColumn());
  kernel.store(tile, view, {attention.queryBegin(), column}, attention.queryBegin(), attention.queryEnd());
}

// What follows the softmax, on the block's own heads: merging of heads, rounding, quantisation.
LogicalResult AttentionTiler::epilogue(KernelBuilder &kernel, AttentionKernel &attention,
                                       SmallVectorImpl<OpResult> &stored) {
  ImplicitLocOpBuilder &b = kernel.body();
  int64_t queries = sizes_.queries, heads = attention.headsOfBlock(), size = attention.columns();
  llvm::DenseMap<Value, Value> tiles; // all of shape [queries, columns]
  auto rounded = [&](Value tile, Value value) { return kernel.converted(tile, tileElement(value)); };
  tiles[joined_->getResult(0)] =
      rounded(kernel.reshape(attention.out(), {queries, heads * size}), joined_->getResult(0));
  for (Operation *op : fused_.ops) {
    if (isAttention(op) || op == joined_ || isa<lm::ParameterRefOp>(op))
      continue;
    b.setLoc(op->getLoc());
    Value source = op->getNumOperands() == 1 ? tiles.lookup(op->getOperand(0)) : Value();
    if (!source || !isa<lm::MergeHeadsOp, lm::RoundOp, lm::QuantizeOp>(op))
      return op->emitOpError("cannot be part of an attention kernel's epilogue");
    if (isa<lm::QuantizeOp>(op)) {
      const int64_t scaleBlocks = static_cast<int64_t>(cast<lm::QuantizeOp>(op).getScaleBlocks());
      if (size % (32 * scaleBlocks) != 0)
        return op->emitOpError("expected a head size that is a multiple of ") << 32 * scaleBlocks << " in an epilogue, got " << size;
      Type blocks = tileType({queries, heads * size / 32}, b.getF32Type());
      auto encode = tile::EncodeOp::create(
          b, tileType({queries, heads * size}, cast<RankedTensorType>(op->getResult(0).getType()).getElementType()),
          blocks, blocks, source, scaleBlocks);
      for (auto [result, tile] : llvm::zip(op->getResults(), encode.getResults()))
        tiles[result] = tile;
    } else {
      tiles[op->getResult(0)] = rounded(source, op->getResult(0));
    }
  }

  for (auto [result, inner] : llvm::zip(fused_.root->getResults(), fused_.results)) {
    if (result.use_empty())
      continue;
    stored.push_back(result);
    ImplicitLocOpBuilder &host = kernel.host();
    Value rows = rows_;
    if (inner == joined_->getResult(1)) {
      // Token by token here, so that a block's rows end with its sequence; turned around afterwards.
      auto type = cast<RankedTensorType>(inner.getType());
      auto turned = RankedTensorType::get({type.getDimSize(1), type.getDimSize(0)}, type.getElementType());
      Value view = kernel.output(emptyResult(host, turned, rows));
      storeHeads(kernel, attention, kernel.reshape(attention.lse(), {queries, heads}), view, 1);
      continue;
    }
    Value tile = tiles.lookup(inner);
    if (!tile)
      return fused_.root->emitOpError("yields a partial result, which the joint softmax does not have");
    Value view = kernel.output(emptyResult(host, inner.getType(), rows));
    if (cast<RankedTensorType>(inner.getType()).getRank() == 2) {
      storeHeads(kernel, attention, tile, view, tileShape(tile)[1] / heads * (sizes_.headSize / size));
      continue;
    }
    Value offsets[] = {attention.queryBegin(), attention.firstHead(), attention.firstColumn()};
    SmallVector<int64_t> shape = {queries, heads, size}, dropped;
    if (heads == 1)
      shape = {queries, size}, dropped = {1};
    kernel.store(kernel.reshape(tile, shape), view, offsets, attention.queryBegin(), attention.queryEnd(), dropped);
  }
  return success();
}

// lse [T, H] as the [H, T] that the op promises.
Value transposed(Operation *anchor, Value source, Type type, int64_t streamRows) {
  int64_t heads = cast<RankedTensorType>(type).getDimSize(0), tokens = cast<RankedTensorType>(type).getDimSize(1);
  KernelBuilder kernel(anchor, "transpose_" + std::to_string(heads), 1);
  int64_t rows = fitTile(streamRows, tokens, 1);
  Value row = kernel.mul(kernel.gridIndex(0), rows), zero = kernel.index(0);
  Value tile = kernel.transpose(kernel.load(kernel.input(source), {rows, heads}, {row, zero}));
  kernel.store(tile, kernel.output(emptyResult(kernel.host(), type, source)), {zero, row});
  return kernel.finish(hostBlocks(kernel.host(), source, 0, rows)).getResult(0);
}

// Blocks of one query token are too few to fill a machine, and all of a block's rows see the same keys. A selection of
// the best keys needs all of them in one place.
bool AttentionTiler::splitsKeys(ArrayRef<AttentionSource> sources) {
  if (sizes_.queries > 1)
    return false;
  bool selects = llvm::any_of(sources, [](const AttentionSource &source) { return source.topk > 0; });
  if (llvm::any_of(sources, [](const AttentionSource &source) { return source.layout == AttentionSource::Others; }))
    return false; // how many keys those have is known inside the walk alone
  if (selects)
    remark::missed(fused_.root->getLoc(), remark::RemarkOpts::name("longc-tile-attention").category("longc-splitting"))
        << "keys not split: the best of all cannot be told from a part of them";
  return !selects;
}

// As many ranges as there can be tiles of keys, two of them to a range, within what parts have room for: it changes when memory outgrows its
// page table, not with each token.
Value AttentionTiler::splitsFor(ImplicitLocOpBuilder &host, ArrayRef<AttentionSource> sources, const AttentionSizes &sizes) {
  auto constant = [&](int64_t value) -> Value { return arith::ConstantIndexOp::create(host, value); };
  Value most = constant(1);
  for (const AttentionSource &source : sources) {
    Value keys = source.layout == AttentionSource::Ring    ? source.ring
                 : source.layout == AttentionSource::Pages ? Value(arith::MulIOp::create(host, hostSize(host, source.pageTable, 1), constant(pageRows)))
                                                           : hostSize(host, source.keys, 0);
    most = arith::MaxSIOp::create(host, most, keys);
  }
  return arith::MinSIOp::create(host, arith::CeilDivSIOp::create(host, most, constant(2 * sizes.keys)), constant(sizes.splits));
}

// Launches the kernel that leaves one part a split, and settles what tiles of keys and how many splits it has.
AttentionParts AttentionTiler::runSplits(StringRef name, Value list, ArrayRef<AttentionSource> sources) {
  KernelBuilder kernel(fused_.root, (name + "_split").str(), 3);
  ImplicitLocOpBuilder &host = kernel.host();
  auto query = cast<RankedTensorType>(attentions_.front()->getOperand(0).getType());
  auto part = [&](ArrayRef<int64_t> columns, Type element) {
    SmallVector<int64_t> shape = {query.getDimSize(0)};
    shape.append(columns.begin(), columns.end());
    return emptyResult(host, RankedTensorType::get(shape, element), attentions_.front()->getOperand(0));
  };
  Type f32 = host.getF32Type();
  if (few_) {
    sizes_.keys = std::min(sizes_.keys, few_.getKeys());
    sizes_.splitsOfCall = splitsFor(host, sources, sizes_);
  }
  AttentionSizes sizes = sizes_;
  const int64_t group = sizes_.heads / sizes_.keyHeads;
  sizes.fold = group > 1 && (sizes_.fold || (few_ && group <= few_.getHeads())); // keys are read once for all
  int64_t blocks = AttentionKernel::headBlocks(sizes);
  AttentionParts parts{part({sizes.splits, sizes_.heads, sizes_.headSize}, f32), part({sizes.splits, sizes_.heads}, f32),
                       part({sizes.splits, sizes_.heads}, f32)};
  AttentionKernel(kernel, sizes, list).runSplit(sources, parts);
  Value splits = sizes.splitsOfCall ? sizes.splitsOfCall : Value(arith::ConstantIndexOp::create(host, sizes.splits));
  Value grid[] = {hostSize(host, list, 0), arith::ConstantIndexOp::create(host, blocks), splits};
  tile::LaunchOp launch = kernel.finish(grid);
  return {launch.getResult(0), launch.getResult(1), launch.getResult(2)};
}

LogicalResult AttentionTiler::tile() {
  if (failed(collect()))
    return failure();
  rows_ = attentions_.front()->getOperand(0);
  auto query = cast<RankedTensorType>(rows_.getType());
  sizes_.heads = query.getDimSize(1);
  sizes_.headSize = query.getDimSize(2);
  sizes_.keyHeads = llvm::TypeSwitch<Operation *, int64_t>(attentions_.front())
                        .Case<lm::PackedAttentionOp>(
                            [](auto op) { return cast<RankedTensorType>(op.getK().getType()).getDimSize(1); })
                        .Case<lm::WindowAttentionOp>([](auto op) { return op.getCache().getType().getHeads(); })
                        .Case<lm::KnnAttentionOp>([](auto op) { return op.getMemory().getType().getHeads(); });
  sizes_.queries = hasOneToken(fused_.root) ? 1 : fitTile(facts_.getAttentionRows(), query.getDimSize(0), 1);
  sizes_.keys = facts_.getAttentionCols();
  sizes_.fold = facts_.getFoldHeads() && sizes_.heads > sizes_.keyHeads;
  few_ = sizes_.fold ? tile::FewRowsAttr() : facts_.getFewRows();
  sizes_.splits = facts_.getKeySplits();
  if (pageRows % sizes_.keys != 0)
    return fused_.root->emitOpError("expected attention_cols to divide a page of ")
           << pageRows << " rows, got " << sizes_.keys;

  auto packed = dyn_cast<lm::PackedAttentionOp>(attentions_.front());
  Value list = packed ? workList(fused_.root, packed.getCuQ(), packed.getCuK(), sizes_.queries)
                      : workList(fused_.root, attentions_.front()->getOperand(2), {}, sizes_.queries);
  ImplicitLocOpBuilder before(fused_.root->getLoc(), fused_.root);
  SmallVector<AttentionSource> sources;
  for (Operation *op : attentions_) {
    auto next = sourcesOf(op, before);
    if (failed(next))
      return failure();
    sources.append(*next);
  }
  std::string shape = std::to_string(sizes_.heads) + "x" + std::to_string(sizes_.headSize);
  std::string name = fused_.kernelName(attentions_.front()->getOperand(0), shape);
  std::optional<AttentionParts> parts;
  if (splitsKeys(sources))
    parts = runSplits(name, list, sources);
  const bool asksForSums = llvm::any_of(llvm::zip(fused_.root->getResults(), fused_.results),
                                        [&](auto pair) { return !std::get<0>(pair).use_empty() && std::get<1>(pair) == joined_->getResult(1); });
  if (parts && few_) {
    if (sizes_.headSize % few_.getHeadCols() == 0 && !asksForSums && !fused_.holds<lm::QuantizeOp>()) // those are of a whole head
      sizes_.columns = few_.getHeadCols();
    const int64_t ofHead = sizes_.columns ? few_.getSplits() : llvm::bit_floor<uint64_t>(few_.getSplits() * few_.getHeadCols() / sizes_.headSize);
    sizes_.together = std::min(sizes_.splits, ofHead);
  }
  KernelBuilder kernel(fused_.root, parts ? name + "_merge" : name, sizes_.columns ? 3 : 2);
  AttentionKernel attention(kernel, sizes_, list);
  if (parts)
    attention.merge(sources, *parts);
  else
    attention.run(sources);
  SmallVector<OpResult> stored;
  if (failed(epilogue(kernel, attention, stored)))
    return failure();
  ImplicitLocOpBuilder &host = kernel.host();
  SmallVector<Value> grid = {hostSize(host, list, 0), arith::ConstantIndexOp::create(host, AttentionKernel::headBlocks(sizes_))};
  if (sizes_.columns)
    grid.push_back(arith::ConstantIndexOp::create(host, sizes_.headSize / sizes_.columns));
  tile::LaunchOp launch = kernel.finish(grid);
  for (auto [number, result] : llvm::enumerate(stored)) {
    Value value = launch.getResult(number);
    if (value.getType() != result.getType() || fused_.results[result.getResultNumber()] == joined_->getResult(1))
      value = transposed(fused_.root, value, result.getType(), facts_.getStreamRows());
    result.replaceAllUsesWith(value);
  }
  eraseWithColumns();
  return success();
}

// The attention, and what cut out heads that it reads where they lie, unless others want them.
void AttentionTiler::eraseWithColumns() {
  llvm::SetVector<Operation *> makers;
  auto addMakers = [&](Operation *op) {
    for (Value operand : op->getOperands())
      if (Operation *maker = operand.getDefiningOp(); isa_and_nonnull<lm::GroupOp, lm::SplitHeadsOp, lm::SliceColumnsOp>(maker))
        makers.insert(maker);
  };
  for (Operation *op : attentions_)
    addMakers(op);
  fused_.root->erase();
  for (size_t at = 0; at < makers.size(); ++at)
    if (makers[at]->use_empty()) {
      addMakers(makers[at]);
      makers[at]->erase();
    }
}

struct TileAttentionPass : impl::TileAttentionPassBase<TileAttentionPass> {
  void runOnOperation() override {
    FailureOr<tile::TargetAttr> facts = targetFacts(getOperation());
    if (failed(facts))
      return signalPassFailure();
    auto hasAttention = [](const FusedOps &fused) {
      return fused.holds<lm::PackedAttentionOp, lm::WindowAttentionOp, lm::KnnAttentionOp>();
    };
    for (auto function : getOperation().getOps<FunctionOpInterface>()) {
      for (FusedOps &fused : fusedOps(function, hasAttention))
        if (failed(AttentionTiler(fused, *facts).tile()))
          return signalPassFailure();
      for (FusedOps &fused : fusedOps(function, isGradient))
        if (failed(tileGradient(fused.root, *facts)))
          return signalPassFailure();
    }
  }

  static bool isGradient(const FusedOps &fused) {
    return isa<lm::AttentionQueryGradientOp, lm::AttentionKeyGradientOp>(fused.root);
  }

  static LogicalResult tileGradient(Operation *op, tile::TargetAttr facts) {
    if (auto queries = dyn_cast<lm::AttentionQueryGradientOp>(op))
      return tileAttentionGradient(queries, facts);
    return tileAttentionGradient(cast<lm::AttentionKeyGradientOp>(op), facts);
  }
};

} // namespace
} // namespace longc
