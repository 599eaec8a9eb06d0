// Parameters: verification and interpretation.
#include "dialects/lm/BoundParameters.h"
#include "dialects/lm/LmShapes.h"

using namespace mlir;
using namespace longc;
using namespace longc::lm;

LogicalResult ParameterOp::verify() {
  // parameter_c1
  auto tensor = dyn_cast<RankedTensorType>(getType());
  bool sized = tensor && (tensor.hasStaticShape() || getTrainable() || (*this)->hasAttr(overlayModulesAttribute)); // bound: its sizes are the value's
  bool dense = sized && tensor.getRank() > 0 &&
               (tensor.getElementType().isF32() || tensor.getElementType().isBF16() || tensor.getElementType().isF16());
  if (!dense && !isa<QuantizedType>(getType()))
    return emitOpError("expected a float tensor of static shape or a quantised matrix, got ") << getType();
  // parameter_c2
  if (ArrayAttr parts = getPartsAttr())
    for (Attribute part : parts)
      if (!isa<StringAttr>(part))
        return emitOpError("expected parts to be names, got ") << part;
  // parameter_c3
  if (getPanels() && (getTrainable() || (tensor && tensor.getRank() != 2)))
    return emitOpError("expected in panels a matrix that is not trained, got ") << getType();
  return success();
}

LogicalResult ParameterRefOp::verifySymbolUses(SymbolTableCollection &symbols) {
  // parameter_ref_c1
  auto parameter = symbols.lookupNearestSymbolFrom<ParameterOp>(*this, getNameAttr());
  if (!parameter)
    return emitOpError("expected an lm.parameter named @") << getName();
  // parameter_ref_c2
  if (parameter.getType() != getResult().getType())
    return emitOpError("expected the parameter's type ") << parameter.getType() << ", got " << getResult().getType();
  return success();
}

LogicalResult ParameterRefOp::interpret(Interpreter &interpreter) {
  FailureOr<HostTensor> value = interpreter.parameter(*this, getName(), getResult().getType());
  if (failed(value))
    return failure();
  interpreter.set(getResult(), std::move(*value));
  return success();
}
