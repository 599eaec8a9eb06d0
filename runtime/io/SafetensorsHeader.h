// The first half of reading a safetensors file: the header's JSON to plain structs, each field checked by itself.
// Private to runtime/io; Safetensors.h is the interface.
#pragma once

#include "runtime/core/Status.h"
#include "runtime/io/Safetensors.h"

#include <string_view>
#include <utility>
#include <vector>

namespace longc {

struct SafetensorsEntry {
  SafetensorsTensor tensor; // without data
  uint64_t begin = 0, end = 0; // of its bytes, from the first byte behind the header
};

struct SafetensorsHeader {
  std::vector<SafetensorsEntry> entries;
  std::vector<std::pair<std::string, std::string>> metadata;
};

Result<SafetensorsHeader> parseSafetensorsHeader(std::string_view json);

} // namespace longc
