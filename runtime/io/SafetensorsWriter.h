// Writes safetensors files, byte for byte as the format's reference implementation does: tensors ordered by type, widest
// last in the list of types first, then by name; the header padded with blanks to a multiple of 8 bytes.
#pragma once

#include "runtime/core/Status.h"
#include "runtime/io/SafetensorsTypes.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace longc {

struct SafetensorsOutput {
  std::string name;
  SafetensorsType type = SafetensorsType::F32;
  std::vector<int64_t> shape;
  // Hands all bytes of the tensor to `append`, in as many calls as it likes.
  using Append = std::function<Status(std::span<const std::byte>)>;
  std::function<Status(const Append &append)> write;
};

// Hands numbers to `append` as F32, F16 or BF16, rounded to nearest even. A number that F16 does not hold is refused, with
// the name of the tensor.
Status appendFloats(const SafetensorsOutput::Append &append, SafetensorsType type, std::span<const float> values,
                    const std::string &name);

// The whole file appears under `path` or nothing does. Refused: a name twice, an element count that fills no whole bytes,
// a tensor that writes more or fewer bytes than its type and shape have.
Status writeSafetensors(const std::string &path, std::vector<SafetensorsOutput> tensors,
                        const std::vector<std::pair<std::string, std::string>> &metadata = {{"format", "pt"}});

} // namespace longc
