// Where a program's weights come from: the packager asks by parameter name and knows nothing of files.
#pragma once

#include "runtime/core/Status.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace longc {

class WeightSource {
public:
  virtual ~WeightSource() = default;

  // Bytes of the parameter in the layout that the program stores.
  virtual Result<uint64_t> bytes(const std::string &name) const = 0;

  // Writes the parameter; `out` has exactly bytes(name) bytes.
  virtual Status write(const std::string &name, std::span<std::byte> out) const = 0;
};

} // namespace longc
