// The common part of lowering a kernel's tiles.
#include "codegen/cuda/KernelLowering.h"

using namespace mlir;
using namespace longc;
using namespace longc::cuda;
using arith::CmpIPredicate;

std::string cuda::templated(StringRef name, ArrayRef<int64_t> numbers) {
  std::string text = name.str() + "<";
  for (auto [i, number] : llvm::enumerate(numbers))
    text += (i ? ", " : "") + std::to_string(number);
  return text + ">";
}

void KernelLowering::guarded(Value condition, function_ref<void()> body) {
  if (!condition)
    return body();
  auto branch = scf::IfOp::create(b, loc, condition, /*withElse=*/false);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  body();
}

void KernelLowering::unrolled(int64_t count, function_ref<void(Value)> body) {
  auto loop = UnrollOp::create(b, loc, count);
  OpBuilder::InsertionGuard guard(b);
  Block &block = loop.getBody().emplaceBlock();
  Value index = block.addArgument(b.getIndexType(), loc);
  b.setInsertionPointToStart(&block);
  body(index);
}

Value KernelLowering::sizeOf(Value view, int64_t dim) {
  auto type = cast<tile::ViewType>(view.getType());
  return type.isDynamicDim(dim) ? Value(tile::DimOp::create(b, loc, view, dim)) : constant(type.getShape()[dim]);
}

Value KernelLowering::pointerIn(Value view, Value offset) {
  Type element = cast<tile::ViewType>(view.getType()).getElementType();
  return ElementOp::create(b, loc, PointerType::get(b.getContext(), element), view, offset);
}

KernelLowering::Access KernelLowering::access(Value view, function_ref<Value(int64_t)> positionOf, Value lo, Value hi, Value inRange) {
  const int64_t rank = cast<tile::ViewType>(view.getType()).getRank();
  Access result{{}, inRange};
  for (int64_t dim = 0; dim < rank; ++dim) {
    Value position = positionOf(dim);
    result.inRange = both(result.inRange, compare(CmpIPredicate::ult, position, sizeOf(view, dim)));
    if (dim == 0 && lo)
      result.inRange = both(result.inRange, both(compare(CmpIPredicate::sge, position, lo), compare(CmpIPredicate::slt, position, hi)));
    Value term = wide(position);
    if (dim + 1 != rank)
      term = arith::MulIOp::create(b, loc, term, stride(view, dim));
    result.offset = result.offset ? Value(arith::AddIOp::create(b, loc, result.offset, term)) : term;
  }
  return result;
}

Value KernelLowering::readOrZero(Value view, const Access &place) {
  Type element = cast<tile::ViewType>(view.getType()).getElementType();
  auto branch = scf::IfOp::create(b, loc, element, place.inRange, /*withElse=*/true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  scf::YieldOp::create(b, loc, LoadOp::create(b, loc, element, pointerIn(view, place.offset)).getResult());
  b.setInsertionPointToStart(branch.elseBlock());
  scf::YieldOp::create(b, loc, Value(arith::ConstantOp::create(b, loc, b.getZeroAttr(element))));
  return branch.getResult(0);
}

void KernelLowering::writeIf(Value view, const Access &place, function_ref<Value()> value) {
  guarded(place.inRange, [&] {
    Value element = value();
    StoreOp::create(b, loc, element, pointerIn(view, place.offset));
  });
}

void KernelLowering::lower(tile::ScalarOp op) {
  Value view = scalars.lookup(op.getView()), offset;
  auto type = op.getView().getType();
  for (int64_t dim = 0; dim < type.getRank(); ++dim) {
    Value term = wide(scalars.lookup(op.getOffsets()[dim]));
    if (dim + 1 != type.getRank())
      term = arith::MulIOp::create(b, loc, term, stride(view, dim));
    offset = offset ? Value(arith::AddIOp::create(b, loc, offset, term)) : term;
  }
  Value value = LoadOp::create(b, loc, type.getElementType(), pointerIn(view, offset));
  if (value.getType() != op.getType())
    value = arith::IndexCastOp::create(b, loc, op.getType(), value);
  scalars.map(op.getValue(), value);
}

static bool isScalar(Value value) { return !isHeld(value); }

void KernelLowering::yieldScalars(Block &source) {
  SmallVector<Value> yielded;
  for (Value value : llvm::make_filter_range(source.getTerminator()->getOperands(), isScalar))
    yielded.push_back(scalars.lookup(value));
  if (!yielded.empty()) // else it ends by itself
    scf::YieldOp::create(b, loc, yielded);
}

LogicalResult KernelLowering::loopLike(scf::ForOp op, function_ref<LogicalResult()> body) {
  SmallVector<Value> inits;
  for (Value init : llvm::make_filter_range(op.getInits(), isScalar))
    inits.push_back(scalars.lookup(init));
  auto loop = scf::ForOp::create(b, loc, scalars.lookup(op.getLowerBound()), scalars.lookup(op.getUpperBound()), scalars.lookup(op.getStep()), inits);
  scalars.map(op.getInductionVar(), loop.getInductionVar());
  unsigned next = 0;
  for (auto [argument, result] : llvm::zip(op.getRegionIterArgs(), op.getResults()))
    if (isScalar(argument)) {
      scalars.map(argument, loop.getRegionIterArg(next));
      scalars.map(result, loop.getResult(next++));
    }
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  if (failed(body()))
    return failure();
  yieldScalars(*op.getBody());
  return success();
}

LogicalResult KernelLowering::branchLike(scf::IfOp op, function_ref<LogicalResult(Block &)> body) {
  SmallVector<Value> results(llvm::make_filter_range(op.getResults(), isScalar));
  auto branch = scf::IfOp::create(b, loc, ValueRange(results).getTypes(), scalars.lookup(op.getCondition()), !op.getElseRegion().empty());
  for (auto [from, to] : llvm::zip(op->getRegions(), branch->getRegions())) {
    if (from.empty())
      continue;
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(&to.front());
    if (failed(body(from.front())))
      return failure();
    yieldScalars(from.front());
  }
  for (auto [result, scalar] : llvm::zip(results, branch.getResults()))
    scalars.map(result, scalar);
  return success();
}
