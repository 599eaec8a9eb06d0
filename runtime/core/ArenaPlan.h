// Where the buffers of a function lie in its arena. Plain structs only: the compiler plans with the same code.
//
// A buffer lives from the step that first writes it to the step that last uses it. Two buffers may share bytes
// unless their lives overlap. Placement is greedy, largest first, at the lowest offset that is free.
#pragma once

#include "runtime/abi/Layout.h"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace longc {

struct ArenaBuffer {
  int64_t bytes = 0;
  uint32_t firstStep = 0, lastStep = 0; // inclusive
};

struct ArenaLayout {
  std::vector<int64_t> offsets; // one a buffer, multiples of the alignment
  int64_t bytes = 0;            // of the whole arena
};

/// Offsets are multiples of this: a cache line.
inline constexpr int64_t arenaAlignment = 64;

/// Bytes of a buffer with `sizes` (rows first) of elements of `elementBytes`, padding included.
/// No value when a size is negative or the product does not fit.
std::optional<int64_t> arenaBufferBytes(std::span<const int64_t> sizes, int64_t elementBytes);

/// No value when the sum of all buffers does not fit into 63 bits.
std::optional<ArenaLayout> planArena(std::span<const ArenaBuffer> buffers);

} // namespace longc
