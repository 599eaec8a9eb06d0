// x^T y as a kernel.
#include "passes/RowProductKernel.h"

#include "passes/FusedOps.h"

using namespace mlir;

namespace longc {

// Rows that one product adds up.
static constexpr int64_t walkedRows = 256;

LogicalResult tileRowProduct(lm::RowProductOp op, tile::TargetAttr facts) {
  auto x = cast<RankedTensorType>(op.getX().getType()), y = cast<RankedTensorType>(op.getY().getType());
  auto result = cast<RankedTensorType>(op.getResult().getType());
  if (!result.hasStaticShape())
    return op.emitOpError("expected a result of static size, got ") << result;
  bool ofHeads = x.getRank() == 3;
  int64_t height = result.getDimSize(ofHeads), width = result.getDimSize(1 + ofHeads);
  std::string name = FusedOps(op).kernelName(op.getX(), std::to_string(height) + "x" + std::to_string(width));
  KernelBuilder kernel(op, name, 3);
  ImplicitLocOpBuilder &b = kernel.body(), &host = kernel.host();
  int64_t rows = fitTile(facts.getMmaRows(), height, 1), columns = fitTile(facts.getMmaCols(), width, 32);
  int64_t depth = fitTile(walkedRows, x.getDimSize(0), 1);
  Value row = kernel.mul(kernel.gridIndex(0), rows), column = kernel.mul(kernel.gridIndex(1), columns);
  Value left = kernel.input(op.getX()), right = kernel.input(op.getY());
  auto place = [&](Value first, Value at) {
    return ofHeads ? SmallVector<Value>{first, kernel.gridIndex(2), at} : SmallVector<Value>{first, at};
  };
  SmallVector<int64_t> dropped = ofHeads ? SmallVector<int64_t>{1} : SmallVector<int64_t>{};
  Value end = tile::DimOp::create(b, b.getIndexType(), left, 0);
  auto loop = scf::ForOp::create(b, kernel.index(0), end, kernel.index(depth),
                                 ValueRange(kernel.constantTile({rows, columns}, 0.0)));
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    Value first = loop.getInductionVar();
    Value a = kernel.load(left, {depth, rows}, place(first, row), {}, {}, dropped);
    a = tile::TransposeOp::create(b, tileType({rows, depth}, tileElement(a)), a);
    Value c = kernel.load(right, {depth, columns}, place(first, column), {}, {}, dropped);
    Value sum = tile::MmaOp::create(b, loop.getResult(0).getType(), a, c, loop.getRegionIterArg(0), /*transpose_b=*/false);
    scf::YieldOp::create(b, ValueRange(sum));
  }
  Value sum = loop.getResult(0);
  if (result.getElementType() != tileElement(sum))
    sum = arith::TruncFOp::create(b, tileType({rows, columns}, result.getElementType()), sum);
  Value to = kernel.output(emptyResult(host, result, {}));
  SmallVector<Value> offsets = {row, column};
  SmallVector<int64_t> unit;
  if (ofHeads)
    offsets.insert(offsets.begin(), kernel.gridIndex(2)), unit.push_back(0);
  kernel.store(sum, to, offsets, {}, {}, unit);
  auto count = [&](int64_t size, int64_t tile) -> Value { return arith::ConstantIndexOp::create(host, (size + tile - 1) / tile); };
  op.getResult().replaceAllUsesWith(
      kernel.finish({count(height, rows), count(width, columns), count(ofHeads ? result.getDimSize(0) : 1, 1)}).getResult(0));
  op.erase();
  return success();
}

} // namespace longc
