// Gradients of projection and loss.
#include "passes/CrossEntropyGradientKernel.h"

#include "passes/FusedOps.h"
#include "passes/GemmKernel.h"
#include "passes/LogitGradients.h"
#include "passes/SumShares.h"

#include <tuple>

using namespace mlir;

namespace longc {
namespace {

template <typename GradientOp> LogicalResult checkProjection(GradientOp op) {
  auto w = cast<RankedTensorType>(op.getW().getType());
  return w.hasStaticShape() ? success() : LogicalResult(op.emitOpError("expected a projection of static size, got ") << w);
}

template <typename GradientOp> std::string nameOf(GradientOp op) { return FusedOps(op).kernelName(op.getX(), LossOperands::of(op).sizes()); }

// How a sum of gradients of logits times rows of `right` is cut, over all of these: logits are products of the rows of `left` that
// the block owns and those of `right`. A block has all columns of both, or makes logits in steps of some columns. It may add up a
// share of the rows of `right` alone.
struct Cut {
  int64_t columns, owned, depth, rows, otherRows;
  SumShares shares;

  Cut(tile::TargetAttr facts, RankedTensorType left, int64_t length) {
    owned = columns = left.getDimSize(1);
    depth = facts.getMmaDepth();
    rows = fitTile(facts.getMmaRows(), left.getDimSize(0), 1);
    otherRows = fitTile(facts.getMmaCols(), length, 32);
    shares = SumShares::ofVocabulary(facts, left, rows);
    if (facts.getCopiedCols() == 0)
      return;
    // Accumulators of both products at once, so that logits are square at most; whole steps: what lies past an end is zero, and not stored.
    owned = llvm::alignTo(columns, facts.getCopiedCols());
    otherRows = llvm::alignTo(fitTile(std::min(facts.getMmaCols(), facts.getMmaRows()), length, 32), 32);
    rows = llvm::alignTo(rows, facts.getCopiedCols());
  }
  unsigned gridRank() const { return shares.areSeveral() ? 2 : 1; }
};

class GradientSum {
public:
  GradientSum(KernelBuilder &kernel, const Cut &cut, Value left, Value right, Type element)
      : kernel_(kernel), b_(kernel.body()), left_(kernel.input(left)), right_(kernel.input(right)), element_(element), cut_(cut),
        tile_{kernel.mul(kernel.gridIndex(0), cut.rows), {}, cut.rows, cut.otherRows, cut.depth} {}

  int64_t rows() const { return cut_.rows; }           // of `left`, a block
  int64_t otherRows() const { return cut_.otherRows; } // of `right`, a pass
  Value row() const { return tile_.row; }

  // `gradients(logits, at)` of the logits with the rows of `right` from `at` on.
  template <typename Gradients> Value build(Gradients gradients) {
    Value zero = kernel_.index(0);
    Value own = isStepped() ? Value() : loadAs(kernel_, left_, {tile_.rows, cut_.columns}, {tile_.row, zero}, element_);
    Value begin = zero, end = kernel_.size(right_, 0);
    if (cut_.shares.areSeveral())
      std::tie(begin, end) = cut_.shares.part(kernel_, kernel_.gridIndex(1), end, tile_.cols);
    return kernel_.accumulate(begin, end, tile_.cols, kernel_.constantTile({tile_.rows, cut_.owned}, 0.0), [&](Value at, Value sum) {
      Value others = isStepped() ? Value() : loadAs(kernel_, right_, {tile_.cols, cut_.columns}, {at, zero}, element_);
      Value z = gradients(logits(own, others, at), at);
      if (isStepped())
        others = loadAs(kernel_, right_, {tile_.cols, cut_.owned}, {at, zero}, element_);
      return addProduct(kernel_, sum, z, others);
    });
  }

  // Stores the sum as the launch's result, [R, C] or [R, shares, C]; the launch's grid.
  SmallVector<Value> store(Value sum, Value result, Value sizes) {
    auto type = cast<RankedTensorType>(result.getType());
    auto count = [&](int64_t blocks) -> Value { return arith::ConstantIndexOp::create(kernel_.host(), blocks); };
    Value blocks = sizes ? hostBlocks(kernel_.host(), sizes, 0, tile_.rows) : count((type.getDimSize(0) + tile_.rows - 1) / tile_.rows);
    Value zero = kernel_.index(0);
    if (!cut_.shares.areSeveral()) {
      kernel_.store(sum, kernel_.output(emptyResult(kernel_.host(), type, sizes)), {tile_.row, zero});
      return {blocks};
    }
    auto parts = RankedTensorType::get({type.getDimSize(0), cut_.shares.count, type.getDimSize(1)}, b_.getF32Type());
    kernel_.store(sum, kernel_.output(emptyResult(kernel_.host(), parts, sizes)), {tile_.row, kernel_.gridIndex(1), zero}, {}, {}, {1});
    return {blocks, count(cut_.shares.count)};
  }

private:
  bool isStepped() const { return tile_.depth > 0; }

  Value logits(Value own, Value others, Value at) {
    tile_.col = at;
    return isStepped() ? buildProduct(kernel_, tile_, left_, right_) : kernel_.multiplyRows(own, others);
  }

  KernelBuilder &kernel_;
  ImplicitLocOpBuilder &b_;
  Value left_, right_;
  Type element_;
  Cut cut_;
  GemmTile tile_;
};

// The sum of [R, shares, C] over the shares, in their order.
Value sumOfShares(Operation *anchor, StringRef name, Value parts, RankedTensorType type) {
  constexpr int64_t mostColumns = 1024;
  ArrayRef<int64_t> sizes = cast<RankedTensorType>(parts.getType()).getShape();
  int64_t columns = fitTile(mostColumns, sizes[2], 32);
  KernelBuilder kernel(anchor, name.str() + "_sum", 2);
  Value row = kernel.gridIndex(0), column = kernel.mul(kernel.gridIndex(1), columns);
  Value some = kernel.load(kernel.input(parts), {sizes[1], columns}, {row, kernel.index(0), column}, {}, {}, {0});
  kernel.store(kernel.reduce(tile::Reduction::add, some, 0), kernel.output(emptyResult(kernel.host(), type, parts)), {row, column}, {}, {}, {0});
  return kernel.finish({hostSize(kernel.host(), parts, 0), hostBlocks(kernel.host(), parts, 2, columns)}).getResult(0);
}

} // namespace

bool exceedBlock(tile::TargetAttr facts, int64_t columns) { return facts.getSumCols() > 0 && columns > facts.getSumCols(); }

LogicalResult tileCrossEntropyGradient(lm::CrossEntropyInputGradientOp op, tile::TargetAttr facts) {
  if (failed(checkProjection(op)))
    return failure();
  const Cut cut(facts, cast<RankedTensorType>(op.getX().getType()), cast<RankedTensorType>(op.getW().getType()).getDimSize(0));
  KernelBuilder kernel(op, nameOf(op), cut.gridRank());
  GradientSum sum(kernel, cut, op.getX(), storedWeight(op.getW()), tileElement(op.getX()));
  LogitGradients logits(LossOperands::of(op), kernel, /*rowDim=*/0);
  auto known = logits.rows(sum.row(), sum.rows());
  Value built = sum.build([&](Value tile, Value first) { return logits.gradients(tile, known, first); });
  Value result = kernel.finish(sum.store(built, op.getResult(), op.getX())).getResult(0);
  if (cut.shares.areSeveral())
    result = sumOfShares(op, nameOf(op), result, cast<RankedTensorType>(op.getResult().getType()));
  op.getResult().replaceAllUsesWith(result);
  op.erase();
  return success();
}

LogicalResult tileCrossEntropyGradient(lm::CrossEntropyWeightGradientOp op, tile::TargetAttr facts) {
  if (failed(checkProjection(op)))
    return failure();
  auto w = cast<RankedTensorType>(op.getW().getType());
  const Cut cut(facts, w, cast<RankedTensorType>(op.getX().getType()).getDimSize(0));
  KernelBuilder kernel(op, nameOf(op), cut.gridRank());
  GradientSum sum(kernel, cut, storedWeight(op.getW()), op.getX(), tileElement(op.getX()));
  LogitGradients logits(LossOperands::of(op), kernel, /*rowDim=*/1);
  Value built = sum.build(
      [&](Value tile, Value row) { return logits.gradients(tile, logits.rows(row, sum.otherRows()), sum.row()); });
  op.getResult().replaceAllUsesWith(kernel.finish(sum.store(built, op.getResult(), {})).getResult(0));
  op.erase();
  return success();
}

} // namespace longc
