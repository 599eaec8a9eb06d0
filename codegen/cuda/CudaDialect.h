// The cuda dialect: roles, rings and register arrays of one kernel (see CudaDialect.td).
#pragma once

#include "dialects/tile/TileDialect.h"

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/DialectImplementation.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "codegen/cuda/CudaDialect.h.inc"
#include "codegen/cuda/CudaEnums.h.inc"

#define GET_TYPEDEF_CLASSES
#include "codegen/cuda/CudaTypes.h.inc"

#define GET_ATTRDEF_CLASSES
#include "codegen/cuda/CudaAttrs.h.inc"

#define GET_OP_CLASSES
#include "codegen/cuda/CudaOps.h.inc"

namespace longc::cuda {

/// On a `tile.reduce add`: each thread of a quad keeps the sum of its own columns; `cuda.quad_sum` ends it.
inline constexpr llvm::StringLiteral kPartialAttribute = "cuda.partial";

/// On a `tile.kernel`: it takes the block form (`longc-cuda-choose-forms`).
inline constexpr llvm::StringLiteral kBlockFormAttribute = "cuda.block_form";
/// On a `tile.kernel`: it takes the warp form.
inline constexpr llvm::StringLiteral kWarpFormAttribute = "cuda.warp_form";
/// On a cuda.kernel of either form: numbers of the views of weights of which each thread block, or warp, reads rows of its own.
inline constexpr llvm::StringLiteral kWeightViewsAttribute = "cuda.weight_views";
/// On a `tile.kernel`: numbers of the arguments that are parameters in all of its launches (`longc-cuda-mark-parameters`).
inline constexpr llvm::StringLiteral kParametersAttribute = "cuda.parameters";
/// On a cuda.kernel: it waits for the kernel before it where it says so itself, behind what it reads of parameters.
inline constexpr llvm::StringLiteral kWaitsInsideAttribute = "cuda.waits_inside";
/// On a cuda.kernel: how many points of the grid a thread block of its threads owns, each of its warps one.
inline constexpr llvm::StringLiteral kPointsAttribute = "cuda.points";
/// Whether rows of the view have a multiple of `factor` elements: by its type, or by what the kernel says of those that it leaves open.
bool hasColumnsOf(mlir::Value view, int64_t factor);
inline bool hasFastForm(tile::KernelOp kernel) { return !kernel->hasAttr(kBlockFormAttribute) && !kernel->hasAttr(kWarpFormAttribute); }

/// Shared memory of one block on Hopper.
inline constexpr int64_t kSharedBytes = 232448;

/// Shared memory of the ring that tells consumers which block was drawn: two full and two free barriers, two numbers.
inline constexpr int64_t kDrawRingBytes = 4 * 8 + 2 * 4;

/// Whether a value is a tile, and its type; whether it is no scalar: a tile, or the entries of a running selection.
inline bool isTile(mlir::Value value) { return mlir::isa<mlir::RankedTensorType>(value.getType()); }
inline bool isHeld(mlir::Value value) { return mlir::isa<mlir::RankedTensorType, tile::TopkType>(value.getType()); }
inline mlir::RankedTensorType tileType(mlir::Value tile) { return mlir::cast<mlir::RankedTensorType>(tile.getType()); }

/// Layout of a tile, from its tensor's encoding; nothing before layouts are assigned.
inline std::optional<Layout> layoutOf(mlir::Type type) {
  auto tensor = mlir::dyn_cast<mlir::RankedTensorType>(type);
  if (auto layout = tensor ? mlir::dyn_cast_or_null<LayoutAttr>(tensor.getEncoding()) : LayoutAttr())
    return layout.getValue();
  return std::nullopt;
}

} // namespace longc::cuda
