// Where a program's weights come from: the packager asks by parameter name and knows nothing of files.
#pragma once

#include "runtime/abi/program.pb.h"
#include "runtime/core/Status.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace longc {

class WeightSource {
public:
  virtual ~WeightSource() = default;

  // Whether a program holds them; one that does not runs with random ones alone.
  virtual bool areEmbedded() const { return true; }

  // Bytes of the parameter whose rows are those of `parts`, one part after the other, in the layout that the program
  // stores. Most parameters have one part, themselves. Layouts have blocks of rows: parts are joined before they are
  // laid out, never after. `as`: the type, theirs or BF16 or Q8_0 where they are to be rounded, and whether it is trained: those are
  // rows of F32 that lie as they are.
  virtual Result<uint64_t> bytes(std::span<const std::string> parts, const abi::Parameter &as) const = 0;

  // Writes it; `out` has exactly bytes(parts, as) bytes.
  virtual Status write(std::span<const std::string> parts, const abi::Parameter &as, std::span<std::byte> out) const = 0;
};

} // namespace longc
