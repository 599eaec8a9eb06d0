// Loops over pairs of sequences.
#include "passes/SequencePairs.h"

using namespace mlir;

namespace longc {

SequencePairs::SequencePairs(KernelBuilder &kernel, Value sources, Value boundaries, Value sequence, int64_t own)
    : kernel_(kernel), b_(kernel.body()), sources_(kernel.input(sources)), boundaries_(kernel.input(boundaries)),
      sequence_(sequence), own_(own) {
  size_ = kernel.size(sources_, 0);
}

// Whether the pair names the block's sequence.
Value SequencePairs::names(Value pair) {
  return arith::CmpIOp::create(b_, arith::CmpIPredicate::eq, kernel_.scalar(sources_, {pair, kernel_.index(own_)}), sequence_);
}

Value SequencePairs::countAll() {
  Value zero = kernel_.index(0), one = kernel_.index(1);
  return kernel_.accumulate(zero, size_, 1, zero, [&](Value pair, Value count) {
    return kernel_.add(count, arith::SelectOp::create(b_, names(pair), one, zero));
  });
}

// The first pair at or behind `place` that names the block's sequence; there is one.
Value SequencePairs::firstFrom(Value place) {
  return kernel_.accumulate(place, size_, 1, size_, [&](Value pair, Value found) {
    return kernel_.min(found, arith::SelectOp::create(b_, names(pair), pair, size_));
  });
}

std::pair<Value, Value> SequencePairs::rowsOfOther(Value pair) {
  Value other = kernel_.scalar(sources_, {pair, kernel_.index(1 - own_)}), zero = kernel_.index(0);
  Value sequences = kernel_.sub(kernel_.size(boundaries_, 0), kernel_.index(1));
  Value exists = arith::CmpIOp::create(b_, arith::CmpIPredicate::ult, other, sequences);
  other = arith::SelectOp::create(b_, exists, other, zero);
  Value begin = kernel_.scalar(boundaries_, other), end = kernel_.scalar(boundaries_, kernel_.add(other, kernel_.index(1)));
  return {begin, arith::SelectOp::create(b_, exists, end, begin)};
}

SmallVector<Value> SequencePairs::forEach(ValueRange carried, Step step) {
  SmallVector<Value> initial = {kernel_.index(0)};
  initial.append(carried.begin(), carried.end());
  SmallVector<Value> results = kernel_.loop(initial.front(), countAll(), 1, initial, [&](Value, ValueRange before) {
    Value pair = firstFrom(before.front());
    auto [begin, end] = rowsOfOther(pair);
    SmallVector<Value> next = {kernel_.add(pair, kernel_.index(1))};
    next.append(step(begin, end, before.drop_front()));
    return next;
  });
  results.erase(results.begin());
  return results;
}

} // namespace longc
