// x[:, h, :] w[h] as a kernel.
#include "passes/HeadProductKernel.h"

#include "passes/FusedOps.h"
#include "passes/GemmKernel.h"

using namespace mlir;

namespace longc {

LogicalResult tileHeadProduct(lm::ProductOp op, tile::TargetAttr facts) {
  auto x = cast<RankedTensorType>(op.getX().getType()), w = cast<RankedTensorType>(op.getW().getType());
  if (!w.hasStaticShape())
    return op.emitOpError("expected matrices of static size, got ") << w;
  const int64_t heads = w.getDimSize(0), depth = w.getDimSize(1), width = w.getDimSize(2);
  std::string name = FusedOps(op).kernelName(op.getX(), std::to_string(heads) + "x" + std::to_string(depth) + "x" + std::to_string(width));
  KernelBuilder kernel(op, name, 3);
  ImplicitLocOpBuilder &host = kernel.host();
  const int64_t rows = fitTile(facts.getMmaRows(), x.getDimSize(0), 1), columns = fitTile(facts.getMmaCols(), width, 32);
  Value row = kernel.mul(kernel.gridIndex(0), rows), column = kernel.mul(kernel.gridIndex(1), columns), head = kernel.gridIndex(2);
  Value left = kernel.load(kernel.input(op.getX()), {rows, depth}, {row, head, kernel.index(0)}, {}, {}, {1});
  Value right = kernel.load(kernel.input(storedWeight(op.getW())), {depth, columns}, {head, kernel.index(0), column}, {}, {}, {0});
  Value sum = kernel.multiply(left, kernel.converted(right, tileElement(left))); // a parameter is read as it is stored
  sum = kernel.converted(sum, tileElement(op.getResult()));
  kernel.store(sum, kernel.output(emptyResult(host, op.getResult().getType(), op.getX())), {row, head, column}, {}, {}, {1});
  Value grid[] = {hostBlocks(host, op.getX(), 0, rows), arith::ConstantIndexOp::create(host, (width + columns - 1) / columns),
                  arith::ConstantIndexOp::create(host, heads)};
  op.getResult().replaceAllUsesWith(kernel.finish(grid).getResult(0));
  op.erase();
  return success();
}

} // namespace longc
