// The cuda dialect: registration of its types, attributes and ops.
#include "codegen/cuda/CudaDialect.h"

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
