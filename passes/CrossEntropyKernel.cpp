// Projection and loss.
#include "passes/CrossEntropyKernel.h"

#include "passes/FusedOps.h"
#include "passes/GemmKernel.h"
#include "passes/OnlineSoftmax.h"

#include "mlir/Dialect/Math/IR/Math.h"

#include <cmath>
#include <limits>

using namespace mlir;

namespace longc {
namespace {

constexpr double negativeInfinity = -std::numeric_limits<double>::infinity();

class RowLoss {
public:
  RowLoss(lm::CrossEntropyOp op, KernelBuilder &kernel, const GemmTile &tile, bool withGradient)
      : op_(op), kernel_(kernel), b_(kernel.body()), tile_(tile), withGradient_(withGradient),
        depth_(cast<RankedTensorType>(op.getW().getType()).getDimSize(1)) {}

  // Walks the vocabulary; then the results are known, [rows] f32, and with the gradient of the loss by x [rows, C].
  void run();
  Value lse, loss, gradient;

private:
  template <typename Op, typename... Args> Value make(Args &&...args) {
    return Op::create(b_, std::forward<Args>(args)...);
  }
  Value ofRow(Value host) { return kernel_.load(kernel_.input(host), {tile_.rows}, tile_.row); }
  Value same(Value a, Value b) { return make<arith::CmpIOp>(arith::CmpIPredicate::eq, a, b); }
  Value columns(Value first);
  Value targetRows(Value targets);
  SmallVector<Value> step(Value first, ValueRange carried, Value targets);

  lm::CrossEntropyOp op_;
  KernelBuilder &kernel_;
  ImplicitLocOpBuilder &b_;
  GemmTile tile_;
  bool withGradient_;
  int64_t depth_;
};

// Token id of each column of the tile that begins at `first`.
Value RowLoss::columns(Value first) {
  SmallVector<int64_t> shape = {tile_.rows, tile_.cols};
  Value start = make<arith::IndexCastOp>(b_.getI32Type(), first);
  return make<arith::AddIOp>(make<tile::IotaOp>(tileType(shape, b_.getI32Type()), 1), kernel_.splat(shape, start));
}

// Maximum, sum of weights and target's logit of each row, with the tile of the vocabulary at `first` taken in.
SmallVector<Value> RowLoss::step(Value first, ValueRange carried, Value targets) {
  SmallVector<int64_t> shape = {tile_.rows, tile_.cols};
  GemmTile at = tile_;
  at.col = first;
  Value w = storedWeight(op_.getW());
  Value rows; // of w, where they are read twice
  Value logits;
  if (withGradient_) {
    Value x = kernel_.load(kernel_.input(op_.getX()), {tile_.rows, depth_}, {tile_.row, kernel_.index(0)});
    rows = loadAs(kernel_, kernel_.input(w), {tile_.cols, depth_}, {first, kernel_.index(0)}, tileElement(x));
    logits = tile::MmaOp::create(b_, tileType(shape, b_.getF32Type()), x, rows, kernel_.constantTile(shape, 0.0), /*transpose_b=*/true);
  } else {
    logits = buildProduct(kernel_, at, kernel_.input(op_.getX()), kernel_.input(w));
  }
  Value column = columns(first);
  Value isTarget = same(column, kernel_.expand(targets, 1, tile_.cols));
  Value picked = make<arith::SelectOp>(isTarget, logits, kernel_.constantTile(shape, 0.0));
  Value s = make<arith::MulFOp>(logits, kernel_.constantTile(shape, M_LOG2E));
  int64_t size = cast<RankedTensorType>(op_.getW().getType()).getDimSize(0);
  if (size % tile_.cols != 0) { // columns past the vocabulary have no weight
    auto end = DenseElementsAttr::get(tileType(shape, b_.getI32Type()), static_cast<int32_t>(size));
    Value inside = make<arith::CmpIOp>(arith::CmpIPredicate::slt, column, make<arith::ConstantOp>(end));
    s = make<arith::SelectOp>(inside, s, kernel_.constantTile(shape, negativeInfinity));
  }
  SoftmaxStep step = softmaxStep(kernel_, s, carried[0], carried[1]);
  Value found = make<tile::ReduceOp>(tileType({tile_.rows}, b_.getF32Type()), tile::Reduction::add, picked, 1);
  SmallVector<Value> next = {step.maximum, step.sum, make<arith::AddFOp>(carried[2], found)};
  if (!withGradient_)
    return next;
  Value p = step.weights;
  if (tileElement(rows) != tileElement(p))
    p = make<arith::TruncFOp>(tileType(shape, tileElement(rows)), p);
  Value shrunk = make<arith::MulFOp>(carried[3], kernel_.expand(step.shrink, 1, depth_));
  next.push_back(addProduct(kernel_, shrunk, p, rows));
  return next;
}

// The rows of w that are the targets', as f32; zeros where there is none.
Value RowLoss::targetRows(Value targets) {
  Value w = kernel_.input(storedWeight(op_.getW()));
  Type f32 = b_.getF32Type(), stored = cast<tile::ViewType>(w.getType()).getElementType();
  Type read = isa<tile::QuantizedType>(stored) ? f32 : stored;
  Value rows = make<tile::GatherOp>(tileType({tile_.rows, depth_}, read), w, targets, kernel_.index(0), ArrayRef<int64_t>{});
  return read == f32 ? rows : Value(make<arith::ExtFOp>(tileType({tile_.rows, depth_}, f32), rows));
}

void RowLoss::run() {
  Value targets = ofRow(op_.getTargets()), weights = ofRow(op_.getWeights());
  int64_t size = cast<RankedTensorType>(op_.getW().getType()).getDimSize(0);
  Value zero = kernel_.constantTile({tile_.rows}, 0.0);
  SmallVector<Value> initial = {kernel_.constantTile({tile_.rows}, negativeInfinity), zero, zero};
  if (withGradient_)
    initial.push_back(kernel_.constantTile({tile_.rows, depth_}, 0.0));
  auto loop = scf::ForOp::create(b_, kernel_.index(0), kernel_.index(size), kernel_.index(tile_.cols), initial);
  {
    OpBuilder::InsertionGuard guard(b_);
    b_.setInsertionPointToStart(loop.getBody());
    scf::YieldOp::create(b_, step(loop.getInductionVar(), loop.getRegionIterArgs(), targets));
  }
  Value logarithm = make<arith::AddFOp>(loop.getResult(0), make<math::Log2Op>(loop.getResult(1)));
  lse = make<arith::MulFOp>(logarithm, kernel_.constantTile({tile_.rows}, M_LN2));
  auto ignored = DenseElementsAttr::get(tileType({tile_.rows}, b_.getI32Type()),
                                        static_cast<int32_t>(static_cast<int64_t>(op_.getIgnoreIndex())));
  Value wrong = make<arith::SubFOp>(lse, loop.getResult(2));
  Value none = same(targets, make<arith::ConstantOp>(ignored));
  loss = make<arith::SelectOp>(none, zero, make<arith::MulFOp>(weights, wrong));
  if (!withGradient_)
    return;
  Value share = make<arith::DivFOp>(kernel_.constantTile({tile_.rows}, 1.0), loop.getResult(1));
  Value mean = make<arith::MulFOp>(loop.getResult(3), kernel_.expand(share, 1, depth_));
  Value factor = make<arith::SelectOp>(none, zero, weights);
  gradient = make<arith::MulFOp>(make<arith::SubFOp>(mean, targetRows(targets)), kernel_.expand(factor, 1, depth_));
}

// The sum of a tensor [R], one block in row order.
Value sumOf(Operation *anchor, Value rows, Type type, int64_t width) {
  KernelBuilder kernel(anchor, "sum", 1);
  ImplicitLocOpBuilder &b = kernel.body();
  Value view = kernel.input(rows);
  Value size = tile::DimOp::create(b, b.getIndexType(), view, 0);
  auto loop =
      scf::ForOp::create(b, kernel.index(0), size, kernel.index(width), ValueRange(kernel.constantTile({1}, 0.0)));
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    Value tile = kernel.expand(kernel.load(view, {width}, loop.getInductionVar()), 0, 1);
    Value sum = tile::ReduceOp::create(b, tileType({1}, b.getF32Type()), tile::Reduction::add, tile, 1);
    Value next = arith::AddFOp::create(b, loop.getRegionIterArg(0), sum);
    scf::YieldOp::create(b, ValueRange(next));
  }
  kernel.store(loop.getResult(0), kernel.output(emptyResult(kernel.host(), type, {})), kernel.index(0));
  return kernel.finish(ValueRange(arith::ConstantIndexOp::create(kernel.host(), 1))).getResult(0);
}

} // namespace

lm::CrossEntropyInputGradientOp gradientInSameWalk(lm::CrossEntropyOp op, tile::TargetAttr facts) {
  int64_t columns = cast<RankedTensorType>(op.getW().getType()).getDimSize(1);
  if (facts.getMmaDepth() > 0 && facts.getMmaDepth() < columns) // a block has whole rows of w
    return {};
  for (Operation *user : op.getLse().getUsers()) {
    auto gradient = dyn_cast<lm::CrossEntropyInputGradientOp>(user);
    if (gradient && gradient.getLse() == op.getLse() && gradient.getX() == op.getX() && !gradient.getLseGradient() &&
        storedWeight(gradient.getW()) == storedWeight(op.getW()) && gradient.getTargets() == op.getTargets() &&
        gradient.getWeights() == op.getWeights() && gradient.getIgnoreIndex() == op.getIgnoreIndex())
      return gradient;
  }
  return {};
}

LogicalResult tileCrossEntropy(lm::CrossEntropyOp op, tile::TargetAttr facts, lm::CrossEntropyInputGradientOp gradient) {
  auto x = cast<RankedTensorType>(op.getX().getType()), w = cast<RankedTensorType>(op.getW().getType());
  if (w.isDynamicDim(0) || w.isDynamicDim(1))
    return op.emitOpError("expected a projection of static size, got ") << w;
  int64_t size = w.getDimSize(0), depth = w.getDimSize(1);
  std::string name = FusedOps(op).kernelName(op.getX(), std::to_string(size) + "x" + std::to_string(depth));
  KernelBuilder kernel(op, gradient ? name + "_and_gradient" : name, 1);
  GemmTile tile;
  tile.rows = fitTile(facts.getMmaRows(), x.getDimSize(0), 1);
  tile.cols = fitTile(facts.getMmaCols(), size, 32);
  tile.depth = facts.getMmaDepth() > 0 && depth % facts.getMmaDepth() == 0 ? facts.getMmaDepth() : 0;
  tile.row = kernel.mul(kernel.gridIndex(0), tile.rows);
  RowLoss rows(op, kernel, tile, /*withGradient=*/gradient != nullptr);
  rows.run();
  Value losses = kernel.output(emptyResult(kernel.host(), op.getLse().getType(), op.getX()));
  kernel.store(rows.loss, losses, tile.row);
  kernel.store(rows.lse, kernel.output(emptyResult(kernel.host(), op.getLse().getType(), op.getX())), tile.row);
  if (gradient)
    kernel.store(rows.gradient, kernel.output(emptyResult(kernel.host(), gradient.getResult().getType(), op.getX())),
                 {tile.row, kernel.index(0)});
  tile::LaunchOp launch = kernel.finish(hostBlocks(kernel.host(), op.getX(), 0, tile.rows));
  if (gradient) {
    OpBuilder builder(gradient);
    Value scaled = lm::ScaleByOp::create(builder, gradient.getLoc(), gradient.getResult().getType(), launch.getResult(2),
                                         gradient.getLossGradient());
    gradient.getResult().replaceAllUsesWith(scaled);
    gradient.erase();
  }
  op.getLse().replaceAllUsesWith(launch.getResult(1));
  op.getLoss().replaceAllUsesWith(sumOf(op, launch.getResult(0), op.getLoss().getType(), 1024));
  op.erase();
  return success();
}

} // namespace longc
