// x^T y as a kernel.
#include "passes/RowProductKernel.h"

#include "passes/FusedOps.h"
#include "passes/GemmKernel.h"
#include "passes/SumShares.h"

#include <tuple>

using namespace mlir;

namespace longc {

// Rows that one product adds up.
static constexpr int64_t walkedRows = 256;

namespace {

// How the product is cut: a block owns a tile of the result, and of the rows a share. More than one share are added up in a
// second kernel, in their order.
struct Cut {
  int64_t height, width, heads;
  int64_t rows, columns, depth;
  SumShares shares;

  Cut(lm::RowProductOp op, tile::TargetAttr facts) {
    auto x = cast<RankedTensorType>(op.getX().getType()), result = cast<RankedTensorType>(op.getResult().getType());
    bool ofHeads = x.getRank() == 3;
    height = result.getDimSize(ofHeads), width = result.getDimSize(1 + ofHeads);
    heads = ofHeads ? result.getDimSize(0) : 1;
    const int64_t copied = facts.getCopiedCols();
    rows = fitTile(facts.getMmaRows(), height, 1), columns = fitTile(facts.getMmaCols(), width, copied ? copied : 32);
    depth = facts.getMmaDepth() ? facts.getMmaDepth() : fitTile(walkedRows, x.getDimSize(0), 1);
    if (copied) // whole steps: what lies past an end is zero, and not stored
      rows = llvm::alignTo(rows, copied), columns = llvm::alignTo(columns, copied);
    shares = SumShares::of(facts, blocks(height, rows) * blocks(width, columns) * heads);
  }
  static int64_t blocks(int64_t size, int64_t tile) { return (size + tile - 1) / tile; }
};

class RowProductTiler {
public:
  RowProductTiler(lm::RowProductOp op, tile::TargetAttr facts)
      : op_(op), result_(cast<RankedTensorType>(op.getResult().getType())),
        ofHeads_(cast<RankedTensorType>(op.getX().getType()).getRank() == 3), cut_(op, facts) {}

  void tile() {
    Value product = products();
    op_.getResult().replaceAllUsesWith(cut_.shares.areSeveral() ? sumOf(product) : product);
    op_.erase();
  }

private:
  std::string nameOf() {
    return FusedOps(op_).kernelName(op_.getX(), std::to_string(cut_.height) + "x" + std::to_string(cut_.width));
  }

  // Of each share: [heads, H, W], of several shares [heads · shares, H, W] in float32.
  Value products();
  Value sumOf(Value shares);

  lm::RowProductOp op_;
  RankedTensorType result_;
  bool ofHeads_;
  Cut cut_;
};

Value RowProductTiler::products() {
  KernelBuilder kernel(op_, nameOf(), 3);
  ImplicitLocOpBuilder &host = kernel.host();
  Value row = kernel.mul(kernel.gridIndex(0), cut_.rows), column = kernel.mul(kernel.gridIndex(1), cut_.columns);
  Value head = cut_.shares.areSeveral() ? kernel.div(kernel.gridIndex(2), cut_.shares.count) : kernel.gridIndex(2);
  Value left = kernel.input(op_.getX()), right = kernel.input(op_.getY());
  Value begin = kernel.index(0), end = kernel.size(left, 0);
  if (cut_.shares.areSeveral())
    std::tie(begin, end) = cut_.shares.part(kernel, kernel.rem(kernel.gridIndex(2), cut_.shares.count), end, cut_.depth);
  Value sum = buildRowProduct(kernel, {row, column, cut_.rows, cut_.columns, cut_.depth}, left, right, begin, end, ofHeads_ ? head : Value());
  auto type = cut_.shares.areSeveral() ? RankedTensorType::get({cut_.heads * cut_.shares.count, cut_.height, cut_.width}, host.getF32Type()) : result_;
  SmallVector<Value> offsets = {row, column};
  SmallVector<int64_t> unit;
  if (type.getRank() == 3)
    offsets.insert(offsets.begin(), kernel.gridIndex(2)), unit.push_back(0);
  kernel.store(kernel.converted(sum, type.getElementType()), kernel.output(emptyResult(host, type, {})), offsets, {}, {}, unit);
  auto count = [&](int64_t blocks) -> Value { return arith::ConstantIndexOp::create(host, blocks); };
  return kernel
      .finish({count(Cut::blocks(cut_.height, cut_.rows)), count(Cut::blocks(cut_.width, cut_.columns)),
               count(cut_.heads * cut_.shares.count)})
      .getResult(0);
}

Value RowProductTiler::sumOf(Value shares) {
  constexpr int64_t mostColumns = 256;
  int64_t columns = fitTile(mostColumns, cut_.width, 32);
  KernelBuilder kernel(op_, nameOf() + "_sum", 3);
  ImplicitLocOpBuilder &host = kernel.host();
  Value row = kernel.gridIndex(0), column = kernel.mul(kernel.gridIndex(1), columns);
  Value first = kernel.mul(kernel.gridIndex(2), cut_.shares.count);
  Value parts = kernel.load(kernel.input(shares), {cut_.shares.count, columns}, {first, row, column}, {}, {}, {1});
  Value sum = kernel.converted(kernel.reduce(tile::Reduction::add, parts, 0), result_.getElementType());
  SmallVector<Value> offsets = {row, column};
  SmallVector<int64_t> unit = {0};
  if (ofHeads_)
    offsets.insert(offsets.begin(), kernel.gridIndex(2)), unit.push_back(1);
  kernel.store(sum, kernel.output(emptyResult(host, result_, {})), offsets, {}, {}, unit);
  auto count = [&](int64_t blocks) -> Value { return arith::ConstantIndexOp::create(host, blocks); };
  return kernel.finish({count(cut_.height), count(Cut::blocks(cut_.width, columns)), count(cut_.heads)}).getResult(0);
}

} // namespace

LogicalResult tileRowProduct(lm::RowProductOp op, tile::TargetAttr facts) {
  if (auto result = cast<RankedTensorType>(op.getResult().getType()); !result.hasStaticShape())
    return op.emitOpError("expected a result of static size, got ") << result;
  RowProductTiler(op, facts).tile();
  return success();
}

} // namespace longc
