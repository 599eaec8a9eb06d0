// Greedy placement of buffers with live ranges.
#include "runtime/core/ArenaPlan.h"

#include <algorithm>
#include <numeric>

namespace longc {
namespace {

std::optional<int64_t> roundUp(int64_t value, int64_t multiple) {
  int64_t sum;
  if (__builtin_add_overflow(value, multiple - 1, &sum))
    return std::nullopt;
  return sum / multiple * multiple;
}

struct Placed {
  int64_t begin, end; // bytes
};

bool livesOverlap(const ArenaBuffer &a, const ArenaBuffer &b) {
  return a.firstStep <= b.lastStep && b.firstStep <= a.lastStep;
}

// `taken` is sorted by begin; entries may overlap each other.
int64_t lowestGap(const std::vector<Placed> &taken, int64_t bytes) {
  int64_t offset = 0;
  for (const Placed &other : taken) {
    if (other.begin - offset >= bytes)
      break;
    offset = std::max(offset, other.end);
  }
  return offset;
}

} // namespace

std::optional<int64_t> arenaBufferBytes(std::span<const int64_t> sizes, int64_t elementBytes) {
  int64_t bytes = elementBytes;
  for (size_t dim = 0; dim < sizes.size(); ++dim) {
    if (sizes[dim] < 0)
      return std::nullopt;
    auto rows = dim == 0 ? roundUp(std::max<int64_t>(sizes[0], 1), arenaRowPadding) : std::optional(sizes[dim]);
    if (!rows || __builtin_mul_overflow(bytes, *rows, &bytes))
      return std::nullopt;
  }
  return roundUp(bytes, arenaAlignment);
}

std::optional<ArenaLayout> planArena(std::span<const ArenaBuffer> buffers) {
  std::vector<size_t> order(buffers.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return buffers[a].bytes != buffers[b].bytes ? buffers[a].bytes > buffers[b].bytes : a < b;
  });

  ArenaLayout layout;
  layout.offsets.assign(buffers.size(), 0);
  std::vector<size_t> placed;
  int64_t total = 0;
  for (size_t index : order) {
    auto bytes = roundUp(buffers[index].bytes, arenaAlignment);
    if (!bytes || *bytes < 0 || __builtin_add_overflow(total, *bytes, &total))
      return std::nullopt;
    std::vector<Placed> taken;
    for (size_t other : placed)
      if (livesOverlap(buffers[index], buffers[other]))
        taken.push_back({layout.offsets[other], layout.offsets[other] + *roundUp(buffers[other].bytes, arenaAlignment)});
    std::sort(taken.begin(), taken.end(), [](const Placed &a, const Placed &b) { return a.begin < b.begin; });
    layout.offsets[index] = lowestGap(taken, *bytes);
    layout.bytes = std::max(layout.bytes, layout.offsets[index] + *bytes);
    placed.push_back(index);
  }
  return layout;
}

} // namespace longc
