// Plain ops with the types that follow from their operands.
#include "dialects/lm/gradients/PlainOps.h"

using namespace mlir;

namespace longc::lm {

Value PlainOps::add(Value x, Value y) { return AddOp::create(b_, f32(shapeOf(x)), x, y); }

Value PlainOps::subtract(Value x, Value y) { return add(x, scale(y, -1)); }

Value PlainOps::multiply(Value x, Value y) { return MultiplyOp::create(b_, f32(shapeOf(x)), x, y); }

Value PlainOps::scale(Value x, double factor) { return ScaleOp::create(b_, f32(shapeOf(x)), x, factor); }

Value PlainOps::fill(Value like, double value) { return FillOp::create(b_, f32(shapeOf(like)), like, value); }

Value PlainOps::scaleRows(Value x, Value factors) { return ScaleRowsOp::create(b_, f32(shapeOf(x)), x, factors); }

Value PlainOps::scaleColumns(Value x, Value factors) { return ScaleColumnsOp::create(b_, f32(shapeOf(x)), x, factors); }

Value PlainOps::scaleBy(Value x, Value factor) { return ScaleByOp::create(b_, f32(shapeOf(x)), x, factor); }

Value PlainOps::sumRows(Value x) { return SumRowsOp::create(b_, f32(shapeOf(x).take_back()), x); }

Value PlainOps::dotRows(Value x, Value y) { return DotRowsOp::create(b_, f32(shapeOf(x).drop_back()), x, y); }

Value PlainOps::dot(Value x, Value y) { return DotOp::create(b_, f32({1}), x, y); }

Value PlainOps::product(Value x, Value w) {
  SmallVector<int64_t> shape(shapeOf(x));
  shape.back() = shapeOf(w).back();
  return ProductOp::create(b_, f32(shape), x, w);
}

Value PlainOps::rowProduct(Value x, Value y) {
  SmallVector<int64_t> shape(shapeOf(x).drop_front());
  shape.push_back(shapeOf(y).back());
  return RowProductOp::create(b_, f32(shape), x, y);
}

Value PlainOps::transpose(Value x) {
  SmallVector<int64_t> shape(shapeOf(x));
  std::swap(shape[shape.size() - 1], shape[shape.size() - 2]);
  return TransposeOp::create(b_, f32(shape), x);
}

Value PlainOps::silu(Value x) { return SiluOp::create(b_, f32(shapeOf(x)), x); }

Value PlainOps::sigmoid(Value x) { return SigmoidOp::create(b_, f32(shapeOf(x)), x); }

Value PlainOps::siluGradient(Value x, Value gradient) { return SiluGradientOp::create(b_, f32(shapeOf(x)), x, gradient); }

Value PlainOps::reshape(Value x, ArrayRef<int64_t> shape) { return ReshapeOp::create(b_, f32(shape), x); }

} // namespace longc::lm
