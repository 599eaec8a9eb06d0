// Gradients of attention.
#include "passes/AttentionGradientKernel.h"

#include "passes/FusedOps.h"
#include "passes/OnlineSoftmax.h"
#include "passes/SequencePairs.h"

#include "mlir/Dialect/Math/IR/Math.h"

#include <cmath>
#include <limits>

using namespace mlir;

namespace longc {

Value scoreGradient(KernelBuilder &kernel, const AttentionSource &source, Value s, Value p, Value along) {
  ImplicitLocOpBuilder &b = kernel.body();
  SmallVector<int64_t> shape(tileShape(s));
  Value z = arith::MulFOp::create(b, p, along);
  z = arith::MulFOp::create(b, z, kernel.constantTile(shape, source.scale));
  if (source.softCap <= 0)
    return z;
  double largest = source.softCap * M_LOG2E; // of a score; hidden ones are below it, and have no weight
  Value bent = arith::MaximumFOp::create(b, s, kernel.constantTile(shape, -largest));
  bent = arith::MulFOp::create(b, bent, kernel.constantTile(shape, 1.0 / largest));
  Value slope = arith::SubFOp::create(b, kernel.constantTile(shape, 1.0), arith::MulFOp::create(b, bent, bent));
  return arith::MulFOp::create(b, z, slope);
}

namespace {

int64_t sizeOf(Value tensor, int64_t dim) { return cast<RankedTensorType>(tensor.getType()).getDimSize(dim); }

// Rows of a block, which holds beside scores and their sum what scores are multiplied by: not more than of a product.
int64_t blockRows(tile::TargetAttr facts, int64_t limit) { return std::min(limit, facts.getMmaRows()); }

// Columns of a block's tiles of scores, of which it holds two beside as many columns of sums as `sums`.
int64_t scoreColumns(tile::TargetAttr facts, int64_t limit, int64_t sums) {
  const int64_t step = std::max<int64_t>(1, facts.getCopiedCols());
  return facts.getSumCols() == 0 ? limit : std::min(limit, std::max(step, (facts.getSumCols() - sums) / step * step));
}

template <typename Op> std::string nameOf(Op op) {
  return FusedOps(op).kernelName(op.getQ(), std::to_string(sizeOf(op.getQ(), 1)) + "x" + std::to_string(sizeOf(op.getQ(), 2)));
}

// A block owns keys of one head and walks tiles of the queries that see them, head after head of those that share the keys:
// first those of their own sequence, then those of sequences that read it.
class KeyGradient {
public:
  KeyGradient(lm::AttentionKeyGradientOp op, KernelBuilder &kernel, Value list, int64_t keys, int64_t queries)
      : op_(op), kernel_(kernel), b_(kernel.body()), list_(kernel.input(list)), keys_(keys), queries_(queries),
        size_(sizeOf(op.getQ(), 2)), group_(sizeOf(op.getQ(), 1) / sizeOf(op.getK(), 1)), keyHead_(kernel.gridIndex(1)) {}

  void run();

private:
  template <typename Op, typename... Args> Value make(Args &&...args) { return Op::create(b_, std::forward<Args>(args)...); }

  Value item(int64_t column) { return kernel_.scalar(list_, {kernel_.gridIndex(0), kernel_.index(column)}); }
  Value ownKeys(Value host) {
    return kernel_.load(kernel_.input(host), {keys_, size_}, {begin_, keyHead_, kernel_.index(0)}, begin_, end_, {1});
  }
  Value added(Value weights, Value rows, Value sum) { return kernel_.multiply(kernel_.converted(weights, tileElement(rows)), rows, sum); }
  // Query rows [first, last) that see the block's keys as a source.
  struct Walk {
    const AttentionSource &source;
    Value first, last;
    Value keys, values; // of this block
  };
  Walk ownQueries(const AttentionSource &source);
  Value scores(const Walk &walk, Value queries, Value first);
  SmallVector<Value> step(const Walk &walk, Value head, Value first, ValueRange sums);
  SmallVector<Value> add(const Walk &walk, ValueRange sums);

  lm::AttentionKeyGradientOp op_;
  KernelBuilder &kernel_;
  ImplicitLocOpBuilder &b_;
  Value list_;
  int64_t keys_, queries_, size_, group_;
  Value keyHead_, begin_, end_; // rows of keys of this block
  Value diagonal_;              // the query whose own key is the first of this block
};

// Scores [keys, queries] in log2 units; those of pairs that do not see each other are minus infinity.
Value KeyGradient::scores(const Walk &walk, Value queries, Value first) {
  int64_t shape[] = {keys_, queries_};
  const AttentionSource &source = walk.source;
  double cap = source.softCap, factor = cap > 0 ? source.scale / cap : source.scale * M_LOG2E;
  Value s = make<arith::MulFOp>(kernel_.multiplyRows(walk.keys, queries), kernel_.constantTile(shape, factor));
  if (cap > 0)
    s = make<arith::MulFOp>(make<math::TanhOp>(s), kernel_.constantTile(shape, cap * M_LOG2E));
  auto compare = [&](arith::CmpIPredicate predicate, Value a, Value b) { return make<arith::CmpIOp>(predicate, a, b); };
  Value next = kernel_.add(first, kernel_.index(queries_));
  Value edge = compare(arith::CmpIPredicate::sgt, next, walk.last);
  if (source.causal) {
    Value last = kernel_.add(diagonal_, kernel_.index(keys_ - 1));
    edge = make<arith::OrIOp>(edge, compare(arith::CmpIPredicate::slt, first, last));
  }
  if (source.window > 0) {
    Value oldest = kernel_.add(diagonal_, kernel_.index(source.window));
    edge = make<arith::OrIOp>(edge, compare(arith::CmpIPredicate::sgt, next, oldest));
  }
  return kernel_.when(edge, s, [&] {
    Value query = kernel_.counted(shape, 1, first), own = kernel_.counted(shape, 0, diagonal_);
    Value seen = compare(arith::CmpIPredicate::slt, query, kernel_.splat(shape, walk.last));
    if (source.causal)
      seen = make<arith::AndIOp>(seen, compare(arith::CmpIPredicate::sge, query, own));
    if (source.window > 0) {
      Value past = make<arith::AddIOp>(own, kernel_.integers(shape, source.window));
      seen = make<arith::AndIOp>(seen, compare(arith::CmpIPredicate::slt, query, past));
    }
    return make<arith::SelectOp>(seen, s, kernel_.constantTile(shape, -std::numeric_limits<double>::infinity()));
  });
}

// The sums of gradients of keys and values, and what one tile of queries adds to them.
SmallVector<Value> KeyGradient::step(const Walk &walk, Value head, Value first, ValueRange sums) {
  auto rows = [&](Value host) {
    return kernel_.load(kernel_.input(host), {queries_, size_}, {first, head, kernel_.index(0)}, walk.first, walk.last, {1});
  };
  auto numbers = [&](Value host) { return kernel_.load(kernel_.input(host), {queries_}, {head, first}, {}, {}, {0}); };
  Value queries = rows(op_.getQ()), gradient = rows(op_.getGradient());
  Value s = scores(walk, queries, first);
  Value lse = make<arith::MulFOp>(numbers(op_.getLse()), kernel_.constantTile({queries_}, M_LOG2E));
  Value p = make<math::Exp2Op>(make<arith::SubFOp>(s, kernel_.expand(finiteMaximum(kernel_, lse), 0, keys_)));
  Value along = make<arith::SubFOp>(kernel_.multiplyRows(walk.values, gradient), kernel_.expand(numbers(op_.getDelta()), 0, keys_));
  Value z = scoreGradient(kernel_, walk.source, s, p, along);
  return {added(z, queries, sums[0]), added(p, gradient, sums[1])};
}

SmallVector<Value> KeyGradient::add(const Walk &walk, ValueRange sums) {
  Value zero = kernel_.index(0), length = kernel_.max(kernel_.sub(walk.last, walk.first), zero);
  Value tiles = kernel_.div(kernel_.add(length, kernel_.index(queries_ - 1)), queries_);
  Value some = kernel_.max(tiles, kernel_.index(1));
  return kernel_.loop(zero, kernel_.mul(tiles, group_), 1, sums, [&](Value number, ValueRange before) {
    Value head = kernel_.add(kernel_.mul(keyHead_, group_), make<arith::DivUIOp>(number, some));
    Value first = kernel_.add(walk.first, kernel_.mul(make<arith::RemUIOp>(number, some), queries_));
    return step(walk, head, first, before);
  });
}

KeyGradient::Walk KeyGradient::ownQueries(const AttentionSource &source) {
  Walk walk{source, item(WorkColumn::keyBegin), item(WorkColumn::keyEnd), ownKeys(source.keys), ownKeys(source.values)};
  if (source.window > 0) {
    Value last = kernel_.add(diagonal_, kernel_.sub(end_, begin_));
    walk.last = kernel_.min(walk.last, kernel_.add(last, kernel_.index(source.window - 1)));
  }
  if (source.causal)
    walk.first = kernel_.max(walk.first, diagonal_);
  return walk;
}

void KeyGradient::run() {
  begin_ = item(WorkColumn::queryBegin), end_ = item(WorkColumn::queryEnd), diagonal_ = item(WorkColumn::diagonal);
  const SmallVector<AttentionSource> sources = packedSources(op_);
  Value none = kernel_.constantTile({keys_, size_}, 0.0);
  const Walk own = ownQueries(sources.front());
  SmallVector<Value> sums = add(own, {none, none});
  auto store = [&](Value sum, unsigned result) {
    Value offsets[] = {begin_, keyHead_, kernel_.index(0)};
    kernel_.store(sum, kernel_.output(emptyResult(kernel_.host(), op_->getResult(result).getType(), op_.getK())), offsets, begin_, end_, {1});
  };
  const bool apart = static_cast<bool>(op_.getSourceKeys());
  if (apart) // before others' queries are walked: it makes room for what these add
    store(sums[0], 0);
  if (sources.size() > 1) {
    const AttentionSource &others = sources.back();
    Value keys = apart ? ownKeys(others.keys) : own.keys, values = own.values;
    SequencePairs readers(kernel_, others.pairs, op_.getCuQ(), item(WorkColumn::slot), /*own=*/1);
    auto more = readers.forEach({apart ? none : sums[0], sums[1]}, [&](Value first, Value last, ValueRange before) {
      return add({others, first, last, keys, values}, before);
    });
    sums = apart ? SmallVector<Value>{more[1], more[0]} : more;
  }
  for (auto [number, sum] : llvm::enumerate(sums))
    store(sum, number + apart);
}

} // namespace

LogicalResult tileAttentionGradient(lm::AttentionQueryGradientOp op, tile::TargetAttr facts) {
  AttentionSizes sizes;
  sizes.heads = sizeOf(op.getQ(), 1), sizes.headSize = sizeOf(op.getQ(), 2), sizes.keyHeads = sizeOf(op.getK(), 1);
  sizes.queries = fitTile(blockRows(facts, facts.getAttentionRows()), sizeOf(op.getQ(), 0), 1);
  sizes.keys = scoreColumns(facts, facts.getAttentionCols(), sizes.headSize / 2);
  sizes.fold = facts.getFoldHeads() && sizes.heads > sizes.keyHeads;
  Value list = workList(op, op.getCuQ(), op.getCuK(), sizes.queries);
  KernelBuilder kernel(op, nameOf(op), 2);
  AttentionKernel attention(kernel, sizes, list);
  attention.runQueryGradient(packedSources(op), {op.getGradient(), op.getLse(), op.getDelta()});
  int64_t heads = attention.headsOfBlock();
  SmallVector<int64_t> shape = {sizes.queries, heads, sizes.headSize}, dropped;
  if (heads == 1)
    shape = {sizes.queries, sizes.headSize}, dropped = {1};
  Value offsets[] = {attention.queryBegin(), attention.firstHead(), kernel.index(0)};
  kernel.store(kernel.reshape(attention.out(), shape), kernel.output(emptyResult(kernel.host(), op.getResult().getType(), op.getQ())),
               offsets, attention.queryBegin(), attention.queryEnd(), dropped);
  Value grid[] = {hostSize(kernel.host(), list, 0), arith::ConstantIndexOp::create(kernel.host(), AttentionKernel::headBlocks(sizes))};
  op.getResult().replaceAllUsesWith(kernel.finish(grid).getResult(0));
  op.erase();
  return success();
}

LogicalResult tileAttentionGradient(lm::AttentionKeyGradientOp op, tile::TargetAttr facts) {
  int64_t keys = fitTile(blockRows(facts, facts.getAttentionCols()), sizeOf(op.getK(), 0), 1);
  const int64_t size = sizeOf(op.getQ(), 2), walks = op.getSources() ? 2 : 1; // where the second is takes registers, too
  int64_t queries = scoreColumns(facts, blockRows(facts, facts.getAttentionRows()), walks * size);
  Value list = workList(op, op.getCuK(), op.getCuQ(), keys);
  KernelBuilder kernel(op, nameOf(op), 2);
  KeyGradient(op, kernel, list, keys, queries).run();
  Value grid[] = {hostSize(kernel.host(), list, 0), arith::ConstantIndexOp::create(kernel.host(), sizeOf(op.getK(), 1))};
  tile::LaunchOp launch = kernel.finish(grid);
  op->replaceAllUsesWith(launch.getResults());
  op.erase();
  return success();
}

} // namespace longc
