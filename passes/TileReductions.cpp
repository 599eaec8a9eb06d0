// Sums over rows, rows added by index, transposes and last sizes of 1: kernels whose blocks own columns, so that each sum has one
// order.
#include "passes/Passes.h"
#include "passes/FusedOps.h"
#include "passes/TargetFacts.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace longc {
#define GEN_PASS_DEF_TILEREDUCTIONSPASS
#include "passes/Passes.h.inc"

namespace {

constexpr int64_t ownedColumns = 64; // of a block
constexpr int64_t summedRows = 32;   // that one product with ones adds up
constexpr int64_t turnedSide = 16;   // of a square that is transposed

RankedTensorType typeOf(Value value) { return cast<RankedTensorType>(value.getType()); }

// Rows of ones times the rows.
LogicalResult tile(lm::SumRowsOp op) {
  RankedTensorType x = typeOf(op.getX());
  int64_t width = x.getShape().back(), columns = fitTile(ownedColumns, width, 16);
  bool ofHeads = x.getRank() == 3;
  KernelBuilder kernel(op, FusedOps(op).kernelName(op.getX(), std::to_string(width)), 1);
  ImplicitLocOpBuilder &host = kernel.host();
  Value column = kernel.mul(kernel.gridIndex(0), columns), view = kernel.input(op.getX());
  int64_t step = ofHeads ? 1 : fitTile(summedRows, x.getDimSize(0), 1), rows = ofHeads ? x.getDimSize(1) : step;
  Value ones = kernel.constantTile({1, rows}, 1.0);
  Value all = kernel.accumulate(kernel.index(0), kernel.size(view, 0), step, kernel.constantTile({1, columns}, 0.0), [&](Value row, Value sum) {
    Value part = ofHeads ? kernel.load(view, {rows, columns}, {row, kernel.index(0), column}, {}, {}, {0})
                         : kernel.load(view, {rows, columns}, {row, column});
    return kernel.multiply(ones, part, sum);
  });
  kernel.store(kernel.reshape(all, {columns}), kernel.output(emptyResult(host, op.getResult().getType(), {})), column);
  Value blocks = arith::ConstantIndexOp::create(host, (width + columns - 1) / columns);
  op.getResult().replaceAllUsesWith(kernel.finish(blocks).getResult(0));
  op.erase();
  return success();
}

// A tensor with these contents that a launch may write over: the tensor itself where nobody else reads it.
Value overwritable(lm::ScatterAddOp op, int64_t columns) {
  Value x = op.getX();
  if (x.hasOneUse() && x.getDefiningOp<tile::LaunchOp>())
    return x;
  RankedTensorType type = typeOf(x);
  KernelBuilder copy(op, "copy_" + std::to_string(type.getDimSize(1)), 2);
  int64_t rows = fitTile(summedRows, type.getDimSize(0), 1);
  Value offsets[] = {copy.mul(copy.gridIndex(0), rows), copy.mul(copy.gridIndex(1), columns)};
  copy.store(copy.load(copy.input(x), {rows, columns}, offsets), copy.output(emptyResult(copy.host(), type, x)), offsets);
  return copy.finish({hostBlocks(copy.host(), x, 0, rows), hostBlocks(copy.host(), x, 1, columns)}).getResult(0);
}

// Row by row in their order; an index that is none of the matrix adds nothing.
LogicalResult tile(lm::ScatterAddOp op) {
  RankedTensorType x = typeOf(op.getX());
  int64_t width = x.getDimSize(1);
  if (ShapedType::isDynamic(width))
    return op.emitOpError("expected a matrix with a static number of columns, got ") << x;
  int64_t columns = fitTile(ownedColumns, width, 16);
  Value target = overwritable(op, columns);
  KernelBuilder kernel(op, FusedOps(op).kernelName(op.getX(), std::to_string(width)), 1);
  ImplicitLocOpBuilder &b = kernel.body();
  Value column = kernel.mul(kernel.gridIndex(0), columns), rows = kernel.input(op.getRows());
  Value indices = kernel.input(op.getIndices()), out = kernel.output(target);
  Value count = kernel.size(indices, 0), height = kernel.size(out, 0);
  kernel.loop(kernel.index(0), count, 1, {}, [&](Value row, ValueRange) {
    Value place = kernel.scalar(indices, row);
    Value negative = arith::CmpIOp::create(b, arith::CmpIPredicate::slt, place, kernel.index(0));
    place = arith::SelectOp::create(b, negative, height, place);
    tile::StoreOp::create(b, kernel.load(rows, {1, columns}, {row, column}), out, ValueRange{place, column}, Value(), Value(),
                          ArrayRef<int64_t>{}, /*accumulate=*/true);
    return SmallVector<Value>();
  });
  Value blocks = arith::ConstantIndexOp::create(kernel.host(), (width + columns - 1) / columns);
  op.getResult().replaceAllUsesWith(kernel.finish(blocks).getResult(0));
  op.erase();
  return success();
}

LogicalResult tile(lm::TransposeOp op) {
  RankedTensorType x = typeOf(op.getX()), result = typeOf(op.getResult());
  bool several = x.getRank() == 3;
  KernelBuilder kernel(op, FusedOps(op).kernelName(op.getX(), ""), 2 + several);
  ImplicitLocOpBuilder &host = kernel.host();
  int64_t height = fitTile(turnedSide, x.getDimSize(several), 1), width = fitTile(turnedSide, x.getDimSize(1 + several), 1);
  SmallVector<Value> from = {kernel.mul(kernel.gridIndex(0), height), kernel.mul(kernel.gridIndex(1), width)};
  SmallVector<Value> to = {from[1], from[0]}, sizes;
  SmallVector<Value> grid = {hostBlocks(host, op.getX(), several, height), hostBlocks(host, op.getX(), 1 + several, width)};
  SmallVector<int64_t> dropped;
  if (several) {
    from.insert(from.begin(), kernel.gridIndex(2)), to.insert(to.begin(), kernel.gridIndex(2)), dropped.push_back(0);
    grid.push_back(hostSize(host, op.getX(), 0));
  }
  Value tile = kernel.load(kernel.input(op.getX()), {height, width}, from, {}, {}, dropped);
  for (int64_t dim = 0; dim < result.getRank(); ++dim)
    if (result.isDynamicDim(dim))
      sizes.push_back(hostSize(host, op.getX(), dim < result.getRank() - 2 ? dim : 2 * result.getRank() - 3 - dim));
  kernel.store(kernel.transpose(tile), kernel.output(tensor::EmptyOp::create(host, result, sizes)), to, {}, {}, dropped);
  op.getResult().replaceAllUsesWith(kernel.finish(grid).getResult(0));
  op.erase();
  return success();
}

// A last size of 1 comes or goes: rows are copied as they are.
LogicalResult tile(lm::ReshapeOp op) {
  RankedTensorType x = typeOf(op.getX()), result = typeOf(op.getResult());
  const int64_t rank = std::max(x.getRank(), result.getRank());
  const bool isUnit = x.getRank() + result.getRank() == 2 * rank - 1 && rank <= 3 && (x.getRank() == rank ? x : result).getShape().back() == 1;
  if (!isUnit)
    return op.emitOpError("is in no kernel: expected a last size of 1 that is added or taken away, got ") << x << " to " << result;
  const int64_t width = rank == 3 ? result.getDimSize(1) : 1, rows = fitTile(summedRows, x.getDimSize(0), 1);
  KernelBuilder kernel(op, FusedOps(op).kernelName(op.getX(), std::to_string(width)), 1);
  Value row = kernel.mul(kernel.gridIndex(0), rows), zero = kernel.index(0);
  const int64_t sizes[] = {rows, width, 1};
  Value places[] = {row, zero, zero};
  Value tile = kernel.load(kernel.input(op.getX()), ArrayRef(sizes).take_front(x.getRank()), ArrayRef(places).take_front(x.getRank()));
  kernel.store(kernel.reshape(tile, ArrayRef(sizes).take_front(result.getRank())), kernel.output(emptyResult(kernel.host(), result, op.getX())),
               ArrayRef(places).take_front(result.getRank()));
  op.getResult().replaceAllUsesWith(kernel.finish(hostBlocks(kernel.host(), op.getX(), 0, rows)).getResult(0));
  op.erase();
  return success();
}

struct TileReductionsPass : impl::TileReductionsPassBase<TileReductionsPass> {
  void runOnOperation() override {
    SmallVector<Operation *> ops;
    for (auto function : getOperation().getOps<FunctionOpInterface>())
      function->walk([&](Operation *op) {
        if (isa<lm::ReshapeOp, lm::ScatterAddOp, lm::SumRowsOp, lm::TransposeOp>(op))
          ops.push_back(op);
      });
    for (Operation *op : ops) {
      LogicalResult done = llvm::TypeSwitch<Operation *, LogicalResult>(op)
                               .Case<lm::ReshapeOp, lm::ScatterAddOp, lm::SumRowsOp, lm::TransposeOp>([](auto each) { return tile(each); })
                               .Default([](Operation *) { return failure(); });
      if (failed(done))
        return signalPassFailure();
    }
  }
};

} // namespace
} // namespace longc
