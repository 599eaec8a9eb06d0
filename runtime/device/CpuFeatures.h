// What this processor can do, and which variant of the kernels suits it.
//
// A variant is chosen by a table of feature bits and vendor, never by timing: results must not differ from run to run.
// The model name is not used: hypervisors mask it.
#pragma once

#include "runtime/core/Status.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace longc {

struct CpuFeatures {
  std::string vendor; // "AuthenticAMD", "GenuineIntel", ...
  std::string brand;  // for display only
  bool avx2 = false;       // with FMA, F16C, BMI, LZCNT and MOVBE
  bool avx512 = false;     // F, BW, CD, DQ, VL
  bool avx512Vnni = false; // int8 dot product
  bool avx512Bf16 = false; // bf16 dot product
  bool amx = false;        // tiles of int8 and bf16, usable: the system has granted them

  /// Reads CPUID, checks that the system saves the registers, and asks once a process for the tile registers.
  static CpuFeatures detect();
  /// "avx2 avx512 avx512_vnni ..."
  std::string describe() const;
};

struct CpuVariant {
  std::string_view name;
  bool (*runsOn)(const CpuFeatures &);
};

/// All variants a program may carry.
std::span<const CpuVariant> cpuVariants();

/// The variant to use among those the program carries. `forced` names one ("" chooses).
Result<std::string> chooseVariant(const CpuFeatures &features, const std::vector<std::string> &carried,
                                  std::string_view forced);

} // namespace longc
