// The instruction sets a program carries kernels for.
#pragma once

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

#include <cstdint>

namespace longc::cpu {

// What lowering may use. The names are those of the kernel table (runtime/abi/longc_abi.h).
struct CpuVariant {
  llvm::StringLiteral name, processor, features;
  bool wide;       // 512-bit registers, 32 of them
  bool bf16Dot;    // products of bf16 pairs
  bool int8Dot;    // products of four bytes into 32 bits
  bool matrixUnit; // tiles of bf16
};

// A tile of the matrix unit: rows, and bf16 values of a row.
inline constexpr int64_t unitRows = 16, unitDepth = 32;

llvm::ArrayRef<CpuVariant> cpuVariants();
const CpuVariant *findCpuVariant(llvm::StringRef name);

} // namespace longc::cpu
