// The attention-like skeleton.
//
// Scores are kept in units of log2: the factor log2(e) is folded into the scale, so that weights are exp2(s - max).
// Tiles of rings and pages are aligned to their size, so that a tile never wraps and never crosses a page; hidden
// columns are masked only in tiles on the diagonal or at an end of the visible range.
#include "passes/AttentionKernel.h"

#include "passes/AttentionGradientKernel.h"
#include "passes/OnlineSoftmax.h"
#include "passes/SequencePairs.h"

#include "mlir/Dialect/Math/IR/Math.h"

#include <limits>

using namespace mlir;

namespace longc {

namespace {
constexpr double log2e = 1.4426950408889634;
constexpr double ln2 = 0.6931471805599453;
constexpr double negativeInfinity = -std::numeric_limits<double>::infinity();
} // namespace

struct AttentionKernel::Walk {
  const AttentionSource &source;
  Value query, keys, values, table, ring;
  Value queryNorms;                 // cosine: reciprocal length of each query row
  Value begin, end;                 // keys [begin, end) that this block walks
  Value last;                       // end of the keys that its last query sees
  Value diagonal;                   // key index of the block's first query
  Value factor;                     // score factor in log2 units as a scalar, when it has a temperature
  Value thresholds, thresholdIndex; // top-k: score and index of each row's last selected entry
  // Place of the current tile in memory: its first row and the rows that may be read.
  Value row, lo, hi;
};

AttentionKernel::AttentionKernel(KernelBuilder &kernel, const AttentionSizes &sizes, Value workList)
    : kernel_(kernel), sizes_(sizes), rows_(sizes.queries * headsOfBlock()), workList_(kernel.input(workList)),
      head_(kernel.gridIndex(1)) {
  int64_t group = sizes.heads / sizes.keyHeads;
  firstHead_ = sizes.fold && group > 1 ? kernel.mul(head_, group) : head_;
  keyHead_ = sizes.fold || group == 1 ? head_ : kernel.div(head_, group);
  queryBegin_ = workItem(WorkColumn::queryBegin);
  queryEnd_ = workItem(WorkColumn::queryEnd);
}

Value AttentionKernel::workItem(int64_t column) {
  return kernel_.scalar(workList_, {kernel_.gridIndex(0), kernel_.index(column)});
}

// Rows of one head: of [rows, heads, D], or of [rows, C] whose heads begin at `column`.
Value AttentionKernel::loadHead(Value view, int64_t column, int64_t rows, Value row, Value head, Value lo, Value hi) {
  const int64_t shape[] = {rows, sizes_.headSize};
  if (cast<tile::ViewType>(view.getType()).getShape().size() == 3)
    return kernel_.load(view, shape, {row, head, kernel_.index(0)}, lo, hi, {1});
  return kernel_.load(view, shape, {row, kernel_.add(kernel_.mul(head, sizes_.headSize), kernel_.index(column))}, lo, hi);
}

Value AttentionKernel::loadQueries(Value hostQuery, int64_t column) {
  Value view = kernel_.input(hostQuery), zero = kernel_.index(0);
  if (headsOfBlock() == 1)
    return loadHead(view, column, sizes_.queries, queryBegin_, firstHead_, queryBegin_, queryEnd_);
  Value tile = kernel_.load(view, {sizes_.queries, headsOfBlock(), sizes_.headSize}, {queryBegin_, firstHead_, zero},
                            queryBegin_, queryEnd_);
  return kernel_.reshape(tile, {rows_, sizes_.headSize});
}

// Key index of the token of each row, as i32.
Value AttentionKernel::queryTokens() {
  if (queryTokens_)
    return queryTokens_;
  ImplicitLocOpBuilder &b = kernel_.body();
  Value row = kernel_.counted({rows_}, 0);
  if (headsOfBlock() > 1)
    row = arith::DivUIOp::create(b, row, kernel_.integers({rows_}, headsOfBlock()));
  return queryTokens_ = arith::AddIOp::create(b, row, kernel_.splat({rows_}, workItem(WorkColumn::diagonal)));
}

// The tile as f32 where what it is multiplied with is: a cache of bf16 may be asked by queries of f32.
Value AttentionKernel::widened(Value tile, Value beside) { return tileElement(tile) == tileElement(beside) ? tile : kernel_.widened(tile); }

Value AttentionKernel::inverseNorms(Value tile) {
  ImplicitLocOpBuilder &b = kernel_.body();
  tile = kernel_.widened(tile);
  Value sum = kernel_.reduce(tile::Reduction::add, arith::MulFOp::create(b, tile, tile), 1);
  // A zero row has no direction: its products are zero whatever the factor.
  sum = arith::MaximumFOp::create(b, sum, kernel_.constantTile(tileShape(sum), 1e-30));
  return math::RsqrtOp::create(b, sum);
}

// Which keys of the source the block sees.
AttentionKernel::Walk AttentionKernel::visible(const AttentionSource &source) {
  Walk walk{source};
  if (source.layout == AttentionSource::Others)
    return walk; // each pair has its own
  bool memory = source.layout == AttentionSource::Pages;
  walk.begin = workItem(memory ? WorkColumn::memoryBegin : WorkColumn::keyBegin);
  walk.end = workItem(memory ? WorkColumn::memoryEnd : WorkColumn::keyEnd);
  if (source.causal || source.window > 0)
    walk.diagonal = workItem(WorkColumn::diagonal);
  // Keys after the last query of the block are never visited, nor are keys before the first query's window.
  if (source.causal)
    walk.end = kernel_.min(walk.end, kernel_.add(walk.diagonal, kernel_.sub(queryEnd_, queryBegin_)));
  if (source.window > 0)
    walk.begin = kernel_.max(walk.begin, kernel_.sub(walk.diagonal, kernel_.index(source.window - 1)));
  walk.last = walk.end;
  return walk;
}

// Key index that the walk's first tile begins at.
Value AttentionKernel::firstTile(const Walk &walk) {
  if (walk.source.isPacked())
    return walk.begin;
  return kernel_.mul(kernel_.div(walk.begin, sizes_.keys), sizes_.keys);
}

// The keys that each split of the source takes, whole tiles, and how many splits it has keys for.
AttentionKernel::Share AttentionKernel::shareOf(const Walk &walk) {
  ImplicitLocOpBuilder &b = kernel_.body();
  Value length = kernel_.max(kernel_.sub(walk.end, firstTile(walk)), kernel_.index(0));
  Value splits = sizes_.splitsOfCall ? kernel_.input(sizes_.splitsOfCall) : kernel_.index(sizes_.splits);
  Value row = kernel_.mul(splits, sizes_.keys); // a tile for every split
  Value tiles = arith::DivUIOp::create(b, kernel_.add(length, kernel_.sub(row, kernel_.index(1))), row);
  Value keys = kernel_.mul(kernel_.max(tiles, kernel_.index(1)), sizes_.keys);
  return {keys, arith::CeilDivUIOp::create(b, length, keys)};
}

// Narrows the walk to the block's split; returns how many splits the source has keys for.
Value AttentionKernel::narrow(Walk &walk) {
  const Share share = shareOf(walk);
  Value begin = kernel_.add(firstTile(walk), arith::MulIOp::create(kernel_.body(), kernel_.gridIndex(2), share.keys));
  walk.begin = kernel_.max(walk.begin, begin);
  walk.end = kernel_.min(walk.end, kernel_.add(begin, share.keys));
  return share.splits;
}

// How many splits left a part: a merge knows it from its work list, before there are any.
Value AttentionKernel::splitsOf(ArrayRef<AttentionSource> sources) {
  Value count = kernel_.index(0);
  for (const AttentionSource &source : sources)
    count = kernel_.max(count, shareOf(visible(source)).splits);
  return count;
}

// What the loops over the source read.
void AttentionKernel::prepare(Walk &walk) {
  ImplicitLocOpBuilder &b = kernel_.body();
  const AttentionSource &source = walk.source;
  walk.query = loadQueries(source.query, source.queryColumn);
  walk.keys = kernel_.input(source.keys);
  walk.values = kernel_.input(source.values);
  if (source.cosine)
    walk.queryNorms = inverseNorms(walk.query);
  if (!source.isPacked() && !slot_)
    slot_ = workItem(WorkColumn::slot);
  if (source.layout == AttentionSource::Ring)
    walk.ring = kernel_.input(source.ring);
  if (source.layout == AttentionSource::Pages)
    walk.table = kernel_.input(source.pageTable);
  if (source.causal)
    queryTokens();
  if (source.temperature) {
    const bool one = cast<RankedTensorType>(source.temperature.getType()).getDimSize(0) == 1; // else one a token
    Value place = one ? kernel_.index(0) : queryBegin_;
    Value temperature = kernel_.scalar(kernel_.input(source.temperature), place);
    double constant = source.softCap > 0 ? source.scale : source.scale * log2e;
    walk.factor = arith::MulFOp::create(b, temperature,
                                        arith::ConstantOp::create(b, b.getF32FloatAttr(static_cast<float>(constant))));
  }
}

// Where the tile that begins at key index `key` lies; sets row, lo and hi.
Value AttentionKernel::placeTile(Walk &walk, Value key) {
  ImplicitLocOpBuilder &b = kernel_.body();
  switch (walk.source.layout) {
  case AttentionSource::Packed:
  case AttentionSource::Others:
    walk.row = key;
    walk.lo = walk.begin;
    walk.hi = walk.end;
    return walk.row;
  case AttentionSource::Ring: {
    Value base = arith::MulIOp::create(b, slot_, walk.ring);
    walk.row = kernel_.add(base, arith::RemUIOp::create(b, key, walk.ring));
    break;
  }
  case AttentionSource::Pages: {
    Value page = kernel_.scalar(walk.table, {slot_, kernel_.div(key, pageRows)});
    walk.row = kernel_.add(kernel_.mul(page, pageRows), kernel_.rem(key, pageRows));
    break;
  }
  }
  // Visible key indices of this tile, as rows of the store.
  Value shift = kernel_.sub(walk.row, key);
  walk.lo = kernel_.add(kernel_.max(walk.begin, key), shift);
  walk.hi = kernel_.add(kernel_.min(walk.end, kernel_.add(key, kernel_.index(sizes_.keys))), shift);
  return walk.row;
}

// Masked scores of the tile at `key`, in log2 units.
Value AttentionKernel::scores(Walk &walk, Value key) {
  ImplicitLocOpBuilder &b = kernel_.body();
  Value row = placeTile(walk, key);
  int64_t shape[] = {rows_, sizes_.keys};
  Value keys = loadHead(walk.keys, walk.source.keyColumn, sizes_.keys, row, keyHead_, walk.lo, walk.hi);
  if (walk.source.isPacked() && !walk.source.cosine)
    keys.getDefiningOp<tile::LoadOp>().setMasked(true); // hideUnseen hides the scores of a packed tile's hidden rows
  Value s = kernel_.multiplyRows(widened(walk.query, keys), widened(keys, walk.query));
  if (walk.source.cosine) {
    s = arith::MulFOp::create(b, s, kernel_.expand(walk.queryNorms, 1, sizes_.keys));
    s = arith::MulFOp::create(b, s, kernel_.expand(inverseNorms(keys), 0, rows_));
  }
  double cap = walk.source.softCap;
  Value factor = walk.factor ? kernel_.splat(shape, walk.factor)
                             : kernel_.constantTile(shape, cap > 0 ? walk.source.scale : walk.source.scale * log2e);
  s = arith::MulFOp::create(b, s, factor);
  if (cap > 0) {
    Value inside = arith::MulFOp::create(b, s, kernel_.constantTile(shape, 1.0 / cap));
    s = arith::MulFOp::create(b, math::TanhOp::create(b, inside), kernel_.constantTile(shape, cap * log2e));
  }
  return hideUnseen(walk, s, key);
}

// Scores with hidden columns at minus infinity; only tiles that have such columns pay for it.
Value AttentionKernel::hideUnseen(Walk &walk, Value s, Value key) {
  ImplicitLocOpBuilder &b = kernel_.body();
  const AttentionSource &source = walk.source;
  auto compare = [&](arith::CmpIPredicate predicate, Value lhs, Value rhs) -> Value {
    return arith::CmpIOp::create(b, predicate, lhs, rhs);
  };
  Value next = kernel_.add(key, kernel_.index(sizes_.keys));
  // Causal: a column after the first query's own key. Otherwise a column past the visible end.
  Value edge = source.causal ? compare(arith::CmpIPredicate::sgt, next, kernel_.add(walk.diagonal, kernel_.index(1)))
                             : compare(arith::CmpIPredicate::sgt, next, walk.end);
  if (!source.isPacked())
    edge = arith::OrIOp::create(b, edge, compare(arith::CmpIPredicate::slt, key, walk.begin));
  if (source.window > 0) {
    // The block's last query does not see the tile's first column.
    Value last = source.causal ? walk.last : kernel_.add(walk.diagonal, kernel_.sub(queryEnd_, queryBegin_));
    Value oldest = kernel_.sub(kernel_.sub(last, kernel_.index(1)), kernel_.index(source.window - 1));
    edge = arith::OrIOp::create(b, edge, compare(arith::CmpIPredicate::slt, key, oldest));
  }
  return kernel_.when(edge, s, [&]() -> Value {
    int64_t shape[] = {rows_, sizes_.keys};
    Value column = kernel_.counted(shape, 1, key), seen;
    auto require = [&](Value condition) { seen = seen ? Value(arith::AndIOp::create(b, seen, condition)) : condition; };
    Value token = walk.diagonal ? kernel_.expand(queryTokens(), 1, sizes_.keys) : Value();
    require(source.causal ? compare(arith::CmpIPredicate::sle, column, token)
                          : compare(arith::CmpIPredicate::slt, column, kernel_.splat(shape, walk.end)));
    if (source.window > 0)
      require(compare(arith::CmpIPredicate::sgt, column, arith::SubIOp::create(b, token, kernel_.integers(shape, source.window))));
    if (!source.isPacked())
      require(compare(arith::CmpIPredicate::sge, column, kernel_.splat(shape, walk.begin)));
    return arith::SelectOp::create(b, seen, s, kernel_.constantTile(shape, negativeInfinity));
  });
}

// First pass over a source with top-k: finds the score and index of each row's last selected entry.
void AttentionKernel::selectBest(Walk &walk) {
  ImplicitLocOpBuilder &b = kernel_.body();
  auto stateType = tile::TopkType::get(b.getContext(), rows_, walk.source.topk);
  Value empty = tile::TopkInitOp::create(b, stateType);
  Value best = kernel_.accumulate(firstTile(walk), walk.end, sizes_.keys, empty, [&](Value key, Value state) -> Value {
    return tile::TopkUpdateOp::create(b, stateType, state, scores(walk, key), key);
  });
  auto threshold = tile::TopkThresholdOp::create(b, tileType({rows_}, b.getF32Type()), tileType({rows_}, b.getI32Type()), best);
  walk.thresholds = threshold.getScores();
  walk.thresholdIndex = threshold.getIndices();
}

// One step of the online softmax.
AttentionKernel::Carried AttentionKernel::accumulate(Walk &walk, Value s, Carried carried) {
  ImplicitLocOpBuilder &b = kernel_.body();
  SoftmaxStep step = softmaxStep(kernel_, s, carried.maximum, carried.weight);
  Value values = loadHead(walk.values, walk.source.valueColumn, sizes_.keys, walk.row, keyHead_, walk.lo, walk.hi);
  Value p = kernel_.converted(step.weights, tileElement(values));
  Value scaled = arith::MulFOp::create(b, carried.sum, kernel_.expand(step.shrink, 1, sizes_.headSize));
  return {kernel_.multiply(p, values, scaled), step.maximum, step.sum};
}

// The scores of the entries that were selected; minus infinity for others.
Value AttentionKernel::selected(Walk &walk, Value s, Value key) {
  ImplicitLocOpBuilder &b = kernel_.body();
  int64_t shape[] = {rows_, sizes_.keys};
  Value limit = kernel_.expand(walk.thresholds, 1, sizes_.keys);
  Value column = kernel_.counted(shape, 1, key);
  Value last = kernel_.expand(walk.thresholdIndex, 1, sizes_.keys);
  Value better = arith::CmpFOp::create(b, arith::CmpFPredicate::UGT, s, limit); // a NaN stays: it is to show
  Value equal = arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, s, limit);
  Value earlier = arith::CmpIOp::create(b, arith::CmpIPredicate::sle, column, last);
  Value chosen = arith::OrIOp::create(b, better, arith::AndIOp::create(b, equal, earlier));
  return arith::SelectOp::create(b, chosen, s, kernel_.constantTile(shape, negativeInfinity));
}

// Emits the loop over the tiles of the source, or one over its sequences and their tiles.
SmallVector<Value> AttentionKernel::overTiles(Walk &walk, ValueRange carried, TileStep step) {
  auto tiles = [&](ValueRange initial) { return kernel_.loop(firstTile(walk), walk.end, sizes_.keys, initial, step); };
  if (walk.source.layout != AttentionSource::Others)
    return tiles(carried);
  SequencePairs pairs(kernel_, walk.source.pairs, walk.source.boundaries, workItem(WorkColumn::slot), /*own=*/0);
  return pairs.forEach(carried, [&](Value begin, Value end, ValueRange before) {
    walk.begin = begin, walk.end = end;
    return tiles(before);
  });
}

AttentionKernel::Carried AttentionKernel::walk(Walk &walk, Carried carried) {
  if (walk.source.topk > 0)
    selectBest(walk);
  auto next = overTiles(walk, {carried.sum, carried.maximum, carried.weight}, [&](Value key, ValueRange before) {
    Value s = scores(walk, key);
    if (walk.source.topk > 0)
      s = selected(walk, s, key);
    Carried after = accumulate(walk, s, {before[0], before[1], before[2]});
    return SmallVector<Value>{after.sum, after.maximum, after.weight};
  });
  return {next[0], next[1], next[2]};
}

AttentionKernel::Carried AttentionKernel::nothing() {
  return {kernel_.constantTile({rows_, columns()}, 0.0), kernel_.constantTile({rows_}, negativeInfinity),
          kernel_.constantTile({rows_}, 0.0)};
}

AttentionKernel::Carried AttentionKernel::walkAll(MutableArrayRef<Walk> walks) {
  Carried carried = nothing();
  for (Walk &each : walks) {
    prepare(each);
    carried = walk(each, carried);
  }
  return carried;
}

void AttentionKernel::run(ArrayRef<AttentionSource> sources) {
  SmallVector<Walk> walks;
  for (const AttentionSource &source : sources)
    walks.push_back(visible(source));
  finish(walkAll(walks));
}

// A number of each row, of a tensor [H, T].
Value AttentionKernel::ofQueries(Value hostRows) {
  Value view = kernel_.input(hostRows);
  int64_t heads = headsOfBlock();
  if (heads == 1)
    return kernel_.load(view, {sizes_.queries}, {firstHead_, queryBegin_}, {}, {}, {0});
  return kernel_.reshape(kernel_.transpose(kernel_.load(view, {heads, sizes_.queries}, {firstHead_, queryBegin_})), {rows_});
}

// Weights again from scores and log-sum-exps; then z = scale * p * (<gradient, v> - delta) times the keys.
void AttentionKernel::runQueryGradient(ArrayRef<AttentionSource> sources, const AttentionGradient &known) {
  ImplicitLocOpBuilder &b = kernel_.body();
  Value gradient = loadQueries(known.gradient), delta = kernel_.expand(ofQueries(known.delta), 1, sizes_.keys);
  Value lse = arith::MulFOp::create(b, ofQueries(known.lse), kernel_.constantTile({rows_}, log2e));
  lse = kernel_.expand(finiteMaximum(kernel_, lse), 1, sizes_.keys);
  out_ = kernel_.constantTile({rows_, sizes_.headSize}, 0.0);
  for (const AttentionSource &source : sources) {
    Walk walk = visible(source);
    prepare(walk);
    auto load = [&](Value view) { // rows outside are zero here: weights of 0 must meet numbers
      return kernel_.load(view, {sizes_.keys, sizes_.headSize}, {walk.row, keyHead_, kernel_.index(0)}, walk.lo, walk.hi, {1});
    };
    auto next = overTiles(walk, out_, [&](Value key, ValueRange before) {
      Value s = scores(walk, key);
      Value values = load(walk.values), keys = load(walk.keys);
      Value along = kernel_.multiplyRows(gradient, values);
      Value p = math::Exp2Op::create(b, arith::SubFOp::create(b, s, lse));
      Value z = scoreGradient(kernel_, source, s, p, arith::SubFOp::create(b, along, delta));
      return SmallVector<Value>{kernel_.multiply(kernel_.converted(z, tileElement(keys)), keys, before[0])};
    });
    out_ = next.front();
  }
}

void AttentionKernel::runSplit(ArrayRef<AttentionSource> sources, const AttentionParts &parts) {
  ImplicitLocOpBuilder &b = kernel_.body();
  assert(sizes_.queries == 1 && "the rows of a block must see the same keys");
  Value sums = kernel_.output(parts.sums), maxima = kernel_.output(parts.maxima);
  Value weights = kernel_.output(parts.weights);
  Value number = kernel_.gridIndex(2), zero = kernel_.index(0), count = zero;
  SmallVector<Walk> walks;
  for (const AttentionSource &source : sources) {
    walks.push_back(visible(source));
    count = kernel_.max(count, narrow(walks.back()));
  }
  kernel_.when(arith::CmpIOp::create(b, arith::CmpIPredicate::slt, number, count), [&] {
    Carried part = walkAll(walks);
    auto store = [&](Value tile, Value view, ArrayRef<int64_t> columns) {
      SmallVector<int64_t> shape = {1, headsOfBlock()}, dropped = {1};
      SmallVector<Value> offsets = {queryBegin_, number, firstHead_};
      if (headsOfBlock() == 1)
        shape = {1}, dropped = {1, 2};
      shape.append(columns.begin(), columns.end());
      offsets.append(columns.size(), zero);
      kernel_.store(kernel_.reshape(tile, shape), view, offsets, queryBegin_, queryEnd_, dropped);
    };
    store(part.sum, sums, {sizes_.headSize});
    store(part.maximum, maxima, {});
    store(part.weight, weights, {});
  });
}

// The splits of a token in tiles: what they left is read side by side.
void AttentionKernel::mergeTogether(Value count, const AttentionParts &parts) {
  ImplicitLocOpBuilder &b = kernel_.body();
  Value column = firstColumn();
  Value maxima = kernel_.input(parts.maxima), weights = kernel_.input(parts.weights), sums = kernel_.input(parts.sums);
  const int64_t together = sizes_.together;
  Carried start = nothing();
  auto next = kernel_.loop(kernel_.index(0), count, together, {start.sum, start.maximum, start.weight}, [&](Value first, ValueRange carried) {
    Value left = kernel_.sub(count, first);
    auto used = [&](Value tile, int64_t dim, double otherwise) -> Value {
      ArrayRef<int64_t> shape = tileShape(tile);
      Value inside = arith::CmpIOp::create(b, arith::CmpIPredicate::slt, kernel_.counted(shape, dim), kernel_.splat(shape, left));
      return arith::SelectOp::create(b, inside, tile, kernel_.constantTile(shape, otherwise));
    };
    auto row = [&](Value view, double otherwise) {
      return used(kernel_.load(view, {1, together}, {queryBegin_, first, firstHead_}, {}, {}, {2}), 1, otherwise);
    };
    Carried before{carried[0], carried[1], carried[2]};
    Value theirs = row(maxima, negativeInfinity);
    Value maximum = arith::MaximumFOp::create(b, before.maximum, kernel_.reduce(tile::Reduction::max, theirs, 1));
    Value safe = finiteMaximum(kernel_, maximum);
    Value shrink = math::Exp2Op::create(b, arith::SubFOp::create(b, before.maximum, safe));
    Value shares = math::Exp2Op::create(b, arith::SubFOp::create(b, theirs, kernel_.expand(safe, 1, together)));
    Value added = kernel_.reduce(tile::Reduction::add, arith::MulFOp::create(b, row(weights, 0), shares), 1);
    Value weight = arith::AddFOp::create(b, arith::MulFOp::create(b, before.weight, shrink), added);
    Value tile = used(kernel_.load(sums, {together, columns()}, {queryBegin_, first, firstHead_, column}, {}, {}, {0, 2}), 0, 0);
    Value scaled = arith::MulFOp::create(b, before.sum, kernel_.expand(shrink, 1, columns()));
    return SmallVector<Value>{kernel_.multiply(shares, tile, scaled), maximum, weight};
  });
  finish({next[0], next[1], next[2]});
}

void AttentionKernel::merge(ArrayRef<AttentionSource> sources, const AttentionParts &parts) {
  Value count = splitsOf(sources);
  if (sizes_.together)
    return mergeTogether(count, parts);
  ImplicitLocOpBuilder &b = kernel_.body();
  Value sums = kernel_.input(parts.sums), maxima = kernel_.input(parts.maxima);
  Value weights = kernel_.input(parts.weights), zero = kernel_.index(0);
  Carried start = nothing();
  auto next = kernel_.loop(zero, count, 1, {start.sum, start.maximum, start.weight}, [&](Value part, ValueRange carried) {
    auto load = [&](Value view, ArrayRef<int64_t> columns) {
      SmallVector<int64_t> shape = {1, headsOfBlock()}, whole = {rows_}, dropped = {1};
      SmallVector<Value> offsets = {queryBegin_, part, firstHead_};
      if (headsOfBlock() == 1)
        shape = {1}, dropped = {1, 2};
      shape.append(columns.begin(), columns.end());
      whole.append(columns.begin(), columns.end());
      offsets.append(columns.size(), zero);
      return kernel_.reshape(kernel_.load(view, shape, offsets, queryBegin_, queryEnd_, dropped), whole);
    };
    Carried left{carried[0], carried[1], carried[2]};
    Carried right{load(sums, {sizes_.headSize}), load(maxima, {}), load(weights, {})};
    Value maximum = arith::MaximumFOp::create(b, left.maximum, right.maximum), safe = finiteMaximum(kernel_, maximum);
    Carried scaled[] = {left, right};
    for (Carried &side : scaled) {
      Value shrink = math::Exp2Op::create(b, arith::SubFOp::create(b, side.maximum, safe));
      side.weight = arith::MulFOp::create(b, side.weight, shrink);
      side.sum = arith::MulFOp::create(b, side.sum, kernel_.expand(shrink, 1, sizes_.headSize));
    }
    return SmallVector<Value>{arith::AddFOp::create(b, scaled[0].sum, scaled[1].sum), maximum,
                              arith::AddFOp::create(b, scaled[0].weight, scaled[1].weight)};
  });
  finish({next[0], next[1], next[2]});
}

// Divides by the sum of weights.
void AttentionKernel::finish(Carried carried) {
  ImplicitLocOpBuilder &b = kernel_.body();
  maximum_ = carried.maximum;
  weight_ = carried.weight;
  // A row without keys gives 0.
  Value zero = kernel_.constantTile({rows_}, 0.0), one = kernel_.constantTile({rows_}, 1.0);
  Value empty = arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, weight_, zero);
  Value divisor = arith::SelectOp::create(b, empty, one, weight_);
  Value inverse = arith::DivFOp::create(b, one, divisor);
  out_ = arith::MulFOp::create(b, carried.sum, kernel_.expand(inverse, 1, columns()));
}

Value AttentionKernel::lse() {
  ImplicitLocOpBuilder &b = kernel_.body();
  // A row without keys: log2(0) = -inf beside a maximum of -inf gives -inf.
  Value logarithm = arith::AddFOp::create(b, maximum_, math::Log2Op::create(b, weight_));
  return arith::MulFOp::create(b, logarithm, kernel_.constantTile({rows_}, ln2));
}

} // namespace longc
