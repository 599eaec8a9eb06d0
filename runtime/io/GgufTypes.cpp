// Tables of the GGUF format.
#include "runtime/io/GgufTypes.h"

#include <algorithm>
#include <iterator>

namespace longc {

const char *ggufValueTypeName(GgufValueType type) {
  switch (type) {
  case GgufValueType::Uint8:
    return "unsigned 8-bit integer";
  case GgufValueType::Int8:
    return "signed 8-bit integer";
  case GgufValueType::Uint16:
    return "unsigned 16-bit integer";
  case GgufValueType::Int16:
    return "signed 16-bit integer";
  case GgufValueType::Uint32:
    return "unsigned 32-bit integer";
  case GgufValueType::Int32:
    return "signed 32-bit integer";
  case GgufValueType::Float32:
    return "32-bit float";
  case GgufValueType::Bool:
    return "bool";
  case GgufValueType::String:
    return "string";
  case GgufValueType::Array:
    return "array";
  case GgufValueType::Uint64:
    return "unsigned 64-bit integer";
  case GgufValueType::Int64:
    return "signed 64-bit integer";
  case GgufValueType::Float64:
    return "64-bit float";
  }
  return nullptr;
}

uint64_t ggufValueBytes(GgufValueType type) {
  switch (type) {
  case GgufValueType::Uint8:
  case GgufValueType::Int8:
  case GgufValueType::Bool:
    return 1;
  case GgufValueType::Uint16:
  case GgufValueType::Int16:
    return 2;
  case GgufValueType::Uint32:
  case GgufValueType::Int32:
  case GgufValueType::Float32:
    return 4;
  case GgufValueType::Uint64:
  case GgufValueType::Int64:
  case GgufValueType::Float64:
    return 8;
  case GgufValueType::String:
  case GgufValueType::Array:
    return 0;
  }
  return 0;
}

namespace {

constexpr GgufEncoding decoded(uint32_t id, ElementFormat format) {
  const FormatInfo &info = infoOf(format);
  return {id, info.name, static_cast<uint32_t>(info.blockElements), static_cast<uint32_t>(info.blockBytes), format};
}

constexpr GgufEncoding encodings[] = {
    decoded(0, ElementFormat::F32),
    decoded(1, ElementFormat::F16),
    decoded(2, ElementFormat::Q4_0),
    decoded(3, ElementFormat::Q4_1),
    decoded(6, ElementFormat::Q5_0),
    decoded(7, ElementFormat::Q5_1),
    decoded(8, ElementFormat::Q8_0),
    {9, "Q8_1", 32, 36, {}},
    decoded(10, ElementFormat::Q2_K),
    decoded(11, ElementFormat::Q3_K),
    decoded(12, ElementFormat::Q4_K),
    decoded(13, ElementFormat::Q5_K),
    decoded(14, ElementFormat::Q6_K),
    {15, "Q8_K", 256, 292, {}},
    {16, "IQ2_XXS", 256, 66, {}},
    {17, "IQ2_XS", 256, 74, {}},
    {18, "IQ3_XXS", 256, 98, {}},
    {19, "IQ1_S", 256, 50, {}},
    decoded(20, ElementFormat::IQ4_NL),
    {21, "IQ3_S", 256, 110, {}},
    {22, "IQ2_S", 256, 82, {}},
    {23, "IQ4_XS", 256, 136, {}},
    {24, "I8", 1, 1, {}},
    {25, "I16", 1, 2, {}},
    {26, "I32", 1, 4, {}},
    {27, "I64", 1, 8, {}},
    {28, "F64", 1, 8, {}},
    {29, "IQ1_M", 256, 56, {}},
    decoded(30, ElementFormat::BF16),
    {34, "TQ1_0", 256, 54, {}},
    {35, "TQ2_0", 256, 66, {}},
    {39, "MXFP4", 32, 17, {}},
    {40, "NVFP4", 64, 36, {}},
    {41, "Q1_0", 128, 18, {}},
};

} // namespace

const GgufEncoding *ggufEncoding(uint32_t id) {
  for (const GgufEncoding &encoding : encodings)
    if (encoding.id == id)
      return &encoding;
  return nullptr;
}

std::string decodableNames() {
  std::string names;
  for (const FormatInfo &info : formatInfos)
    if (std::any_of(std::begin(encodings), std::end(encodings),
                    [&](const GgufEncoding &encoding) { return encoding.format == info.format; }))
      names += (names.empty() ? "" : ", ") + std::string(info.name);
  return names;
}

} // namespace longc
