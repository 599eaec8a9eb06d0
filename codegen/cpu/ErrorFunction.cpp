// The error function in float32, for vectors of any width and scalars.
//
// Exact: two fits, each by Chebyshev interpolation in float64: erf(x) / x in x^2 for |x| <= 1 (relative error 1.4e-9), and
// log2(erfc(x)) for 1 <= |x| <= 4 (absolute error of erf 1.3e-9); past 4 the result is 1.
// Coarse: erf(x) / x in x^2 for |x| <= 3 (absolute error 9e-5), past it what it is at 3: 1 + erf is -8e-7 far below instead of nothing.
#include "codegen/cpu/Emitter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace longc::cpu {

Value KernelEmitter::polynomial(Value at, ArrayRef<double> highestFirst) {
  Type type = at.getType();
  Value sum = constantOf(type, highestFirst.front());
  for (double next : highestFirst.drop_front())
    sum = fma(sum, at, constantOf(type, next));
  return sum;
}

Value KernelEmitter::coarseErrorFunction(Value x) {
  Value bound = constantOf(x.getType(), 3), least = constantOf(x.getType(), -3);
  // The comparison's second operand stays where it is no number.
  Value inside = arith::SelectOp::create(b_, arith::CmpFOp::create(b_, arith::CmpFPredicate::OLT, bound, x), bound, x);
  inside = arith::SelectOp::create(b_, arith::CmpFOp::create(b_, arith::CmpFPredicate::OGT, least, inside), least, inside);
  Value ratio = polynomial(arith::MulFOp::create(b_, inside, inside), {-3.901616464e-7, 1.667987576e-5, -3.086480750e-4, 3.281525847e-3, -2.256268863e-2,
                                                                       1.075115299e-1, -3.730817066e-1, 1.127865087});
  return arith::MulFOp::create(b_, inside, ratio);
}

Value KernelEmitter::errorFunction(Value x) {
  Type type = x.getType();
  auto less = [&](Value a, Value b) -> Value { return arith::CmpFOp::create(b_, arith::CmpFPredicate::OLT, a, b); };
  Value square = arith::MulFOp::create(b_, x, x);
  Value ratio = polynomial(square, {7.882497448e-5, -8.018855006e-4, 5.189312156e-3, -2.685432881e-2, 1.128359735e-1,
                                    -3.761262596e-1, 1.128379107});
  Value inner = arith::MulFOp::create(b_, x, ratio);

  Value size = math::AbsFOp::create(b_, x), bound = constantOf(type, 4);
  Value inside = arith::SelectOp::create(b_, less(bound, size), bound, size);
  Value power = polynomial(inside, {-2.637896929e-5, 5.721908341e-4, -5.711655467e-3, 3.531495286e-2, -1.545851204e-1,
                                    -9.154034116e-1, -1.628612301, 3.501541208e-5});
  Value outer = arith::SubFOp::create(b_, constantOf(type, 1), exp2(power, /*forBf16=*/false));
  outer = math::CopySignOp::create(b_, outer, x);
  return arith::SelectOp::create(b_, less(size, constantOf(type, 1)), inner, outer);
}

} // namespace longc::cpu
