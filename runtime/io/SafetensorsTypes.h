// Types of tensors in safetensors files: names, sizes, and numbers as float32.
#pragma once

#include "runtime/core/Status.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace longc {

// In the order of the format's reference implementation, whose writer puts later ones first in a file.
enum class SafetensorsType : uint8_t {
  BOOL, F4, F6_E2M3, F6_E3M2, U8, I8, F8_E5M2, F8_E4M3, F8_E8M0, F8_E4M3FNUZ, F8_E5M2FNUZ, I16, U16, F16, BF16, I32,
  U32, F32, C64, F64, I64, U64
};

const char *safetensorsTypeName(SafetensorsType type); // as in the file: "BF16"
// Bits of one element; those of F4 and F6 do not fill bytes.
uint64_t safetensorsTypeBits(SafetensorsType type);
// An error that lists the names for one that is none.
Result<SafetensorsType> safetensorsTypeNamed(std::string_view name);

// Whether the elements are numbers a weight can be: F64, F32, F16, BF16 and the kinds of F8 with a sign. F4, F6 and
// F8_E8M0 mean something only together with other tensors; integers, booleans and complex numbers are no weights.
bool isWeightType(SafetensorsType type);

// Elements of a weight type as float32: F64 is rounded, the others are exact. `bytes` may lie anywhere in memory and has
// as many elements as `values`.
void decodeSafetensors(SafetensorsType type, std::span<const std::byte> bytes, std::span<float> values);

} // namespace longc
