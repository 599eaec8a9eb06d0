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

// A sum of gradients of logits times rows of `right`, over all of these: logits are products of the rows of `left` that the
// block owns and those of `right`. A block has all columns of both; or it adds up logits in steps of some columns and owns a
// part of the sum's, so that each block of columns makes the logits anew.
class GradientSum {
public:
  GradientSum(KernelBuilder &kernel, tile::TargetAttr facts, Value left, Value right, Type element)
      : kernel_(kernel), b_(kernel.body()), left_(kernel.input(left)), right_(kernel.input(right)), element_(element) {
    ArrayRef<int64_t> sizes = cast<tile::ViewType>(left_.getType()).getShape();
    int64_t length = cast<tile::ViewType>(right_.getType()).getShape()[0];
    owned_ = columns_ = sizes[1];
    tile_.depth = facts.getMmaDepth();
    tile_.rows = fitTile(facts.getMmaRows(), sizes[0], 1);
    tile_.cols = fitTile(facts.getMmaCols(), length, 32);
    if (isStepped()) { // accumulators of both products at once; whole steps: what lies past an end is zero, and not stored
      owned_ = llvm::alignTo(fitTile(192, columns_, 64), 64);
      tile_.cols = llvm::alignTo(fitTile(std::min<int64_t>(facts.getMmaCols(), 128), length, 32), 32);
      tile_.rows = llvm::alignTo(tile_.rows, 64);
    }
    tile_.row = kernel_.mul(kernel_.gridIndex(0), tile_.rows);
  }

  int64_t rows() const { return tile_.rows; }       // of `left`, a block
  int64_t otherRows() const { return tile_.cols; }  // of `right`, a pass
  int64_t columnBlocks() const { return (columns_ + owned_ - 1) / owned_; }
  Value row() const { return tile_.row; }

  // `gradients(logits, at)` of the logits with the rows of `right` from `at` on.
  template <typename Gradients> Value build(Gradients gradients) {
    Value zero = kernel_.index(0);
    Value own = isStepped() ? Value() : loadAs(kernel_, left_, {tile_.rows, columns_}, {tile_.row, zero}, element_);
    Value end = tile::DimOp::create(b_, b_.getIndexType(), right_, 0);
    auto loop = scf::ForOp::create(b_, zero, end, kernel_.index(tile_.cols),
                                   ValueRange(kernel_.constantTile({tile_.rows, owned_}, 0.0)));
    OpBuilder::InsertionGuard guard(b_);
    b_.setInsertionPointToStart(loop.getBody());
    Value at = loop.getInductionVar(), sum = loop.getRegionIterArg(0);
    Value others = isStepped() ? Value() : loadAs(kernel_, right_, {tile_.cols, columns_}, {at, zero}, element_);
    Value z = gradients(logits(own, others, at), at);
    if (isStepped())
      others = loadAs(kernel_, right_, {tile_.cols, owned_}, {at, column()}, element_);
    scf::YieldOp::create(b_, ValueRange(addProduct(kernel_, sum, z, others)));
    return loop.getResult(0);
  }

  // Stores the sum as the launch's result; the launch's grid.
  SmallVector<Value> store(Value sum, Value result, Value sizes) {
    kernel_.store(sum, kernel_.output(emptyResult(kernel_.host(), result.getType(), sizes)), {tile_.row, column()});
    Value blocks = sizes ? hostBlocks(kernel_.host(), sizes, 0, tile_.rows)
                         : Value(arith::ConstantIndexOp::create(
                               kernel_.host(), (cast<RankedTensorType>(result.getType()).getDimSize(0) + tile_.rows - 1) / tile_.rows));
    return {blocks, arith::ConstantIndexOp::create(kernel_.host(), columnBlocks())};
  }

private:
  bool isStepped() const { return tile_.depth > 0; }
  Value column() { return kernel_.mul(kernel_.gridIndex(1), owned_); }

  Value logits(Value own, Value others, Value at) {
    if (isStepped()) {
      tile_.col = at;
      return buildProduct(kernel_, tile_, left_, right_);
    }
    SmallVector<int64_t> shape = {tile_.rows, tile_.cols};
    return tile::MmaOp::create(b_, tileType(shape, b_.getF32Type()), own, others, kernel_.constantTile(shape, 0.0),
                               /*transpose_b=*/true);
  }

  KernelBuilder &kernel_;
  ImplicitLocOpBuilder &b_;
  Value left_, right_;
  Type element_;
  int64_t columns_, owned_;
  GemmTile tile_;
};

} // namespace

LogicalResult tileCrossEntropyGradient(lm::CrossEntropyInputGradientOp op, tile::TargetAttr facts) {
  if (failed(checkProjection(op)))
    return failure();
  KernelBuilder kernel(op, nameOf(op), 2);
  GradientSum sum(kernel, facts, op.getX(), storedWeight(op.getW()), tileElement(op.getX()));
  LogitGradients<lm::CrossEntropyInputGradientOp> logits(op, kernel, /*rowDim=*/0);
  auto known = logits.rows(sum.row(), sum.rows());
  Value built = sum.build([&](Value tile, Value first) { return logits.gradients(tile, known, first); });
  op.getResult().replaceAllUsesWith(kernel.finish(sum.store(built, op.getResult(), op.getX())).getResult(0));
  op.erase();
  return success();
}

LogicalResult tileCrossEntropyGradient(lm::CrossEntropyWeightGradientOp op, tile::TargetAttr facts) {
  if (failed(checkProjection(op)))
    return failure();
  KernelBuilder kernel(op, nameOf(op), 2);
  GradientSum sum(kernel, facts, storedWeight(op.getW()), op.getX(), tileElement(op.getX()));
  LogitGradients<lm::CrossEntropyWeightGradientOp> logits(op, kernel, /*rowDim=*/1);
  Value built = sum.build(
      [&](Value tile, Value row) { return logits.gradients(tile, logits.rows(row, sum.otherRows()), sum.row()); });
  op.getResult().replaceAllUsesWith(kernel.finish(sum.store(built, op.getResult(), {})).getResult(0));
  op.erase();
  return success();
}

} // namespace longc
