// The first half of reading a GGUF file: bytes to plain structs, each length checked against the bytes that are left.
// Private to runtime/io; Gguf.h is the interface.
#pragma once

#include "runtime/core/Status.h"
#include "runtime/io/Gguf.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace longc {

struct GgufHeader {
  uint32_t version = 0;
  std::vector<GgufValue> values;
  std::vector<GgufTensor> tensors; // without data; encoding, shape and offset as the file says
  uint64_t end = 0;                // of the header: the data section begins at the next aligned byte
};

Result<GgufHeader> parseGgufHeader(std::span<const std::byte> bytes);

} // namespace longc
