// The cuda dialect: registration of its types, attributes and ops.
#include "codegen/cuda/CudaDialect.h"

#include "passes/KernelBuilder.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace longc::cuda;

#include "codegen/cuda/CudaDialect.cpp.inc"
#include "codegen/cuda/CudaEnums.cpp.inc"

#define GET_TYPEDEF_CLASSES
#include "codegen/cuda/CudaTypes.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "codegen/cuda/CudaAttrs.cpp.inc"

#define GET_OP_CLASSES
#include "codegen/cuda/CudaOps.cpp.inc"

void CudaDialect::initialize() {
  addTypes<
#define GET_TYPEDEF_LIST
#include "codegen/cuda/CudaTypes.cpp.inc"
      >();
  addAttributes<
#define GET_ATTRDEF_LIST
#include "codegen/cuda/CudaAttrs.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "codegen/cuda/CudaOps.cpp.inc"
      >();
}

bool longc::cuda::hasColumnsOf(Value view, int64_t factor) {
  auto type = cast<longc::tile::ViewType>(view.getType());
  if (type.getRank() == 0)
    return false;
  if (!type.isDynamicDim(type.getRank() - 1))
    return type.getShape().back() % factor == 0;
  auto argument = dyn_cast<BlockArgument>(view);
  auto known = argument ? argument.getOwner()->getParentOp()->getAttrOfType<IntegerAttr>(longc::openColumnsAttribute) : IntegerAttr();
  return known && known.getInt() % factor == 0;
}
