// Rows of work for ragged kernels: tile.work_list on the host.
#pragma once

#include "runtime/abi/Layout.h"
#include "runtime/core/Status.h"

#include <cstdint>
#include <span>
#include <vector>

namespace longc {

/// What comes first in a list: the costliest block, or the costliest sequence with its costliest block. The latter keeps
/// blocks that read the same keys together, for devices whose blocks in flight share a cache.
enum class WorkOrder : uint8_t { Cost, Sequence };

/// One row (`WorkColumn`) a block of `rows` queries, in the given order. `segments` has the columns `SegmentColumn`. A block's
/// diagonal lies before the first key if there are fewer keys than queries. Query rows must lie in [0, queries).
Result<std::vector<int32_t>> buildWorkList(std::span<const int32_t> segments, int64_t rows, int64_t queries,
                                           WorkOrder order = WorkOrder::Cost);

/// Whether the window of each segment holds its queries, which are the newest tokens of a cache. (Packed keys are not a
/// cache: a sequence may have fewer of them than queries.)
Status checkWindows(std::span<const int32_t> segments);

/// The state that a call's kernels reach: row `slot` of the table holds the pages of one sequence, in order.
struct StateBounds {
  std::span<const int32_t> pageTable; // [slots, pages of a slot]
  int64_t slots = 0, pages = 0;       // pages of the pool; 0: the function has no memory
};

/// Whether each segment's slot is there, and every page that its memory is read from or its new tokens are written to.
Status checkState(std::span<const int32_t> segments, const StateBounds &state);

/// Segments of a packed batch: sequence i has query rows [queries[i], queries[i+1]) and keys [keys[i], keys[i+1]), and i in the
/// place of a slot. No boundary may lie past `rows`.
Result<std::vector<int32_t>> packedSegments(std::span<const int32_t> queries, std::span<const int32_t> keys,
                                            int64_t rows);

} // namespace longc
