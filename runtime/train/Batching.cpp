// Plans batches: shuffling by counter, best fit by an ordered map of free room.
#include "runtime/train/Batching.h"

#include "runtime/text/Philox.h"
#include "runtime/train/NamedValue.h"

#include <algorithm>
#include <map>
#include <numeric>

namespace longc {
namespace {

// Which random numbers of a seed belong to which shuffle.
constexpr uint64_t sequenceStream = 0, stepStream = 1ull << 40;

/// Fisher-Yates with numbers `stream`, `stream` + 1, … of the seed.
template <typename T> void shuffle(std::vector<T> &items, uint64_t seed, uint64_t stream) {
  for (size_t i = items.size(); i > 1; --i)
    std::swap(items[i - 1], items[static_cast<size_t>(philoxUniform(seed, stream + i) * static_cast<double>(i))]);
}

Pack packOf(int32_t sequence, int64_t length) {
  return {{sequence}, length, static_cast<double>(length) * static_cast<double>(length)};
}

void append(Pack &pack, int32_t sequence, int64_t length) {
  const Pack one = packOf(sequence, length);
  pack.sequences.push_back(sequence);
  pack.tokens += one.tokens;
  pack.squares += one.squares;
}

/// Best fit decreasing: the longest first, each into the fullest pack that has room for it.
std::vector<Pack> bestFit(std::span<const int32_t> order, std::span<const int64_t> lengths, int64_t capacity) {
  std::vector<std::pair<int64_t, size_t>> longestFirst; // equal ones in the given order
  for (size_t place = 0; place < order.size(); ++place)
    longestFirst.emplace_back(-lengths[order[place]], place);
  std::sort(longestFirst.begin(), longestFirst.end());
  std::vector<Pack> packs;
  std::multimap<int64_t, size_t> byRoom; // free tokens -> pack
  for (auto [negative, place] : longestFirst) {
    const int32_t sequence = order[place];
    const int64_t length = -negative;
    auto found = byRoom.lower_bound(length);
    size_t pack = packs.size();
    if (found == byRoom.end()) {
      packs.emplace_back();
    } else {
      pack = found->second;
      byRoom.erase(found);
    }
    append(packs[pack], sequence, length);
    byRoom.emplace(capacity - packs[pack].tokens, pack);
  }
  return packs;
}

BatchPlan grouped(std::vector<Pack> packs, int64_t batch) {
  BatchPlan steps;
  for (size_t begin = 0; begin < packs.size(); begin += static_cast<size_t>(batch)) {
    const size_t end = std::min(packs.size(), begin + static_cast<size_t>(batch));
    steps.emplace_back(std::make_move_iterator(packs.begin() + static_cast<std::ptrdiff_t>(begin)),
                       std::make_move_iterator(packs.begin() + static_cast<std::ptrdiff_t>(end)));
  }
  return steps;
}

} // namespace

BatchPlan planBatches(std::span<const int64_t> lengths, const BatchOptions &options) {
  std::vector<int32_t> order(lengths.size());
  std::iota(order.begin(), order.end(), 0);
  shuffle(order, options.seed, sequenceStream); // also decides between equal lengths
  std::vector<Pack> packs;
  if (options.method == BatchMethod::packed) {
    packs = bestFit(order, lengths, options.capacity);
  } else {
    for (int32_t sequence : order)
      packs.push_back(packOf(sequence, lengths[sequence]));
  }
  if (options.method == BatchMethod::naive)
    return grouped(std::move(packs), options.batch);
  std::sort(packs.begin(), packs.end(), [](const Pack &a, const Pack &b) {
    return std::pair(a.squares, a.sequences.front()) < std::pair(b.squares, b.sequences.front());
  });
  BatchPlan steps = grouped(std::move(packs), options.batch);
  shuffle(steps, options.seed, stepStream);
  return steps;
}

double fillOf(const BatchPlan &plan, const BatchOptions &options) {
  int64_t useful = 0, computed = 0;
  for (const std::vector<Pack> &step : plan) {
    int64_t row = options.method == BatchMethod::packed ? options.capacity : 0;
    for (const Pack &pack : step) {
      useful += pack.tokens;
      row = std::max(row, pack.tokens);
    }
    computed += row * static_cast<int64_t>(step.size());
  }
  return computed == 0 ? 1 : static_cast<double>(useful) / static_cast<double>(computed);
}

bool batchMethodOf(std::string_view name, BatchMethod &method) {
  constexpr std::pair<std::string_view, BatchMethod> names[] = {
      {"naive", BatchMethod::naive}, {"sorted", BatchMethod::sorted}, {"packed", BatchMethod::packed}};
  return findNamed(names, name, method);
}

} // namespace longc
