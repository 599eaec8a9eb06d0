// Arguments and place in the grid.
#include "codegen/cuda/PointKernel.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace longc;

cuda::KernelOp cuda::beginKernel(tile::KernelOp kernel, int64_t threads, int64_t sharedBytes, OpBuilder &b, IRMapping &scalars, bool ofWarp) {
  const Location loc = kernel.getLoc();
  auto result = KernelOp::create(b, loc, kernel.getSymName(), threads, sharedBytes, /*consumers=*/0, b.getArrayAttr({}), kernel.getGridRank());
  Block &body = result.getBody().emplaceBlock();
  for (bool views : {true, false}) // the runtime passes all views, then all scalars
    for (Value argument : kernel.getKernelArguments())
      if (isa<tile::ViewType>(argument.getType()) == views)
        scalars.map(argument, body.addArgument(argument.getType(), argument.getLoc()));
  SmallVector<Value> sizes;
  for (unsigned i = 0; i < kernel.getGridRank(); ++i)
    sizes.push_back(body.addArgument(b.getIndexType(), loc));
  b.setInsertionPointToStart(&body);
  Value id = CallOp::create(b, loc, b.getIndexType(), ofWarp ? "warp_of_grid" : "block_index", ValueRange(), true).getResult();
  for (unsigned i = sizes.size(); i-- > 0;) { // last index fastest
    scalars.map(kernel.getGridIndices()[i], i == 0 ? id : Value(arith::RemSIOp::create(b, loc, id, sizes[i])));
    if (i != 0)
      id = arith::DivSIOp::create(b, loc, id, sizes[i]);
  }
  return result;
}

void cuda::waitBehind(Operation *last, OpBuilder &b, Location loc, const IRMapping &scalars) {
  llvm::SmallPtrSet<Operation *, 16> read; // what depends on a list
  Value known;
  for (Operation &op : llvm::make_range(last->getBlock()->begin(), std::next(last->getIterator()))) {
    const bool depends = isa<tile::ScalarOp>(op) || llvm::any_of(op.getOperands(), [&](Value operand) { return read.contains(operand.getDefiningOp()); });
    if (!depends || op.getNumResults() != 1 || !op.getResult(0).getType().isIntOrIndex())
      continue;
    read.insert(&op);
    const bool isReadLater = llvm::any_of(op.getUsers(), [&](Operation *user) { return last->isBeforeInBlock(last->getBlock()->findAncestorOpInBlock(*user)); });
    Value value = isReadLater ? scalars.lookupOrNull(op.getResult(0)) : Value();
    if (value && value.getType().isIndex())
      known = known ? Value(arith::XOrIOp::create(b, loc, known, value)) : value;
  }
  CallOp::create(b, loc, TypeRange(), known ? "griddepcontrol_wait_behind" : "griddepcontrol_wait", known ? ValueRange(known) : ValueRange(), false);
}

LogicalResult cuda::expandDivisions(KernelOp kernel) {
  RewritePatternSet patterns(kernel.getContext());
  arith::populateCeilFloorDivExpandOpsPatterns(patterns);
  return applyPatternsGreedily(kernel, std::move(patterns));
}

Operation *cuda::startParametersFirst(tile::KernelOp kernel, bool scalarsAlone) {
  auto numbers = kernel->getAttrOfType<DenseI64ArrayAttr>(kParametersAttribute);
  if (!numbers)
    return nullptr;
  Block &body = kernel.getBody().front();
  llvm::SetVector<Operation *> first;
  auto isKnown = [&](Value value) {
    Operation *op = value.getDefiningOp();
    return !op || first.contains(op);
  };
  auto isParameter = [&](Value view) {
    return llvm::any_of(numbers.asArrayRef(), [&](int64_t number) { return kernel.getKernelArguments()[number] == view; });
  };
  auto readsParameter = [&](Operation &op) {
    if (auto scalar = dyn_cast<tile::ScalarOp>(op))
      return isParameter(scalar.getView());
    auto load = dyn_cast<tile::LoadOp>(op);
    return load && !scalarsAlone && isParameter(load.getView());
  };
  // What a branch reads of a list at the point's own place is there whether the branch is taken or not.
  auto isPlace = [&](Value value) { return isa<BlockArgument>(value) || value.getDefiningOp<arith::ConstantOp>(); };
  for (auto branch : llvm::to_vector(body.getOps<scf::IfOp>()))
    for (auto scalar : llvm::to_vector(branch.thenBlock()->getOps<tile::ScalarOp>()))
      if (isParameter(scalar.getView()) && llvm::all_of(scalar.getOffsets(), isPlace))
        scalar->moveBefore(branch);
  bool reads = false;
  for (Operation &op : body.without_terminator()) { // operands stand before what reads them
    // A division, which is not pure, is computed in any case: it is not moved out of a branch.
    const bool isScalar = op.getNumRegions() == 0 && isMemoryEffectFree(&op) && llvm::none_of(op.getResultTypes(), llvm::IsaPred<RankedTensorType>) &&
                          llvm::none_of(op.getOperandTypes(), llvm::IsaPred<RankedTensorType>) && !isa<tile::ScalarOp>(op);
    if ((!readsParameter(op) && !isScalar) || !llvm::all_of(op.getOperands(), isKnown))
      continue;
    first.insert(&op);
    reads |= readsParameter(op);
  }
  if (!reads)
    return nullptr;
  Operation *last = nullptr;
  for (Operation *op : first) {
    if (last)
      op->moveAfter(last);
    else
      op->moveBefore(&body.front());
    last = op;
  }
  return last;
}
