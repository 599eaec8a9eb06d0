// Gradients of projection and loss.
#include "passes/CrossEntropyGradientKernel.h"

#include "passes/FusedOps.h"
#include "passes/GemmKernel.h"

#include "mlir/Dialect/Math/IR/Math.h"

#include <cmath>

using namespace mlir;

namespace longc {
namespace {

// Gradients of a tile of logits, whichever of its two dimensions are the rows of x.
template <typename GradientOp> class LogitGradients {
public:
  // `rowDim`: the tile's dimension along which rows of x lie.
  LogitGradients(GradientOp op, KernelBuilder &kernel, int64_t rowDim)
      : op_(op), kernel_(kernel), b_(kernel.body()), rowDim_(rowDim),
        size_(cast<RankedTensorType>(op.getW().getType()).getDimSize(0)) {}

  // What is known of rows [row, row + count) of x: their targets and factors, as vectors.
  struct Rows {
    Value targets, lse, weight, share; // share: of the softmax
  };

  Rows rows(Value row, int64_t count) {
    Rows rows;
    auto load = [&](Value host) { return kernel_.load(kernel_.input(host), {count}, row); };
    rows.targets = load(op_.getTargets());
    auto ignored = DenseElementsAttr::get(tileType({count}, b_.getI32Type()),
                                          static_cast<int32_t>(static_cast<int64_t>(op_.getIgnoreIndex())));
    Value wrong = make<arith::CmpIOp>(arith::CmpIPredicate::eq, rows.targets, make<arith::ConstantOp>(ignored));
    Value whole = make<tile::ScalarOp>(b_.getF32Type(), kernel_.input(op_.getLossGradient()), kernel_.index(0));
    Value weight = make<arith::MulFOp>(load(op_.getWeights()), kernel_.splat({count}, whole));
    rows.weight = make<arith::SelectOp>(wrong, kernel_.constantTile({count}, 0.0), weight);
    rows.share = op_.getLseGradient() ? make<arith::AddFOp>(rows.weight, load(op_.getLseGradient())) : rows.weight;
    rows.lse = make<arith::MulFOp>(load(op_.getLse()), kernel_.constantTile({count}, M_LOG2E));
    return rows;
  }

  // z of a tile of logits whose tokens begin at `first`, in the element type of x.
  Value gradients(Value logits, const Rows &rows, Value first) {
    SmallVector<int64_t> shape(tileShape(logits));
    int64_t spread = 1 - rowDim_;
    auto expanded = [&](Value vector) { return kernel_.expand(vector, spread, shape[spread]); };
    Value s = make<arith::MulFOp>(logits, kernel_.constantTile(shape, M_LOG2E));
    Value p = make<math::Exp2Op>(make<arith::SubFOp>(s, expanded(rows.lse)));
    Value z = make<arith::MulFOp>(p, expanded(rows.share));
    Type i32 = b_.getI32Type();
    Value start = kernel_.splat(shape, make<arith::IndexCastOp>(i32, first));
    Value token = make<arith::AddIOp>(make<tile::IotaOp>(tileType(shape, i32), spread), start);
    Value isTarget = make<arith::CmpIOp>(arith::CmpIPredicate::eq, token, expanded(rows.targets));
    Value zero = kernel_.constantTile(shape, 0.0);
    z = make<arith::SubFOp>(z, make<arith::SelectOp>(isTarget, expanded(rows.weight), zero));
    if (size_ % shape[spread] != 0) { // tokens past the vocabulary
      auto end = DenseElementsAttr::get(tileType(shape, i32), static_cast<int32_t>(size_));
      Value inside = make<arith::CmpIOp>(arith::CmpIPredicate::slt, token, make<arith::ConstantOp>(end));
      z = make<arith::SelectOp>(inside, z, zero);
    }
    Type element = tileElement(op_.getX());
    return element.isF32() ? z : Value(make<arith::TruncFOp>(tileType(shape, element), z));
  }

private:
  template <typename Op, typename... Args> Value make(Args &&...args) { return Op::create(b_, std::forward<Args>(args)...); }

  GradientOp op_;
  KernelBuilder &kernel_;
  ImplicitLocOpBuilder &b_;
  int64_t rowDim_, size_;
};

template <typename GradientOp> LogicalResult checkProjection(GradientOp op) {
  auto w = cast<RankedTensorType>(op.getW().getType());
  return w.hasStaticShape() ? success() : LogicalResult(op.emitOpError("expected a projection of static size, got ") << w);
}

template <typename GradientOp> std::string nameOf(GradientOp op) {
  auto w = cast<RankedTensorType>(op.getW().getType());
  return FusedOps(op).kernelName(op.getX(), std::to_string(w.getDimSize(0)) + "x" + std::to_string(w.getDimSize(1)));
}

// The loop over tiles [first, first + step) of a dimension that adds products to one sum.
template <typename Body>
Value walk(KernelBuilder &kernel, Value end, int64_t step, Value sum, Body body) {
  ImplicitLocOpBuilder &b = kernel.body();
  auto loop = scf::ForOp::create(b, kernel.index(0), end, kernel.index(step), ValueRange(sum));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  scf::YieldOp::create(b, ValueRange(body(loop.getInductionVar(), loop.getRegionIterArg(0))));
  return loop.getResult(0);
}

} // namespace

LogicalResult tileCrossEntropyGradient(lm::CrossEntropyInputGradientOp op, tile::TargetAttr facts) {
  if (failed(checkProjection(op)))
    return failure();
  auto x = cast<RankedTensorType>(op.getX().getType()), w = cast<RankedTensorType>(op.getW().getType());
  int64_t size = w.getDimSize(0), depth = w.getDimSize(1);
  KernelBuilder kernel(op, nameOf(op), 1);
  ImplicitLocOpBuilder &b = kernel.body();
  int64_t rows = fitTile(facts.getMmaRows(), x.getDimSize(0), 1), tokens = fitTile(facts.getMmaCols(), size, 32);
  Value row = kernel.mul(kernel.gridIndex(0), rows), zero = kernel.index(0);
  LogitGradients<lm::CrossEntropyInputGradientOp> logits(op, kernel, /*rowDim=*/0);
  auto known = logits.rows(row, rows);
  Value xs = kernel.load(kernel.input(op.getX()), {rows, depth}, {row, zero});
  Value weights = kernel.input(storedWeight(op.getW()));
  Value sum = walk(kernel, kernel.index(size), tokens, kernel.constantTile({rows, depth}, 0.0), [&](Value first, Value sum) {
    Value ws = loadAs(kernel, weights, {tokens, depth}, {first, zero}, tileElement(xs));
    Value tile = tile::MmaOp::create(b, tileType({rows, tokens}, b.getF32Type()), xs, ws,
                                     kernel.constantTile({rows, tokens}, 0.0), /*transpose_b=*/true);
    Value z = logits.gradients(tile, known, first);
    return Value(tile::MmaOp::create(b, sum.getType(), z, ws, sum, /*transpose_b=*/false));
  });
  kernel.store(sum, kernel.output(emptyResult(kernel.host(), op.getResult().getType(), op.getX())), {row, zero});
  op.getResult().replaceAllUsesWith(kernel.finish(hostBlocks(kernel.host(), op.getX(), 0, rows)).getResult(0));
  op.erase();
  return success();
}

LogicalResult tileCrossEntropyGradient(lm::CrossEntropyWeightGradientOp op, tile::TargetAttr facts) {
  if (failed(checkProjection(op)))
    return failure();
  auto x = cast<RankedTensorType>(op.getX().getType()), w = cast<RankedTensorType>(op.getW().getType());
  int64_t size = w.getDimSize(0), depth = w.getDimSize(1);
  KernelBuilder kernel(op, nameOf(op), 1);
  ImplicitLocOpBuilder &b = kernel.body();
  int64_t tokens = fitTile(facts.getMmaRows(), size, 1), rows = fitTile(facts.getMmaCols(), x.getDimSize(0), 32);
  Value first = kernel.mul(kernel.gridIndex(0), tokens), zero = kernel.index(0);
  LogitGradients<lm::CrossEntropyWeightGradientOp> logits(op, kernel, /*rowDim=*/1);
  Value view = kernel.input(op.getX());
  Value ws = loadAs(kernel, kernel.input(storedWeight(op.getW())), {tokens, depth}, {first, zero}, tileElement(op.getX()));
  Value end = tile::DimOp::create(b, b.getIndexType(), view, 0);
  Value sum = walk(kernel, end, rows, kernel.constantTile({tokens, depth}, 0.0), [&](Value row, Value sum) {
    auto known = logits.rows(row, rows);
    Value xs = kernel.load(view, {rows, depth}, {row, zero});
    Value tile = tile::MmaOp::create(b, tileType({tokens, rows}, b.getF32Type()), ws, xs,
                                     kernel.constantTile({tokens, rows}, 0.0), /*transpose_b=*/true);
    Value z = logits.gradients(tile, known, first);
    return Value(tile::MmaOp::create(b, sum.getType(), z, xs, sum, /*transpose_b=*/false));
  });
  kernel.store(sum, kernel.output(emptyResult(kernel.host(), op.getResult().getType(), {})), {first, zero});
  Value blocks = arith::ConstantIndexOp::create(kernel.host(), (size + tokens - 1) / tokens);
  op.getResult().replaceAllUsesWith(kernel.finish(blocks).getResult(0));
  op.erase();
  return success();
}

} // namespace longc
