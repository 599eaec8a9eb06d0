// The table of CPU variants.
#include "codegen/cpu/CpuVariant.h"

namespace longc::cpu {

// Generic processor names on purpose: the name of a real one brings instructions that other vendors lack. With
// fast-dpwssd LLVM leaves dots of words whole; otherwise it makes shorter chains of two instructions for one.
static const CpuVariant variants[] = {
    {"avx2", "x86-64-v3", "+avx2,+fma,+f16c,+bmi,+bmi2,+lzcnt,+popcnt", false, false, false, false},
    {"avx512", "x86-64-v4", "+avx512f,+avx512bw,+avx512dq,+avx512vl,+fma,+f16c,-prefer-256-bit", true, false, false,
     false},
    {"avx512_bf16", "x86-64-v4",
     "+avx512f,+avx512bw,+avx512dq,+avx512vl,+fma,+f16c,+avx512bf16,+avx512vnni,+fast-dpwssd,-prefer-256-bit", true, true,
     true, false},
    {"amx", "x86-64-v4",
     "+avx512f,+avx512bw,+avx512dq,+avx512vl,+fma,+f16c,+avx512bf16,+avx512vnni,+fast-dpwssd,+amx-tile,+amx-bf16,"
     "+amx-int8,-prefer-256-bit",
     true, true, true, true},
};

llvm::ArrayRef<CpuVariant> cpuVariants() { return variants; }

const CpuVariant *findCpuVariant(llvm::StringRef name) {
  for (const CpuVariant &variant : variants)
    if (variant.name == name)
      return &variant;
  return nullptr;
}

} // namespace longc::cpu
