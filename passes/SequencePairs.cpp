// Loops over pairs of sequences.
#include "passes/SequencePairs.h"

using namespace mlir;

namespace longc {

SequencePairs::SequencePairs(KernelBuilder &kernel, Value sources, Value boundaries, Value sequence, int64_t own)
    : kernel_(kernel), b_(kernel.body()), sources_(kernel.input(sources)), boundaries_(kernel.input(boundaries)),
      sequence_(sequence), own_(own) {
  size_ = tile::DimOp::create(b_, b_.getIndexType(), sources_, 0);
}

Value SequencePairs::number(Value view, ValueRange offsets) {
  return tile::ScalarOp::create(b_, b_.getIndexType(), view, offsets);
}

// Whether the pair names the block's sequence.
Value SequencePairs::names(Value pair) {
  Value offsets[] = {pair, kernel_.index(own_)};
  return arith::CmpIOp::create(b_, arith::CmpIPredicate::eq, number(sources_, offsets), sequence_);
}

Value SequencePairs::countAll() {
  Value zero = kernel_.index(0), one = kernel_.index(1);
  auto loop = scf::ForOp::create(b_, zero, size_, one, ValueRange(zero));
  OpBuilder::InsertionGuard guard(b_);
  b_.setInsertionPointToStart(loop.getBody());
  Value more = arith::SelectOp::create(b_, names(loop.getInductionVar()), one, zero);
  scf::YieldOp::create(b_, ValueRange(kernel_.add(loop.getRegionIterArg(0), more)));
  return loop.getResult(0);
}

// The first pair at or behind `place` that names the block's sequence; there is one.
Value SequencePairs::firstFrom(Value place) {
  auto loop = scf::ForOp::create(b_, place, size_, kernel_.index(1), ValueRange(size_));
  OpBuilder::InsertionGuard guard(b_);
  b_.setInsertionPointToStart(loop.getBody());
  Value found = loop.getRegionIterArg(0), pair = loop.getInductionVar();
  Value here = arith::SelectOp::create(b_, names(pair), pair, size_);
  scf::YieldOp::create(b_, ValueRange(kernel_.min(found, here)));
  return loop.getResult(0);
}

std::pair<Value, Value> SequencePairs::rowsOfOther(Value pair) {
  Value offsets[] = {pair, kernel_.index(1 - own_)}, zero = kernel_.index(0);
  Value other = number(sources_, offsets);
  Value sequences = kernel_.sub(tile::DimOp::create(b_, b_.getIndexType(), boundaries_, 0), kernel_.index(1));
  Value exists = arith::CmpIOp::create(b_, arith::CmpIPredicate::ult, other, sequences);
  other = arith::SelectOp::create(b_, exists, other, zero);
  Value begin = number(boundaries_, other), end = number(boundaries_, kernel_.add(other, kernel_.index(1)));
  return {begin, arith::SelectOp::create(b_, exists, end, begin)};
}

SmallVector<Value> SequencePairs::forEach(ValueRange carried, Step step) {
  SmallVector<Value> initial = {kernel_.index(0)};
  initial.append(carried.begin(), carried.end());
  Value count = countAll();
  auto loop = scf::ForOp::create(b_, initial.front(), count, kernel_.index(1), initial);
  OpBuilder::InsertionGuard guard(b_);
  b_.setInsertionPointToStart(loop.getBody());
  Value pair = firstFrom(loop.getRegionIterArg(0));
  auto [begin, end] = rowsOfOther(pair);
  SmallVector<Value> next = {kernel_.add(pair, kernel_.index(1))};
  next.append(step(begin, end, loop.getRegionIterArgs().drop_front()));
  scf::YieldOp::create(b_, next);
  return SmallVector<Value>(loop.getResults().drop_front());
}

} // namespace longc
