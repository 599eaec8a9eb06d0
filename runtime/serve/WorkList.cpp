// Cuts sequences into blocks of queries and sorts them by cost.
#include "runtime/serve/WorkList.h"

#include "runtime/core/Format.h"
#include "runtime/serve/PagePool.h"

#include <algorithm>
#include <array>
#include <tuple>

namespace longc {
namespace {

using S = SegmentColumn;
using W = WorkColumn;
using Item = std::array<int32_t, W::count>;

// Keys that a block reads: those up to its last query, and the memory.
int64_t costOf(const Item &item) {
  const int64_t queries = item[W::queryEnd] - item[W::queryBegin];
  const int64_t last = std::min<int64_t>(item[W::keyEnd], int64_t{item[W::diagonal]} + queries);
  return queries * (std::max<int64_t>(last - item[W::keyBegin], 0) + item[W::memoryEnd] - item[W::memoryBegin]);
}

// A row of the list and what it is sorted by; the sequence counts only where its blocks stay together.
struct Block {
  Item item;
  int64_t cost;
  size_t sequence = 0;
  int64_t sequenceCost = 0;
};

bool comesFirst(const Block &a, const Block &b) {
  return std::tuple(-a.sequenceCost, a.sequence, -a.cost, a.item[W::queryBegin]) <
         std::tuple(-b.sequenceCost, b.sequence, -b.cost, b.item[W::queryBegin]);
}

Status segmentError(size_t index, const char *what) {
  return Status::error(5201, formatText("segment %zu: %s", index, what), "give query, key and memory ranges in order");
}

Status checkSegment(std::span<const int32_t> segment, size_t index, int64_t queries) {
  auto fails = [&](const char *what) { return segmentError(index, what); };
  if (segment[S::queryBegin] < 0 || segment[S::queryBegin] > segment[S::queryEnd] || segment[S::queryEnd] > queries)
    return fails("its query rows are not a range of the call's tokens");
  if (segment[S::keyBegin] < 0 || segment[S::keyBegin] > segment[S::keyEnd])
    return fails("its keys are not a range");
  if (segment[S::memoryBegin] < 0 || segment[S::memoryBegin] > segment[S::memoryEnd])
    return fails("its memory is not a range");
  if (segment[S::slot] < 0)
    return fails("its slot is negative");
  return {};
}

} // namespace

Status checkWindows(std::span<const int32_t> segments) {
  for (size_t index = 0; index < segments.size() / S::count; ++index) {
    auto segment = segments.subspan(index * S::count, S::count);
    if (int64_t{segment[S::keyEnd]} - segment[S::keyBegin] < int64_t{segment[S::queryEnd]} - segment[S::queryBegin])
      return segmentError(index, "its window does not hold its queries");
  }
  return {};
}

Status checkState(std::span<const int32_t> segments, const StateBounds &state) {
  const int64_t slotPages = state.slots > 0 ? static_cast<int64_t>(state.pageTable.size()) / state.slots : 0;
  for (size_t index = 0; index < segments.size() / S::count; ++index) {
    auto segment = segments.subspan(index * S::count, S::count);
    if (segment[S::queryBegin] == segment[S::queryEnd])
      continue; // no block is made of it
    const int64_t slot = segment[S::slot];
    if (slot < 0 || slot >= state.slots)
      return segmentError(index, "its slot is not one of the state");
    auto holds = [&](int64_t begin, int64_t end) { // tokens
      for (int64_t page = begin / pageRows; page * pageRows < end; ++page)
        if (page >= slotPages || state.pageTable[static_cast<size_t>(slot * slotPages + page)] < 0 ||
            state.pageTable[static_cast<size_t>(slot * slotPages + page)] >= state.pages)
          return false;
      return true;
    };
    if (state.pages == 0)
      continue;
    if (segment[S::memoryBegin] < segment[S::memoryEnd] && !holds(segment[S::memoryBegin], segment[S::memoryEnd]))
      return segmentError(index, "its memory lies in pages that the state does not have");
    if (!holds(int64_t{segment[S::keyEnd]} - (segment[S::queryEnd] - segment[S::queryBegin]), segment[S::keyEnd]))
      return segmentError(index, "its new tokens have no page in the state");
  }
  return {};
}

Result<std::vector<int32_t>> buildWorkList(std::span<const int32_t> segments, int64_t rows, int64_t queries,
                                           WorkOrder order) {
  std::vector<Block> blocks;
  for (size_t index = 0; index < segments.size() / S::count; ++index) {
    auto segment = segments.subspan(index * S::count, S::count);
    LONGC_TRY(checkSegment(segment, index, queries));
    const size_t firstBlock = blocks.size();
    int64_t total = 0;
    for (int64_t begin = segment[S::queryBegin]; begin < segment[S::queryEnd]; begin += rows) {
      auto end = static_cast<int32_t>(std::min<int64_t>(begin + rows, segment[S::queryEnd]));
      auto first = static_cast<int32_t>(begin);
      Item item = {first, end, segment[S::keyBegin], segment[S::keyEnd], segment[S::keyEnd] - (segment[S::queryEnd] - first),
                   segment[S::memoryBegin], segment[S::memoryEnd], segment[S::slot]};
      blocks.push_back({item, costOf(item)});
      total += blocks.back().cost;
    }
    if (order == WorkOrder::Sequence)
      for (size_t i = firstBlock; i < blocks.size(); ++i)
        blocks[i].sequence = index, blocks[i].sequenceCost = total;
  }
  std::sort(blocks.begin(), blocks.end(), comesFirst);
  std::vector<int32_t> list;
  list.reserve(blocks.size() * W::count);
  for (const Block &block : blocks)
    list.insert(list.end(), block.item.begin(), block.item.end());
  return list;
}

Result<std::vector<int32_t>> packedSegments(std::span<const int32_t> queries, std::span<const int32_t> keys,
                                            int64_t rows) {
  if (queries.size() != keys.size())
    return Status::error(5201, formatText("%zu boundaries of queries and %zu of keys", queries.size(), keys.size()),
                         "give one boundary more than there are sequences, for both");
  std::vector<int32_t> segments;
  for (size_t index = 0; index + 1 < queries.size(); ++index) {
    if (queries[index + 1] > rows || keys[index + 1] > rows)
      return Status::error(5201, formatText("sequence %zu ends past the %lld rows given", index,
                                            static_cast<long long>(rows)),
                           "the last boundary is the number of rows");
    segments.insert(segments.end(), {queries[index], queries[index + 1], keys[index], keys[index + 1], 0, 0, static_cast<int32_t>(index), 0});
  }
  return segments;
}

} // namespace longc
