// Running exact selection in the block form: a row's k best and what was offered since lie in shared memory, a warp a row.
// `select_offer` of the prelude appends what beats the k-th best so far, and tells the k best apart when there is no room left.
#include "codegen/cuda/BlockLowering.h"

#include "llvm/Support/SaveAndRestore.h"

using namespace mlir;
using namespace longc;
using namespace longc::cuda;

static std::string ofSelection(StringRef callee, tile::TopkType type) {
  return (callee + "<" + Twine(type.getRows()) + ", " + Twine(type.getK()) + ", " + Twine(BlockPlan::capacityOf(type)) + ">").str();
}

Value BlockLowering::selectionAt(Value state) {
  return SharedTileOp::create(b, loc, PointerType::get(b.getContext(), b.getF32Type()), plan_.offsetOf(state));
}

void BlockLowering::lower(tile::TopkInitOp op) {
  beginStage({}, op.getState());
  call(ofSelection("select_nothing", op.getState().getType()), selectionAt(op.getState()));
}

void BlockLowering::lower(tile::TopkUpdateOp op) {
  const auto scores = cast<RankedTensorType>(op.getScores().getType());
  beginStage({op.getScores(), op.getState()}, op.getResult());
  OpBuilder::InsertionGuard guard(b);
  llvm::SaveAndRestore<decltype(known_)> known(known_, {});
  Value lane = rem(thread(), kWarpThreads), first = scalars.lookup(op.getFirst()), columns = constant(scores.getDimSize(1));
  Value state = selectionAt(op.getState());
  Value row = openLoop(div(thread(), kWarpThreads), constant(scores.getDimSize(0)), kBlockThreads / kWarpThreads).getInductionVar();
  Value column = add(openLoop(constant(0), columns, kWarpThreads).getInductionVar(), lane);
  // All lanes take part; one that has no column offers what is never selected.
  auto inside = scf::IfOp::create(b, loc, b.getF32Type(), compare(arith::CmpIPredicate::slt, column, columns), /*withElse=*/true);
  {
    OpBuilder::InsertionGuard branch(b);
    llvm::SaveAndRestore outer(known_);
    b.setInsertionPointToStart(inside.thenBlock());
    scf::YieldOp::create(b, loc, elementAt(op.getScores(), Indices{row, column}));
    b.setInsertionPointToStart(inside.elseBlock());
    const APFloat lowest = APFloat::getInf(APFloat::IEEEsingle(), /*Negative=*/true);
    scf::YieldOp::create(b, loc, Value(arith::ConstantOp::create(b, loc, b.getFloatAttr(b.getF32Type(), lowest))));
  }
  call(ofSelection("select_offer", op.getState().getType()), {state, row, inside.getResult(0), add(first, column)});
}

void BlockLowering::lower(tile::TopkThresholdOp op) {
  beginStage(op.getState(), op.getScores());
  beginStage(op.getState(), op.getIndices());
  call(ofSelection("select_threshold", op.getState().getType()), {selectionAt(op.getState()), pointerTo(op.getScores()), pointerTo(op.getIndices())});
}
