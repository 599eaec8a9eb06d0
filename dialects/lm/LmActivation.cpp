// Element-wise layers: verification and interpretation.
#include "dialects/interpreter/Elementwise.h"
#include "dialects/lm/LmShapes.h"
#include "dialects/lm/reference/Layers.h"

#include <cmath>

using namespace mlir;
using namespace longc;
using namespace longc::lm;

// elementwise_c1
static LogicalResult verifyElementwise(Operation *op) {
  for (Value operand : op->getOperands())
    if (failed(expectShape(op, "an operand", operand, tensorType(op->getResult(0)).getShape())))
      return failure();
  return success();
}

LogicalResult AddOp::verify() { return verifyElementwise(*this); }

LogicalResult AddOp::interpret(Interpreter &interpreter) {
  mapElements(*this, interpreter, [](ArrayRef<double> x) { return x[0] + x[1]; });
  return success();
}

LogicalResult SwigluOp::verify() { return verifyElementwise(*this); }

LogicalResult SwigluOp::interpret(Interpreter &interpreter) {
  mapElements(*this, interpreter, [](ArrayRef<double> x) { return reference::silu(x[0]) * x[1]; });
  return success();
}

LogicalResult GeluOp::verify() { return verifyElementwise(*this); }

LogicalResult GeluOp::interpret(Interpreter &interpreter) {
  mapElements(*this, interpreter, [&](ArrayRef<double> x) { return reference::gelu(x[0], getTanh()); });
  return success();
}

LogicalResult GegluOp::verify() { return verifyElementwise(*this); }

LogicalResult GegluOp::interpret(Interpreter &interpreter) {
  mapElements(*this, interpreter, [](ArrayRef<double> x) { return reference::gelu(x[0], /*tanh=*/true) * x[1]; });
  return success();
}

LogicalResult ScaleOp::verify() {
  // scale_c1
  if (!std::isfinite(getFactor()))
    return emitOpError("expected a finite factor, got ") << getFactorAttr();
  return verifyElementwise(*this);
}

LogicalResult ScaleOp::interpret(Interpreter &interpreter) {
  mapElements(*this, interpreter, [&](ArrayRef<double> x) { return getFactor() * x[0]; });
  return success();
}
