// Powers of two and of e in float32, for vectors of any width and scalars.
#include "codegen/cpu/Emitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

#include <cmath>

using namespace mlir;

namespace longc::cpu {

// 2^x for results that are rounded to bf16 (1.2e-4): the nearest sixteenth by table, the rest by a line that fits best.
// A multiply-add instead of three, which leaves the multipliers to dots. -inf gives exactly 0; a NaN stays one.
Value KernelEmitter::exp2BySixteenths(Value x) {
  auto type = cast<VectorType>(x.getType());
  constexpr double atZero = 1.000117282811739, slope = 0.6931200759776974;
  auto powers = [&](double factor) -> Value {
    SmallVector<float> table;
    for (int64_t sixteenth = 0; sixteenth < lanes; ++sixteenth)
      table.push_back(factor * std::exp2(sixteenth / 16.0));
    return arith::ConstantOp::create(b_, DenseElementsAttr::get(type, ArrayRef(table)));
  };
  Value allLanes = arith::ConstantOp::create(b_, b_.getI16IntegerAttr(-1));
  Value inPlace = arith::ConstantOp::create(b_, b_.getI32IntegerAttr(4)),
        sixteenths = arith::ConstantOp::create(b_, b_.getI32IntegerAttr(4 << 4));
  Value none = constantOf(type, 0);
  Value n = callIntrinsic("llvm.x86.avx512.mask.rndscale.ps.512", type, {x, sixteenths, none, allLanes, inPlace});
  Value f = arith::SubFOp::create(b_, x, n);
  // In a float of this size the lowest bits count sixteenths; the permutation reads the lowest four.
  Value counted = arith::AddFOp::create(b_, n, constantOf(type, 0x1.8p19));
  Value index = bitcast(counted, vectorOf(lanes, b_.getI32Type()));
  auto pick = [&](Value table) { return callIntrinsic("llvm.x86.avx512.permvar.sf.512", type, {table, index}); };
  Value p = vector::FMAOp::create(b_, pick(powers(slope)), f, pick(powers(atZero)));
  return callIntrinsic("llvm.x86.avx512.mask.scalef.ps.512", type, {p, n, none, allLanes, inPlace});
}

// 2^(x + lowPart) in f32: a polynomial on [-1/2, 1/2] and the exponent. Degree 3 (8e-5) when the result is rounded to
// bf16 anyway, else degree 5 (2e-7). -inf gives exactly 0; a NaN stays one.
Value KernelEmitter::exp2(Value x, bool forBf16, Value lowPart) {
  Type type = x.getType();
  if (variant_.wide && type.isF32()) { // a vector's worth costs less than a scalar without its instruction
    Value all = exp2(broadcast(x, lanes), forBf16, lowPart ? broadcast(lowPart, lanes) : Value());
    return vector::ExtractOp::create(b_, all, int64_t(0));
  }
  auto constant = [&](double value) { return constantOf(type, value); };
  auto bounded = [&](Value v, arith::CmpFPredicate outside, double bound) -> Value {
    Value past = arith::CmpFOp::create(b_, outside, v, constant(bound));
    return arith::SelectOp::create(b_, past, constant(bound), v);
  };
  bool scalef = variant_.wide && isa<VectorType>(type) && cast<VectorType>(type).getNumElements() == lanes;
  if (scalef && forBf16 && !lowPart)
    return exp2BySixteenths(x);
  if (!scalef) // which makes 0 of -inf whatever the polynomial
    x = bounded(bounded(x, arith::CmpFPredicate::OLT, -127.0), arith::CmpFPredicate::OGT, 129.0);
  Value n = math::RoundEvenOp::create(b_, x);
  Value f = arith::SubFOp::create(b_, x, n);
  if (lowPart)
    f = arith::AddFOp::create(b_, f, lowPart);
  static const double degree3[] = {0.0551716577, 0.242611121, 0.693260988, 0.999928074};
  static const double degree5[] = {0.00132764707, 0.00967554132, 0.0555071328, 0.240221197, 0.693146967, 1.0};
  ArrayRef<double> coefficients = forBf16 ? ArrayRef<double>(degree3) : ArrayRef<double>(degree5);
  Value p = constant(coefficients.front());
  for (double next : coefficients.drop_front())
    p = fma(p, f, constant(next));
  if (scalef) {
    Value mask = arith::ConstantOp::create(b_, b_.getI16IntegerAttr(-1));
    Value rounding = arith::ConstantOp::create(b_, b_.getI32IntegerAttr(4));
    return callIntrinsic("llvm.x86.avx512.mask.scalef.ps.512", type, {p, n, constant(0), mask, rounding});
  }
  // Two factors of half the exponent each: the exponent 128 of an overflowing result fits neither half.
  Type ints = isa<VectorType>(type) ? Type(cast<VectorType>(type).clone(b_.getI32Type())) : Type(b_.getI32Type());
  Value whole = arith::FPToSIOp::create(b_, ints, n);
  Value half = arith::ShRSIOp::create(b_, whole, constantOf(ints, 1));
  Value rest = arith::SubIOp::create(b_, whole, half);
  auto power = [&](Value exponent) {
    Value bits =
        arith::ShLIOp::create(b_, arith::AddIOp::create(b_, exponent, constantOf(ints, 127)), constantOf(ints, 23));
    return bitcast(bits, type);
  };
  Value scaled = arith::MulFOp::create(b_, arith::MulFOp::create(b_, p, power(half)), power(rest));
  Value vanishes = arith::CmpFOp::create(b_, arith::CmpFPredicate::OLE, x, constant(-127.0));
  return arith::SelectOp::create(b_, vanishes, constant(0), scaled);
}

// e^x as a power of two; the rounding error of x * log2(e) is carried along.
Value KernelEmitter::exponential(Value x) {
  Type type = x.getType();
  // Outside this range the result is 0 or infinite in any case; infinities would make the carried error a NaN.
  Value low = constantOf(type, -120.0), high = constantOf(type, 90.0);
  x = arith::SelectOp::create(b_, arith::CmpFOp::create(b_, arith::CmpFPredicate::OLT, x, low), low, x);
  x = arith::SelectOp::create(b_, arith::CmpFOp::create(b_, arith::CmpFPredicate::OGT, x, high), high, x);
  Value upper = constantOf(type, 1.44269504f), lower = constantOf(type, 1.92596299e-8);
  Value t = arith::MulFOp::create(b_, x, upper);
  Value error = fma(x, upper, arith::NegFOp::create(b_, t));
  return exp2(t, false, fma(x, lower, error));
}

} // namespace longc::cpu
