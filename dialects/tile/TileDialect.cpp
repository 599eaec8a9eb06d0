// Registration of the tile dialect and the printed form of its types.
#include "dialects/tile/TileDialect.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace longc::tile;

#include "dialects/tile/TileDialect.cpp.inc"
#include "dialects/tile/TileEnums.cpp.inc"

#define GET_TYPEDEF_CLASSES
#include "dialects/tile/TileTypes.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "dialects/tile/TileAttrs.cpp.inc"

void TileDialect::initialize() {
  addTypes<
#define GET_TYPEDEF_LIST
#include "dialects/tile/TileTypes.cpp.inc"
      >();
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialects/tile/TileAttrs.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialects/tile/TileOps.cpp.inc"
      >();
}

LogicalResult TileDialect::verifyOperationAttribute(Operation *op, NamedAttribute attribute) {
  if (attribute.getName() != stagesAttribute)
    return success();
  auto stages = dyn_cast<IntegerAttr>(attribute.getValue());
  if (op->getName().getStringRef() != "scf.for" || !stages || stages.getInt() < 2)
    return op->emitOpError("expected '") << stagesAttribute << "' on a loop, at least 2, got " << attribute.getValue();
  return success();
}

Type ViewType::parse(AsmParser &parser) {
  SmallVector<int64_t> shape;
  Type element;
  if (parser.parseLess() || parser.parseDimensionList(shape) || parser.parseType(element))
    return {};
  const bool panels = succeeded(parser.parseOptionalComma());
  if ((panels && parser.parseKeyword("panels")) || parser.parseGreater())
    return {};
  return parser.getChecked<ViewType>(parser.getContext(), shape, element, panels);
}

LogicalResult ViewType::verify(function_ref<InFlightDiagnostic()> error, ArrayRef<int64_t> shape, Type element, bool panels) {
  if (!panels || (shape.size() == 2 && isa<FloatType>(element)))
    return success();
  return error() << "expected panels of a matrix of floats, got rank " << shape.size() << " of " << element;
}

bool ViewType::liesInPanels() const { return getPanels() || isa<QuantizedType>(getElementType()); }

void ViewType::print(AsmPrinter &printer) const {
  printer << '<';
  for (int64_t size : getShape()) {
    if (ShapedType::isDynamic(size))
      printer << '?';
    else
      printer << size;
    printer << 'x';
  }
  printer << getElementType() << (getPanels() ? ", panels>" : ">");
}
