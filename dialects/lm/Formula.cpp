// Formulas as ops.
#include "dialects/lm/Formula.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;

namespace longc::lm {

// The tile itself, or the number as one of the other's type.
Value Formula::beside(const Formula &other) const {
  if (tile_)
    return tile_;
  auto type = cast<RankedTensorType>(other.tile_.getType());
  APFloat number(number_);
  bool inexact;
  number.convert(cast<FloatType>(type.getElementType()).getFloatSemantics(), APFloat::rmNearestTiesToEven, &inexact);
  return arith::ConstantOp::create(*other.builder_, DenseElementsAttr::get(type, number));
}

template <typename Op> Formula Formula::unary(const Formula &x) {
  return {*x.builder_, Op::create(*x.builder_, x.tile_)};
}

template <typename Op> Formula Formula::binary(const Formula &a, const Formula &b) {
  assert((a.tile_ || b.tile_) && "two numbers make no op");
  ImplicitLocOpBuilder &builder = a.tile_ ? *a.builder_ : *b.builder_;
  Value left = a.beside(b), right = b.beside(a);
  return {builder, Op::create(builder, left, right)};
}

Formula operator+(const Formula &a, const Formula &b) { return Formula::binary<arith::AddFOp>(a, b); }
Formula operator-(const Formula &a, const Formula &b) { return Formula::binary<arith::SubFOp>(a, b); }
Formula operator*(const Formula &a, const Formula &b) { return Formula::binary<arith::MulFOp>(a, b); }
Formula operator/(const Formula &a, const Formula &b) { return Formula::binary<arith::DivFOp>(a, b); }
Formula max(const Formula &a, const Formula &b) { return Formula::binary<arith::MaximumFOp>(a, b); }
Formula exp2(const Formula &x) { return Formula::unary<math::Exp2Op>(x); }
Formula tanh(const Formula &x) { return Formula::unary<math::TanhOp>(x); }
Formula erf(const Formula &x) { return Formula::unary<math::ErfOp>(x); }
Formula filled(const Formula &like, double number) { return {*like.builder_, Formula(number).beside(like)}; }

} // namespace longc::lm
