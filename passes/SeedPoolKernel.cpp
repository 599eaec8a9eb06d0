// Chunks pooled by learned queries.
#include "passes/SeedPoolKernel.h"

#include "passes/OnlineSoftmax.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

#include <cmath>
#include <limits>

using namespace mlir;

namespace longc {
namespace {

class SeedPool {
public:
  SeedPool(lm::ChunkPoolOp op, KernelBuilder &kernel, int64_t columns);
  // The weighted values of the chunk's rows, [seeds, head size] f32.
  Value run(Value keys, Value values);
  Value row() { return kernel_.mul(kernel_.gridIndex(0), seeds_); }
  Value column() { return kernel_.mul(kernel_.gridIndex(1), size_); }

private:
  Value scores(Value query, Value keys, Value row);

  KernelBuilder &kernel_;
  ImplicitLocOpBuilder &b_;
  int64_t seeds_, size_, columns_;
  double scale_;
  Value begin_, end_, query_;
};

SeedPool::SeedPool(lm::ChunkPoolOp op, KernelBuilder &kernel, int64_t columns)
    : kernel_(kernel), b_(kernel.body()), columns_(columns) {
  ArrayRef<int64_t> shape = cast<RankedTensorType>(op.getSeeds().getType()).getShape();
  seeds_ = shape[0];
  size_ = shape[1] / static_cast<int64_t>(op.getNumHeads());
  scale_ = op.getScale() == 0 ? 1 / std::sqrt(static_cast<double>(size_)) : op.getScale();
  Value boundaries = kernel.input(op.getCuSeqlens());
  begin_ = kernel.scalar(boundaries, kernel.gridIndex(0));
  end_ = kernel.scalar(boundaries, kernel.add(kernel.gridIndex(0), kernel.index(1)));
  query_ = kernel.load(kernel.input(op.getSeeds()), {seeds_, size_}, {kernel.index(0), column()});
}

// Scores of the rows from `row` on, in log2 units; those of the next chunk are hidden.
Value SeedPool::scores(Value query, Value keys, Value row) {
  SmallVector<int64_t> shape = {seeds_, columns_};
  Value s = arith::MulFOp::create(b_, kernel_.multiplyRows(query, keys), kernel_.constantTile(shape, scale_ * M_LOG2E));
  Value left = kernel_.splat(shape, kernel_.sub(end_, row));
  Value mine = arith::CmpIOp::create(b_, arith::CmpIPredicate::slt, kernel_.counted(shape, 1), left);
  return arith::SelectOp::create(b_, mine, s, kernel_.constantTile(shape, -std::numeric_limits<double>::infinity()));
}

Value SeedPool::run(Value keys, Value values) {
  Value none = kernel_.constantTile({seeds_}, 0.0), nothing = kernel_.constantTile({seeds_, size_}, 0.0);
  Value initial[] = {nothing, kernel_.constantTile({seeds_}, -std::numeric_limits<double>::infinity()), none};
  auto walked = kernel_.loop(begin_, end_, columns_, initial, [&](Value row, ValueRange carried) {
    Value at[] = {row, column()};
    Value k = kernel_.load(keys, {columns_, size_}, at, begin_, end_);
    SoftmaxStep step = softmaxStep(kernel_, scores(query_, k, row), carried[1], carried[2]);
    Value v = kernel_.load(values, {columns_, size_}, at, begin_, end_);
    Value before = arith::MulFOp::create(b_, carried[0], kernel_.expand(step.shrink, 1, size_));
    return SmallVector<Value>{kernel_.multiply(step.weights, v, before), step.maximum, step.sum};
  });
  // An empty chunk gives zeros.
  Value empty = arith::CmpFOp::create(b_, arith::CmpFPredicate::OEQ, walked[2], none);
  Value divisor = arith::SelectOp::create(b_, empty, kernel_.constantTile({seeds_}, 1.0), walked[2]);
  return arith::DivFOp::create(b_, walked[0], kernel_.expand(divisor, 1, size_));
}

} // namespace

FailureOr<Value> buildSeedPool(lm::ChunkPoolOp op, Value keys, Value values, tile::TargetAttr facts) {
  if (op.getNormalize())
    return op.emitOpError("divides rows of which a block has one head: no kernel does; leave `normalize` out"),
           failure();
  auto seeds = cast<RankedTensorType>(op.getSeeds().getType());
  if (!seeds.hasStaticShape() || !seeds.getElementType().isF32())
    return op.emitOpError("expected f32 seeds of static shape, got ") << seeds, failure();
  int64_t count = seeds.getDimSize(0), width = seeds.getDimSize(1), heads = op.getNumHeads();
  KernelBuilder kernel(op, "chunk_pool_" + std::to_string(count) + "x" + std::to_string(width), 2);
  SeedPool pool(op, kernel, facts.getAttentionCols());
  auto type = cast<RankedTensorType>(op.getResult().getType());
  Value out = kernel.converted(pool.run(kernel.input(keys), kernel.input(values)), type.getElementType());
  ImplicitLocOpBuilder &host = kernel.host();
  Value one = arith::ConstantIndexOp::create(host, 1);
  Value chunks = arith::SubIOp::create(host, hostSize(host, op.getCuSeqlens(), 0), one);
  SmallVector<Value> rows;
  if (type.isDynamicDim(0))
    rows.push_back(arith::MulIOp::create(host, chunks, arith::ConstantIndexOp::create(host, count)));
  Value result = tensor::EmptyOp::create(host, type, rows);
  kernel.store(out, kernel.output(result), {pool.row(), pool.column()});
  return kernel.finish({chunks, arith::ConstantIndexOp::create(host, heads)}).getResult(0);
}

} // namespace longc
