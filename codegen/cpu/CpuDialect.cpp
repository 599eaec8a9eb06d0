// The cpu dialect: registration and what its attributes may stand on.
#include "codegen/cpu/CpuDialect.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace longc;
using namespace longc::cpu;

#include "codegen/cpu/CpuDialect.cpp.inc"
#include "codegen/cpu/CpuEnums.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "codegen/cpu/CpuAttrs.cpp.inc"

#define GET_OP_CLASSES
#include "codegen/cpu/CpuOps.cpp.inc"

void CpuDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "codegen/cpu/CpuAttrs.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "codegen/cpu/CpuOps.cpp.inc"
      >();
}

LogicalResult TurnOp::verify() {
  auto from = cast<RankedTensorType>(getSource().getType()), to = cast<RankedTensorType>(getTile().getType());
  if (from.getRank() == 2 && to == RankedTensorType::get({from.getDimSize(1), from.getDimSize(0)}, from.getElementType()))
    return success();
  return emitOpError("expected a matrix and its transpose, got ") << from << " and " << to;
}

LogicalResult PackOp::verify() {
  auto from = cast<RankedTensorType>(getSource().getType()), to = cast<RankedTensorType>(getPanels().getType());
  if (from.getRank() == 2 && isa_and_nonnull<PanelsAttr>(to.getEncoding()) && to.dropEncoding() == from)
    return success();
  return emitOpError("expected a matrix and the same in panels, got ") << from << " and " << to;
}

LogicalResult CpuDialect::verifyOperationAttribute(Operation *op, NamedAttribute attribute) {
  StringRef name = attribute.getName();
  Attribute value = attribute.getValue();
  auto isOneOrTwo = [](Attribute value) {
    auto number = dyn_cast<IntegerAttr>(value);
    return number && (number.getInt() == 1 || number.getInt() == 2);
  };
  auto expect = [&](bool holds, StringRef what) -> LogicalResult {
    return holds ? success() : op->emitOpError("expected '") << name << "' to be " << what << ", got " << value;
  };
  if (name == variantAttribute)
    return expect(isa<tile::KernelOp>(op) && isa<StringAttr>(value) && findCpuVariant(cast<StringAttr>(value)),
                  "the name of a CPU variant on a kernel");
  if (name == ProductAttr::attributeName) {
    auto product = dyn_cast<ProductAttr>(value);
    const bool scaled = product && (product.is(Form::scaled) || product.is(Form::wide));
    return expect(product && product.getRows() > 0 && product.getPanels() > 0 &&
                      (scaled ? isa<tile::ScaledMmaOp>(op) : isa<tile::MmaOp>(op)),
                  "the form of this kind of product");
  }
  if (name == overlapsRowsAttribute)
    return expect(isa<UnitAttr>(value) && isa<tile::MmaOp>(op), "a mark of a tile.mma");
  if (name == inPlaceAttribute)
    return expect(isa<UnitAttr>(value) && isa<tile::MmaOp, tile::ScaledMmaOp>(op) && op->getParentOfType<scf::ForOp>(),
                  "a mark of a product in a loop");
  if (name == localAttribute)
    return expect(isOneOrTwo(value) && isa<KeepOp, tile::MmaOp, tile::ScaledMmaOp>(op) && isa<RowsOp>(op->getParentOp()),
                  "how many blocks of rows a tile has, 1 or 2");
  if (name == stageAttribute)
    return expect(isa<StageAttr>(value) && isa<RowsOp>(op->getParentOp()), "a stage of work in blocks of rows");
  if (name == readAheadAttribute)
    return expect(isOneOrTwo(value) && isa<tile::LoadOp>(op) && op->getParentOfType<scf::ForOp>(),
                  "the level of a cache, 1 or 2, on a load in a loop");
  if (name == scratchAttribute) {
    auto places = dyn_cast<DenseI64ArrayAttr>(value);
    return expect(places && llvm::all_of(places.asArrayRef(), [](int64_t place) { return place >= 0; }), "places in scratch");
  }
  if (name == scratchBytesAttribute)
    return expect(isa<IntegerAttr>(value) && isa<tile::KernelOp>(op), "a number of bytes on a kernel");
  return op->emitOpError("has the unknown attribute '") << name << "'";
}

FailureOr<const CpuVariant *> longc::cpu::variantOf(tile::KernelOp kernel) {
  if (auto name = kernel->getAttrOfType<StringAttr>(variantAttribute))
    return findCpuVariant(name);
  return kernel.emitOpError("expected '") << variantAttribute << "': longc-cpu-choose-products comes first";
}

InFlightDiagnostic longc::cpu::refuse(Operation *op) { return op->emitOpError("cannot be compiled for a CPU: "); }
