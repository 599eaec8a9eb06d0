// The cpu dialect: what passes decide about a kernel of tiles (see CpuDialect.td).
#pragma once

#include "codegen/cpu/CpuVariant.h"
#include "dialects/tile/TileDialect.h"

#include "codegen/cpu/CpuDialect.h.inc"
#include "codegen/cpu/CpuEnums.h.inc"

#define GET_ATTRDEF_CLASSES
#include "codegen/cpu/CpuAttrs.h.inc"

#define GET_OP_CLASSES
#include "codegen/cpu/CpuOps.h.inc"

namespace longc::cpu {

inline constexpr llvm::StringLiteral variantAttribute = "cpu.variant";
inline constexpr llvm::StringLiteral overlapsRowsAttribute = "cpu.overlaps_rows";
inline constexpr llvm::StringLiteral inPlaceAttribute = "cpu.in_place";
inline constexpr llvm::StringLiteral localAttribute = "cpu.local";
inline constexpr llvm::StringLiteral stageAttribute = "cpu.stage";
inline constexpr llvm::StringLiteral readAheadAttribute = "cpu.read_ahead";
inline constexpr llvm::StringLiteral scratchAttribute = "cpu.scratch";
inline constexpr llvm::StringLiteral scratchBytesAttribute = "cpu.scratch_bytes";

inline constexpr int64_t lanes = 16; // values of a chunk; half of them fill a register of the narrow variants

/// The variant that a kernel is compiled for; an error where none is chosen.
mlir::FailureOr<const CpuVariant *> variantOf(tile::KernelOp kernel);

/// When the work is done; nothing where no product overlaps it.
inline std::optional<Stage> stageOf(mlir::Operation *op) {
  auto stage = op->getAttrOfType<StageAttr>(stageAttribute);
  return stage ? std::optional(stage.getValue()) : std::nullopt;
}

/// How many blocks of rows of the tile that the op makes lie in memory; 0: all rows.
inline int64_t localBlocks(mlir::Operation *op) {
  auto blocks = op->getAttrOfType<mlir::IntegerAttr>(localAttribute);
  return blocks ? blocks.getInt() : 0;
}

/// The refusal of an op, whose kernel cannot be compiled.
mlir::InFlightDiagnostic refuse(mlir::Operation *op);

} // namespace longc::cpu
