// The numbers of the GGUF format: metadata value types and tensor encodings, with their names and sizes.
#pragma once

#include "runtime/io/Quantized.h"

#include <cstdint>
#include <optional>
#include <string>

namespace longc {

enum class GgufValueType : uint32_t {
  Uint8 = 0,
  Int8 = 1,
  Uint16 = 2,
  Int16 = 3,
  Uint32 = 4,
  Int32 = 5,
  Float32 = 6,
  Bool = 7,
  String = 8,
  Array = 9,
  Uint64 = 10,
  Int64 = 11,
  Float64 = 12
};

// "unsigned 32-bit integer", "string", ...; null for a number that is no type.
const char *ggufValueTypeName(GgufValueType type);
// Bytes of one value; 0 for strings and arrays, whose size is in the file.
uint64_t ggufValueBytes(GgufValueType type);

// An encoding of tensors the format defines. `format` is empty for those this program lists but cannot decode.
struct GgufEncoding {
  uint32_t id;
  const char *name;
  uint32_t blockElements, blockBytes;
  std::optional<ElementFormat> format;
};

// Null for a number that is no encoding (or one that was withdrawn from the format).
const GgufEncoding *ggufEncoding(uint32_t id);

// "F32, F16, ...": for messages.
std::string decodableNames();

} // namespace longc
