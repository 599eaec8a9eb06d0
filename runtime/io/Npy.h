// NumPy's .npy files: plain tensors in and out of `run`. Element types f32, i32, i8 and 16-bit words (bf16, f16).
#pragma once

#include "runtime/core/Status.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace longc {

struct NpyTensor {
  std::string type; // "f4", "i4", "i1" or "u2" (the bits of bf16 or f16)
  std::vector<int64_t> shape;
  std::vector<std::byte> data; // row-major, little endian
};

Result<NpyTensor> readNpy(const std::string &path);
Status writeNpy(const std::string &path, const std::string &type, const std::vector<int64_t> &shape, const void *data,
                size_t bytes);

} // namespace longc
