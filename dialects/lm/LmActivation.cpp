// Element-wise layers: their reference, and their arithmetic on tiles.
#include "dialects/lm/LmDialect.h"
#include "dialects/lm/reference/Layers.h"

#include <cmath>

using namespace mlir;
using namespace longc::lm;

double AddOp::evaluate(ArrayRef<double> x) { return x[0] + x[1]; }

Formula AddOp::onTiles(ArrayRef<Formula> x) { return x[0] + x[1]; }

double SwigluOp::evaluate(ArrayRef<double> x) { return reference::silu(x[0]) * x[1]; }

// silu(g) = g / (1 + exp(-g))
Formula SwigluOp::onTiles(ArrayRef<Formula> x) { return x[0] / (exp2(x[0] * -M_LOG2E) + 1.0) * x[1]; }

// x / 2 * (1 + erf(x / sqrt(2))), or its form by tanh.
static Formula gelu(const Formula &x, bool byTanh) {
  Formula bend = byTanh ? tanh((x + x * x * x * 0.044715) * std::sqrt(2.0 / M_PI)) : erf(x * std::sqrt(0.5));
  return x * 0.5 * (bend + 1.0);
}

double GeluOp::evaluate(ArrayRef<double> x) { return reference::gelu(x[0], getTanh()); }

Formula GeluOp::onTiles(ArrayRef<Formula> x) { return gelu(x[0], getTanh()); }

double GegluOp::evaluate(ArrayRef<double> x) { return reference::gelu(x[0], /*tanh=*/true) * x[1]; }

Formula GegluOp::onTiles(ArrayRef<Formula> x) { return gelu(x[0], /*byTanh=*/true) * x[1]; }

LogicalResult ScaleOp::verify() {
  // scale_c1
  if (!std::isfinite(getFactor()))
    return emitOpError("expected a finite factor, got ") << getFactorAttr();
  return success();
}

double ScaleOp::evaluate(ArrayRef<double> x) { return getFactor() * x[0]; }

Formula ScaleOp::onTiles(ArrayRef<Formula> x) { return x[0] * getFactor(); }
