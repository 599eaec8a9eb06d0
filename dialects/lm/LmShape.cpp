// Changes of shape: verification and interpretation.
#include "dialects/lm/LmShapes.h"

using namespace mlir;
using namespace longc;
using namespace longc::lm;

LogicalResult SplitHeadsOp::verify() {
  RankedTensorType x = tensorType(getX()), result = tensorType(getResult());
  // split_heads_c1
  if (!sizesAgree(x.getDimSize(0), result.getDimSize(0)) ||
      x.getDimSize(1) != result.getDimSize(1) * result.getDimSize(2) || x.getElementType() != result.getElementType())
    return emitOpError("expected heads that fill the columns of ") << x << ", got " << result;
  return success();
}

LogicalResult SplitHeadsOp::interpret(Interpreter &interpreter) {
  const HostTensor &x = interpreter.getTensor(getX());
  RankedTensorType type = tensorType(getResult());
  interpreter.set(getResult(), x.withShape({x.dim(0), type.getDimSize(1), type.getDimSize(2)}));
  return success();
}

LogicalResult MergeHeadsOp::verify() {
  RankedTensorType x = tensorType(getX()), result = tensorType(getResult());
  // merge_heads_c1
  if (!sizesAgree(x.getDimSize(0), result.getDimSize(0)) || result.getDimSize(1) != x.getDimSize(1) * x.getDimSize(2) ||
      x.getElementType() != result.getElementType())
    return emitOpError("expected columns that hold the heads of ") << x << ", got " << result;
  return success();
}

LogicalResult MergeHeadsOp::interpret(Interpreter &interpreter) {
  const HostTensor &x = interpreter.getTensor(getX());
  interpreter.set(getResult(), x.withShape({x.dim(0), x.dim(1) * x.dim(2)}));
  return success();
}

LogicalResult SliceColumnsOp::verify() {
  RankedTensorType x = tensorType(getX());
  int64_t begin = getBegin(), end = getEnd();
  // slice_columns_c1
  if (begin < 0 || begin >= end || end > x.getDimSize(1))
    return emitOpError("expected columns of ") << x << ", got [" << begin << ", " << end << ")";
  // slice_columns_c2
  if (failed(expectShape(*this, "a result", getResult(), {x.getDimSize(0), end - begin})))
    return failure();
  if (tensorType(getResult()).getElementType() != x.getElementType())
    return emitOpError("expected a result of ") << x.getElementType() << ", got " << getResult().getType();
  return success();
}

LogicalResult SliceColumnsOp::interpret(Interpreter &interpreter) {
  const HostTensor &x = interpreter.getTensor(getX());
  int64_t begin = getBegin(), width = getEnd() - begin;
  HostTensor result({x.dim(0), width}, Type());
  double *out = result.mutableData();
  for (int64_t t = 0; t < x.dim(0); ++t)
    std::copy_n(x.data() + t * x.dim(1) + begin, width, out + t * width);
  interpreter.set(getResult(), std::move(result));
  return success();
}

LogicalResult PadColumnsOp::verify() {
  RankedTensorType x = tensorType(getX()), result = tensorType(getResult());
  int64_t begin = getBegin(), columns = x.getDimSize(1);
  // pad_columns_c1
  if (begin < 0 || ShapedType::isDynamic(columns) || begin + columns > result.getDimSize(1))
    return emitOpError("expected ") << x << " to fit at column " << begin << " of " << result;
  // pad_columns_c2
  return expectShape(*this, "a result", getResult(), {x.getDimSize(0), result.getDimSize(1)});
}

LogicalResult PadColumnsOp::interpret(Interpreter &interpreter) {
  const HostTensor &x = interpreter.getTensor(getX());
  int64_t columns = tensorType(getResult()).getDimSize(1);
  HostTensor result({x.dim(0), columns}, Type());
  double *out = result.mutableData();
  for (int64_t t = 0; t < x.dim(0); ++t)
    std::copy_n(x.data() + t * x.dim(1), x.dim(1), out + t * columns + getBegin());
  interpreter.set(getResult(), std::move(result));
  return success();
}

LogicalResult ReshapeOp::verify() {
  RankedTensorType x = tensorType(getX()), result = tensorType(getResult());
  bool open = x.getRank() && x.isDynamicDim(0), opens = result.getRank() && result.isDynamicDim(0);
  ArrayRef<int64_t> from = x.getShape().drop_front(open), to = result.getShape().drop_front(opens);
  // reshape_c1
  if (open != opens || ShapedType::isDynamicShape(from) || ShapedType::isDynamicShape(to) ||
      ShapedType::getNumElements(from) != ShapedType::getNumElements(to))
    return emitOpError("expected a result with the elements of ") << x << ", got " << result;
  return success();
}

LogicalResult ReshapeOp::interpret(Interpreter &interpreter) {
  const HostTensor &x = interpreter.getTensor(getX());
  SmallVector<int64_t> shape(tensorType(getResult()).getShape());
  if (!shape.empty() && ShapedType::isDynamic(shape[0]))
    shape[0] = x.dim(0);
  interpreter.set(getResult(), x.withShape(shape));
  return success();
}
