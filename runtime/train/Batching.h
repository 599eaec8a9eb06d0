// Which sequences go through the model together: LongAlign's three ways (arXiv 2401.18058, section 3.2).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace longc {

enum class BatchMethod {
  naive,  // in random order, one sequence a pack
  sorted, // neighbours in length, one sequence a pack; the order of the steps is random
  packed, // packs of many sequences, filled up to the capacity; the order of the steps is random
};

/// Sequences that lie end to end in one row of a batch, each attending to itself alone.
struct Pack {
  std::vector<int32_t> sequences; // indices
  int64_t tokens = 0;             // the sum of their lengths
  double squares = 0;             // the sum of their squared lengths: what attention costs
};

/// Packs that go through the model together, and one optimizer step after another.
using BatchPlan = std::vector<std::vector<Pack>>;

struct BatchOptions {
  BatchMethod method = BatchMethod::packed;
  int64_t capacity = 0; // most tokens of a pack; a longer sequence is a pack alone
  int64_t batch = 1;    // packs of a step; the last step formed may have fewer
  uint64_t seed = 0;    // another order with another seed, the same with the same
};

/// Every sequence stands in exactly one pack. Packed: best fit, longest first; packs of like cost (by the sum of squares)
/// form a step, so that none waits for another.
BatchPlan planBatches(std::span<const int64_t> lengths, const BatchOptions &options);

/// Tokens that count, of those computed when the rows of a step are padded: to the capacity where packed, to the longest
/// of the step otherwise.
double fillOf(const BatchPlan &plan, const BatchOptions &options);

/// The method of a name; false if there is none.
bool batchMethodOf(std::string_view name, BatchMethod &method);

} // namespace longc
