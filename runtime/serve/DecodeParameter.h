// Weights as rows of the type that a device's kernels read, from how a program stores them.
#pragma once

#include "runtime/abi/program.pb.h"
#include "runtime/core/Status.h"

#include <cstddef>
#include <cstdint>
#include <span>

namespace longc {

/// Numbers as BF16, rounded to nearest even, two bytes each.
void roundToBf16(std::span<const float> numbers, std::byte *to);

/// Whether kernels of a device with memory of its own read the parameter in another form than it is stored in.
bool needsDecoding(const abi::Parameter &parameter, abi::ElementType wanted);

/// Bytes of a matrix in rows of `wanted`.
uint64_t decodedBytes(const abi::Parameter &parameter, abi::ElementType wanted);

/// Writes the matrix, which is stored in panels or as F32, row by row as F32 or BF16, rounded to nearest even. LC4124 for
/// what has no such form.
Status decodeParameter(const abi::Parameter &parameter, const std::byte *stored, abi::ElementType wanted,
                       std::span<std::byte> rows);

} // namespace longc
