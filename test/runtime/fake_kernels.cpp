// The kernels of the fake program: what compiled kernels look like to the runtime, written by hand.
#include "test/runtime/FakeProgram.h"

#include <cmath>
#include <cstring>
#include <vector>

std::atomic<int64_t> longc::fake::countedQueries;

namespace {

using longc::fake::blockRows;
using longc::fake::vocabulary;

// A segment row: query begin and end, window begin and end, memory begin and end, slot, 0.
struct Segment {
  int32_t queryBegin, queryEnd, windowBegin, windowEnd, memoryBegin, memoryEnd, slot, zero;
};

float *rowOf(const longc_view &view, int64_t row) { return static_cast<float *>(view.data) + row * view.stride[0]; }
int32_t intAt(const longc_view &view, int64_t index) { return static_cast<const int32_t *>(view.data)[index]; }

// Rows of the rings: those of a slot lie together.
int64_t ringRow(const longc_view &rings, const longc_view &table, int64_t slot, int64_t index) {
  int64_t rows = rings.size[0] / table.size[0];
  return slot * rows + index % rows;
}

int64_t memoryRow(const longc_view &table, int64_t slot, int64_t index) {
  return static_cast<int64_t>(intAt(table, slot * table.stride[0] + index / 256)) * 256 + index % 256;
}

// views: tokens, positions, segments, page table, cache keys and values, memory keys and values. grid: blocks of 4 tokens.
void append(const longc_view *views, const int64_t *, int64_t begin, int64_t end, void *) {
  int64_t count = views[0].size[0];
  for (int64_t token = begin * blockRows; token < end * blockRows && token < count; ++token) {
    Segment segment;
    const auto *next = static_cast<const char *>(views[2].data);
    do {
      std::memcpy(&segment, next, sizeof segment);
      next += sizeof segment;
    } while (token >= segment.queryEnd);
    int64_t index = segment.windowEnd - (segment.queryEnd - token);
    float id = static_cast<float>(intAt(views[0], token));
    int64_t local = ringRow(views[4], views[3], segment.slot, index);
    float *key = rowOf(views[4], local), *value = rowOf(views[5], local);
    key[0] = value[1] = id;
    key[1] = static_cast<float>(intAt(views[1], token));
    value[0] = static_cast<float>(index);
    int64_t row = memoryRow(views[3], segment.slot, index);
    rowOf(views[6], row)[0] = id;
    rowOf(views[6], row)[1] = static_cast<float>(index);
    rowOf(views[7], row)[0] = id;
  }
}

// views: tokens, positions, boundaries, segments, memory keys and values, page table. grid: blocks of 4 tokens. A token's value
// says which window it was read in and where: [first token of the window + 1, position].
void store(const longc_view *views, const int64_t *, int64_t begin, int64_t end, void *) {
  for (int64_t token = begin * blockRows; token < end * blockRows && token < views[0].size[0]; ++token) {
    Segment segment;
    int64_t number = 0, window = 0;
    do
      std::memcpy(&segment, static_cast<const Segment *>(views[3].data) + number, sizeof segment);
    while (token >= segment.queryEnd && ++number);
    while (token >= intAt(views[2], window + 1))
      ++window;
    if (segment.queryBegin < intAt(views[2], window) || segment.queryEnd > intAt(views[2], window + 1))
      continue;
    const int64_t row = memoryRow(views[6], segment.slot, segment.windowEnd - (segment.queryEnd - token));
    rowOf(views[4], row)[0] = static_cast<float>(intAt(views[0], token));
    rowOf(views[4], row)[1] = static_cast<float>(intAt(views[1], token));
    rowOf(views[5], row)[0] = static_cast<float>(intAt(views[0], intAt(views[2], window)) + 1);
    rowOf(views[5], row)[1] = static_cast<float>(segment.memoryEnd - segment.memoryBegin);
  }
}

// views: work list, temperature, page table, cache keys, memory keys, counts. grid: rows of the work list.
void count(const longc_view *views, const int64_t *scalars, int64_t begin, int64_t end, void *scratch) {
  static_cast<char *>(scratch)[scalars[0] >= 0 ? 63 : 0] = 1; // scratch is there and writable
  for (int64_t item = begin; item < end; ++item) {
    int32_t work[8];
    std::memcpy(work, static_cast<const int32_t *>(views[0].data) + item * 8, sizeof work);
    longc::fake::countedQueries += work[1] - work[0];
    for (int64_t query = work[0]; query < work[1]; ++query) {
      float *counts = rowOf(views[5], query), temperature = static_cast<const float *>(views[1].data)[query];
      std::memset(counts, 0, vocabulary * sizeof(float));
      for (int64_t key = work[2]; key <= work[4] + query - work[0]; ++key)
        counts[static_cast<int>(rowOf(views[3], ringRow(views[3], views[2], work[7], key))[0])] += 1;
      for (int64_t key = work[5]; key < work[6]; ++key)
        counts[static_cast<int>(rowOf(views[4], memoryRow(views[2], work[7], key))[0])] += 1000 * temperature;
    }
  }
}

// views: counts, rows, bias, logits. grid: wanted rows.
void gather(const longc_view *views, const int64_t *, int64_t begin, int64_t end, void *) {
  for (int64_t row = begin; row < end; ++row)
    for (int id = 0; id < vocabulary; ++id)
      rowOf(views[3], row)[id] = rowOf(views[0], intAt(views[1], row))[id] + static_cast<const float *>(views[2].data)[id];
}

// As gather, with views of A and B behind it.
void gatherAdapted(const longc_view *views, const int64_t *scalars, int64_t begin, int64_t end, void *scratch) {
  using longc::fake::trainingRank, longc::fake::trainingScale;
  gather(views, scalars, begin, end, scratch);
  for (int64_t row = begin; row < end; ++row)
    for (int id = 0; id < vocabulary; ++id)
      for (int r = 0; r < trainingRank; ++r)
        rowOf(views[3], row)[id] += trainingScale * rowOf(views[5], id)[r] * rowOf(views[4], r)[id];
}

// views: tokens, targets, weights, A, B, loss, gradients of A and B; a scalar that says whether those are wanted. One block.
void bigram(const longc_view *views, const int64_t *scalars, int64_t, int64_t, void *) {
  using longc::fake::trainingRank, longc::fake::trainingScale;
  auto at = [&](int view, int64_t row, int64_t column) -> float & { return rowOf(views[view], row)[column]; };
  const bool wanted = scalars[1] != 0;
  double loss = 0;
  for (int view : {6, 7})
    if (wanted)
      std::memset(views[view].data, 0, static_cast<size_t>(views[view].size[0] * views[view].size[1]) * sizeof(float));
  std::vector<double> p(vocabulary);
  for (int64_t t = 0; t < views[0].size[0]; ++t) {
    const float weight = static_cast<const float *>(views[2].data)[t];
    if (weight == 0)
      continue;
    const int32_t token = intAt(views[0], t), target = intAt(views[1], t);
    double sum = 0;
    for (int id = 0; id < vocabulary; ++id) {
      p[id] = 0;
      for (int r = 0; r < trainingRank; ++r)
        p[id] += trainingScale * at(4, id, r) * at(3, r, token);
      sum += std::exp(p[id]);
    }
    loss += weight * (std::log(sum) - p[target]);
    for (int id = 0; wanted && id < vocabulary; ++id) {
      const double error = weight * trainingScale * (std::exp(p[id]) / sum - (id == target));
      for (int r = 0; r < trainingRank; ++r) {
        at(6, r, token) += static_cast<float>(error * at(4, id, r));
        at(7, id, r) += static_cast<float>(error * at(3, r, token));
      }
    }
  }
  *static_cast<float *>(views[5].data) = static_cast<float>(loss);
}

const longc_kernel_entry entries[] = {{"append", "avx2", append, 0},
                                      {"count", "avx2", count, 64},
                                      {"gather", "avx2", gather, 0},
                                      {"bigram", "avx2", bigram, 0},
                                      {"gather_adapted", "avx2", gatherAdapted, 0},
                                      {"store", "avx2", store, 0},
                                      {"append", "avx512", append, 0},
                                      {"count", "avx512", count, 64},
                                      {"gather", "avx512", gather, 0},
                                      {"bigram", "avx512", bigram, 0},
                                      {"gather_adapted", "avx512", gatherAdapted, 0},
                                      {"store", "avx512", store, 0}};

} // namespace

extern "C" const longc_program_table longc_program = {LONGC_ABI_VERSION, 12, entries, 0, 0, nullptr};
