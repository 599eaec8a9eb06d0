// Element-wise ops as one: verification and interpretation.
#include "dialects/interpreter/Elementwise.h"
#include "dialects/lm/LmShapes.h"

#include "dialects/lm/ElementwiseOpInterface.cpp.inc"

using namespace mlir;

namespace longc::lm {

LogicalResult verifyElementwise(Operation *op) {
  for (Value operand : op->getOperands())
    if (failed(expectShape(op, "an operand", operand, tensorType(op->getResult(0)).getShape())))
      return failure();
  return success();
}

LogicalResult interpretElementwise(Operation *op, Interpreter &interpreter) {
  auto elementwise = cast<ElementwiseOpInterface>(op);
  mapElements(op, interpreter, [&](ArrayRef<double> x) { return elementwise.evaluate(x); });
  return success();
}

} // namespace longc::lm
