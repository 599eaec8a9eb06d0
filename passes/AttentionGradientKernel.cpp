// Gradients of attention.
#include "passes/AttentionGradientKernel.h"

#include "passes/FusedOps.h"
#include "passes/OnlineSoftmax.h"

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

template <typename Op> FailureOr<AttentionSource> sourceOf(Op op) {
  if (op.getSources())
    return op.emitOpError("has further sources per sequence: no kernel reads them yet; leave `sources` out"), failure();
  AttentionSource source;
  source.query = op.getQ(), source.keys = op.getK(), source.values = op.getV();
  source.causal = op.getCausal();
  source.window = op.getWindow();
  source.scale = op.getScale();
  source.softCap = op.getSoftCap();
  return source;
}

template <typename Op> std::string nameOf(Op op) {
  return FusedOps(op).kernelName(op.getQ(), std::to_string(sizeOf(op.getQ(), 1)) + "x" + std::to_string(sizeOf(op.getQ(), 2)));
}

// A block owns keys of one head and walks tiles of the queries that see them, head after head of those that share the keys.
class KeyGradient {
public:
  KeyGradient(lm::AttentionKeyGradientOp op, const AttentionSource &source, KernelBuilder &kernel, Value list, int64_t keys,
              int64_t queries)
      : op_(op), source_(source), kernel_(kernel), b_(kernel.body()), list_(kernel.input(list)), keys_(keys), queries_(queries),
        size_(sizeOf(op.getQ(), 2)), group_(sizeOf(op.getQ(), 1) / sizeOf(op.getK(), 1)), keyHead_(kernel.gridIndex(1)) {}

  void run();

private:
  template <typename Op, typename... Args> Value make(Args &&...args) { return Op::create(b_, std::forward<Args>(args)...); }

  Value item(int64_t column) {
    Value offsets[] = {kernel_.gridIndex(0), kernel_.index(column)};
    return make<tile::ScalarOp>(b_.getIndexType(), list_, offsets);
  }
  Value ownKeys(Value host) {
    return kernel_.load(kernel_.input(host), {keys_, size_}, {begin_, keyHead_, kernel_.index(0)}, begin_, end_, {1});
  }
  Value product(Value a, Value b) {
    return tile::MmaOp::create(b_, tileType({keys_, queries_}, b_.getF32Type()), a, b,
                               kernel_.constantTile({keys_, queries_}, 0.0), /*transpose_b=*/true);
  }
  Value added(Value weights, Value rows, Value sum) {
    if (tileElement(rows) != tileElement(weights))
      weights = make<arith::TruncFOp>(tileType(tileShape(weights), tileElement(rows)), weights);
    return tile::MmaOp::create(b_, sum.getType(), weights, rows, sum, /*transpose_b=*/false);
  }
  Value scores(Value keys, Value queries, Value first);
  std::pair<Value, Value> step(Value head, Value first, Value keys, Value values, Value keySum, Value valueSum);

  lm::AttentionKeyGradientOp op_;
  AttentionSource source_;
  KernelBuilder &kernel_;
  ImplicitLocOpBuilder &b_;
  Value list_;
  int64_t keys_, queries_, size_, group_;
  Value keyHead_, begin_, end_;  // rows of keys of this block
  Value firstQuery_, lastQuery_; // [first, last) that are walked
  Value diagonal_;               // the query whose own key is the first of this block
};

// Scores [keys, queries] in log2 units; those of pairs that do not see each other are minus infinity.
Value KeyGradient::scores(Value keys, Value queries, Value first) {
  int64_t shape[] = {keys_, queries_};
  double cap = source_.softCap;
  Value s = make<arith::MulFOp>(product(keys, queries), kernel_.constantTile(shape, cap > 0 ? source_.scale / cap : source_.scale * M_LOG2E));
  if (cap > 0)
    s = make<arith::MulFOp>(make<math::TanhOp>(s), kernel_.constantTile(shape, cap * M_LOG2E));
  auto compare = [&](arith::CmpIPredicate predicate, Value a, Value b) { return make<arith::CmpIOp>(predicate, a, b); };
  Value next = kernel_.add(first, kernel_.index(queries_));
  Value edge = compare(arith::CmpIPredicate::sgt, next, lastQuery_);
  if (source_.causal) {
    Value last = kernel_.add(diagonal_, kernel_.index(keys_ - 1));
    edge = make<arith::OrIOp>(edge, compare(arith::CmpIPredicate::slt, first, last));
  }
  if (source_.window > 0) {
    Value oldest = kernel_.add(diagonal_, kernel_.index(source_.window));
    edge = make<arith::OrIOp>(edge, compare(arith::CmpIPredicate::sgt, next, oldest));
  }
  auto branch = scf::IfOp::create(b_, s.getType(), edge, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(b_);
  b_.setInsertionPointToStart(branch.elseBlock());
  scf::YieldOp::create(b_, ValueRange(s));
  b_.setInsertionPointToStart(branch.thenBlock());
  Type i32 = b_.getI32Type();
  auto counted = [&](int64_t dim, Value from) {
    return make<arith::AddIOp>(make<tile::IotaOp>(tileType(shape, i32), dim), kernel_.splat(shape, make<arith::IndexCastOp>(i32, from)));
  };
  Value query = counted(1, first), own = counted(0, diagonal_);
  Value seen = compare(arith::CmpIPredicate::slt, query, kernel_.splat(shape, make<arith::IndexCastOp>(i32, lastQuery_)));
  if (source_.causal)
    seen = make<arith::AndIOp>(seen, compare(arith::CmpIPredicate::sge, query, own));
  if (source_.window > 0) {
    auto width = DenseElementsAttr::get(tileType(shape, i32), static_cast<int32_t>(source_.window));
    Value past = make<arith::AddIOp>(own, make<arith::ConstantOp>(width));
    seen = make<arith::AndIOp>(seen, compare(arith::CmpIPredicate::slt, query, past));
  }
  Value hidden = make<arith::SelectOp>(seen, s, kernel_.constantTile(shape, -std::numeric_limits<double>::infinity()));
  scf::YieldOp::create(b_, ValueRange(hidden));
  return branch.getResult(0);
}

std::pair<Value, Value> KeyGradient::step(Value head, Value first, Value keys, Value values, Value keySum, Value valueSum) {
  auto rows = [&](Value host) {
    return kernel_.load(kernel_.input(host), {queries_, size_}, {first, head, kernel_.index(0)}, firstQuery_, lastQuery_, {1});
  };
  auto numbers = [&](Value host) { return kernel_.load(kernel_.input(host), {queries_}, {head, first}, {}, {}, {0}); };
  Value queries = rows(op_.getQ()), gradient = rows(op_.getGradient());
  Value s = scores(keys, queries, first);
  Value lse = make<arith::MulFOp>(numbers(op_.getLse()), kernel_.constantTile({queries_}, M_LOG2E));
  Value p = make<math::Exp2Op>(make<arith::SubFOp>(s, kernel_.expand(finiteMaximum(kernel_, lse), 0, keys_)));
  Value along = make<arith::SubFOp>(product(values, gradient), kernel_.expand(numbers(op_.getDelta()), 0, keys_));
  Value z = scoreGradient(kernel_, source_, s, p, along);
  return {added(z, queries, keySum), added(p, gradient, valueSum)};
}

void KeyGradient::run() {
  begin_ = item(0), end_ = item(1), firstQuery_ = item(2), lastQuery_ = item(3), diagonal_ = item(4);
  if (source_.window > 0) {
    Value last = kernel_.add(diagonal_, kernel_.sub(end_, begin_));
    lastQuery_ = kernel_.min(lastQuery_, kernel_.add(last, kernel_.index(source_.window - 1)));
  }
  if (source_.causal)
    firstQuery_ = kernel_.max(firstQuery_, diagonal_);
  Value keys = ownKeys(op_.getK()), values = ownKeys(op_.getV());
  Value length = kernel_.max(kernel_.sub(lastQuery_, firstQuery_), kernel_.index(0));
  Value tiles = kernel_.div(kernel_.add(length, kernel_.index(queries_ - 1)), queries_);
  Value some = kernel_.max(tiles, kernel_.index(1));
  Value none = kernel_.constantTile({keys_, size_}, 0.0);
  auto loop = scf::ForOp::create(b_, kernel_.index(0), kernel_.mul(tiles, group_), kernel_.index(1), ValueRange{none, none});
  {
    OpBuilder::InsertionGuard guard(b_);
    b_.setInsertionPointToStart(loop.getBody());
    Value number = loop.getInductionVar();
    Value head = kernel_.add(kernel_.mul(keyHead_, group_), make<arith::DivUIOp>(number, some));
    Value first = kernel_.add(firstQuery_, kernel_.mul(make<arith::RemUIOp>(number, some), queries_));
    auto [keySum, valueSum] = step(head, first, keys, values, loop.getRegionIterArg(0), loop.getRegionIterArg(1));
    scf::YieldOp::create(b_, ValueRange{keySum, valueSum});
  }
  Value offsets[] = {begin_, keyHead_, kernel_.index(0)};
  for (auto [sum, type] : llvm::zip(loop.getResults(), op_->getResultTypes()))
    kernel_.store(sum, kernel_.output(emptyResult(kernel_.host(), type, op_.getK())), offsets, begin_, end_, {1});
}

} // namespace

LogicalResult tileAttentionGradient(lm::AttentionQueryGradientOp op, tile::TargetAttr facts) {
  FailureOr<AttentionSource> source = sourceOf(op);
  if (failed(source))
    return failure();
  AttentionSizes sizes;
  sizes.heads = sizeOf(op.getQ(), 1), sizes.headSize = sizeOf(op.getQ(), 2), sizes.keyHeads = sizeOf(op.getK(), 1);
  sizes.queries = fitTile(facts.getAttentionRows(), sizeOf(op.getQ(), 0), 1);
  sizes.keys = facts.getAttentionCols();
  sizes.fold = facts.getFoldHeads() && sizes.heads > sizes.keyHeads;
  Value list = workList(op, op.getCuQ(), op.getCuK(), sizes.queries);
  KernelBuilder kernel(op, nameOf(op), 2);
  AttentionKernel attention(kernel, sizes, list);
  attention.runQueryGradient(*source, {op.getGradient(), op.getLse(), op.getDelta()});
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
  FailureOr<AttentionSource> source = sourceOf(op);
  if (failed(source))
    return failure();
  int64_t keys = fitTile(facts.getAttentionCols(), sizeOf(op.getK(), 0), 1), queries = facts.getAttentionRows();
  Value list = workList(op, op.getCuK(), op.getCuQ(), keys);
  KernelBuilder kernel(op, nameOf(op), 2);
  KeyGradient(op, *source, kernel, list, keys, queries).run();
  Value grid[] = {hostSize(kernel.host(), list, 0), arith::ConstantIndexOp::create(kernel.host(), sizeOf(op.getK(), 1))};
  tile::LaunchOp launch = kernel.finish(grid);
  op->replaceAllUsesWith(launch.getResults());
  op.erase();
  return success();
}

} // namespace longc
