// Projection and loss.
#include "passes/CrossEntropyKernel.h"

#include "passes/FusedOps.h"
#include "passes/GemmKernel.h"
#include "passes/OnlineSoftmax.h"
#include "passes/SumShares.h"

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
  // Walks a part of it: maximum, sum of weights and target's logit of each row.
  SmallVector<Value> walk(Value begin, Value end);
  // The results of these of the whole walk.
  void finish(Value maximum, Value sum, Value found);
  Value lse, loss, gradient;

private:
  template <typename Op, typename... Args> Value make(Args &&...args) {
    return Op::create(b_, std::forward<Args>(args)...);
  }
  Value ofRow(Value host, Value &known) { return known ? known : known = kernel_.load(kernel_.input(host), {tile_.rows}, tile_.row); }
  Value targets() { return ofRow(op_.getTargets(), targets_); }
  Value weights() { return ofRow(op_.getWeights(), weights_); }
  Value same(Value a, Value b) { return make<arith::CmpIOp>(arith::CmpIPredicate::eq, a, b); }
  Value targetRows(Value targets);
  SmallVector<Value> step(Value first, ValueRange carried, Value targets);

  lm::CrossEntropyOp op_;
  KernelBuilder &kernel_;
  ImplicitLocOpBuilder &b_;
  GemmTile tile_;
  bool withGradient_;
  int64_t depth_;
  Value targets_, weights_, isLeftOut_; // of the rows
};

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
    logits = kernel_.multiplyRows(x, rows);
  } else {
    logits = buildProduct(kernel_, at, kernel_.input(op_.getX()), kernel_.input(w));
  }
  Value column = kernel_.counted(shape, 1, first); // token id of each
  Value isTarget = same(column, kernel_.expand(targets, 1, tile_.cols));
  Value picked = make<arith::SelectOp>(isTarget, logits, kernel_.constantTile(shape, 0.0));
  Value s = make<arith::MulFOp>(logits, kernel_.constantTile(shape, M_LOG2E));
  int64_t size = cast<RankedTensorType>(op_.getW().getType()).getDimSize(0);
  if (size % tile_.cols != 0) { // columns past the vocabulary have no weight
    Value inside = make<arith::CmpIOp>(arith::CmpIPredicate::slt, column, kernel_.integers(shape, size));
    s = make<arith::SelectOp>(inside, s, kernel_.constantTile(shape, negativeInfinity));
  }
  SoftmaxStep step = softmaxStep(kernel_, s, carried[0], carried[1]);
  Value found = kernel_.reduce(tile::Reduction::add, picked, 1);
  SmallVector<Value> next = {step.maximum, step.sum, make<arith::AddFOp>(carried[2], found)};
  if (!withGradient_)
    return next;
  Value shrunk = make<arith::MulFOp>(carried[3], kernel_.expand(step.shrink, 1, depth_));
  next.push_back(addProduct(kernel_, shrunk, kernel_.converted(step.weights, tileElement(rows)), rows));
  return next;
}

// The rows of w that are the targets', as f32; zeros where there is none.
Value RowLoss::targetRows(Value targets) {
  Value w = kernel_.input(storedWeight(op_.getW()));
  Type f32 = b_.getF32Type(), stored = cast<tile::ViewType>(w.getType()).getElementType();
  Type read = isa<tile::QuantizedType>(stored) ? f32 : stored;
  Value rows = make<tile::GatherOp>(tileType({tile_.rows, depth_}, read), w, targets, kernel_.index(0), ArrayRef<int64_t>{});
  return kernel_.widened(rows);
}

SmallVector<Value> RowLoss::walk(Value begin, Value end) {
  Value targets = this->targets();
  Value zero = kernel_.constantTile({tile_.rows}, 0.0);
  SmallVector<Value> initial = {kernel_.constantTile({tile_.rows}, negativeInfinity), zero, zero};
  if (withGradient_)
    initial.push_back(kernel_.constantTile({tile_.rows, depth_}, 0.0));
  return kernel_.loop(begin, end, tile_.cols, initial, [&](Value at, ValueRange carried) { return step(at, carried, targets); });
}

void RowLoss::finish(Value maximum, Value sum, Value found) {
  Value logarithm = make<arith::AddFOp>(maximum, make<math::Log2Op>(sum));
  lse = make<arith::MulFOp>(logarithm, kernel_.constantTile({tile_.rows}, M_LN2));
  Value wrong = make<arith::SubFOp>(lse, found);
  Value zero = kernel_.constantTile({tile_.rows}, 0.0);
  isLeftOut_ = same(targets(), kernel_.integers({tile_.rows}, static_cast<int64_t>(op_.getIgnoreIndex())));
  loss = make<arith::SelectOp>(isLeftOut_, zero, make<arith::MulFOp>(weights(), wrong));
}

void RowLoss::run() {
  int64_t size = cast<RankedTensorType>(op_.getW().getType()).getDimSize(0);
  targets(), weights();
  SmallVector<Value> walked = walk(kernel_.index(0), kernel_.index(size));
  finish(walked[0], walked[1], walked[2]);
  if (!withGradient_)
    return;
  Value share = make<arith::DivFOp>(kernel_.constantTile({tile_.rows}, 1.0), walked[1]);
  Value mean = make<arith::MulFOp>(walked[3], kernel_.expand(share, 1, depth_));
  Value factor = make<arith::SelectOp>(isLeftOut_, kernel_.constantTile({tile_.rows}, 0.0), weights());
  gradient = make<arith::MulFOp>(make<arith::SubFOp>(mean, targetRows(targets())), kernel_.expand(factor, 1, depth_));
}

// The sum of a tensor [R], one block in row order.
Value sumOf(Operation *anchor, Value rows, Type type, int64_t width) {
  KernelBuilder kernel(anchor, "sum", 1);
  Value view = kernel.input(rows);
  Value all = kernel.accumulate(kernel.index(0), kernel.size(view, 0), width, kernel.constantTile({1}, 0.0), [&](Value at, Value sum) -> Value {
    Value tile = kernel.expand(kernel.load(view, {width}, at), 0, 1);
    return arith::AddFOp::create(kernel.body(), sum, kernel.reduce(tile::Reduction::add, tile, 1));
  });
  kernel.store(all, kernel.output(emptyResult(kernel.host(), type, {})), kernel.index(0));
  return kernel.finish(ValueRange(arith::ConstantIndexOp::create(kernel.host(), 1))).getResult(0);
}

// Maximum, sum and target's logit of each row from each share, as [T, shares].
tile::LaunchOp walkInShares(lm::CrossEntropyOp op, StringRef name, GemmTile tile, SumShares shares) {
  KernelBuilder kernel(op, name, 2);
  tile.row = kernel.mul(kernel.gridIndex(0), tile.rows);
  RowLoss rows(op, kernel, tile, /*withGradient=*/false);
  int64_t size = cast<RankedTensorType>(op.getW().getType()).getDimSize(0);
  auto [begin, end] = shares.part(kernel, kernel.gridIndex(1), kernel.index(size), tile.cols);
  auto type = RankedTensorType::get({cast<RankedTensorType>(op.getX().getType()).getDimSize(0), shares.count}, kernel.host().getF32Type());
  for (Value part : rows.walk(begin, end))
    kernel.store(part, kernel.output(emptyResult(kernel.host(), type, op.getX())), {tile.row, kernel.gridIndex(1)}, {}, {}, {1});
  return kernel.finish({hostBlocks(kernel.host(), op.getX(), 0, tile.rows), arith::ConstantIndexOp::create(kernel.host(), shares.count)});
}

// Loss and lse of the rows, from the shares.
tile::LaunchOp joinShares(lm::CrossEntropyOp op, StringRef name, tile::LaunchOp walked, SumShares shares) {
  constexpr int64_t joinedRows = 32;
  KernelBuilder kernel(op, name.str() + "_join", 1);
  ImplicitLocOpBuilder &b = kernel.body();
  GemmTile tile{kernel.mul(kernel.gridIndex(0), joinedRows), {}, joinedRows, 0, 0};
  RowLoss rows(op, kernel, tile, /*withGradient=*/false);
  auto reduced = [&](tile::Reduction kind, Value of) { return kernel.reduce(kind, of, 1); };
  Value parts[3];
  for (auto [part, result] : llvm::zip(parts, walked.getResults()))
    part = kernel.load(kernel.input(result), {joinedRows, shares.count}, {tile.row, kernel.index(0)});
  Value maximum = reduced(tile::Reduction::max, parts[0]);
  Value shrink = math::Exp2Op::create(b, arith::SubFOp::create(b, parts[0], kernel.expand(maximum, 1, shares.count)));
  rows.finish(maximum, reduced(tile::Reduction::add, arith::MulFOp::create(b, parts[1], shrink)), reduced(tile::Reduction::add, parts[2]));
  for (Value result : {rows.loss, rows.lse})
    kernel.store(result, kernel.output(emptyResult(kernel.host(), op.getLse().getType(), op.getX())), tile.row);
  return kernel.finish(hostBlocks(kernel.host(), op.getX(), 0, joinedRows));
}

// The launch's first two results are losses and lse of the rows.
void replaceBy(lm::CrossEntropyOp op, tile::LaunchOp launch) {
  op.getLse().replaceAllUsesWith(launch.getResult(1));
  op.getLoss().replaceAllUsesWith(sumOf(op, launch.getResult(0), op.getLoss().getType(), 1024));
  op.erase();
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
  GemmTile tile;
  tile.rows = fitTile(facts.getMmaRows(), x.getDimSize(0), 1);
  tile.cols = fitTile(facts.getMmaCols(), size, 32);
  tile.depth = facts.getMmaDepth() > 0 && depth % facts.getMmaDepth() == 0 ? facts.getMmaDepth() : 0;
  if (auto shares = SumShares::ofVocabulary(facts, x, tile.rows); shares.areSeveral() && !gradient) {
    replaceBy(op, joinShares(op, name, walkInShares(op, name, tile, shares), shares));
    return success();
  }
  KernelBuilder kernel(op, gradient ? name + "_and_gradient" : name, 1);
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
  replaceBy(op, launch);
  return success();
}

} // namespace longc
