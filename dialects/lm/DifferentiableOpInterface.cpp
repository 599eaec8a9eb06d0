// Gradients of a function while they are made.
#include "dialects/lm/DifferentiableOpInterface.h"

#include "dialects/lm/LmDialect.h"

#include "dialects/lm/DifferentiableOpInterface.cpp.inc"

using namespace mlir;

namespace longc::lm {

Value Gradients::ofOrZeros(Value value) {
  if (Value sum = of(value))
    return sum;
  auto type = cast<RankedTensorType>(value.getType()).clone(builder_.getF32Type());
  return FillOp::create(builder_, type, value, 0.0);
}

void Gradients::add(Value value, Value gradient) {
  if (!isWanted(value))
    return;
  Value &sum = sums_[value];
  sum = sum ? Value(AddOp::create(builder_, gradient.getType(), sum, gradient)) : gradient;
}

} // namespace longc::lm
