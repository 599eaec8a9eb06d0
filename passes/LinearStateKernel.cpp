// Linear states of a gated memory.
#include "passes/LinearStateKernel.h"

#include "passes/FusedOps.h"

#include "mlir/Dialect/Math/IR/Math.h"

#include <cmath>

using namespace mlir;

namespace longc {

// Rows of keys that one product writes.
static constexpr int64_t writtenRows = 32;

// Leading offsets of a head's part of the state, which tiles drop.
static SmallVector<Value> placeOf(Value sequence, Value head) {
  return sequence ? SmallVector<Value>{sequence, head} : SmallVector<Value>{head};
}

LinearState loadLinearState(KernelBuilder &kernel, lm::GatedMemoryOp op, Value sequence, Value head) {
  int64_t size = cast<RankedTensorType>(op.getQuery().getType()).getDimSize(2);
  SmallVector<Value> at = placeOf(sequence, head);
  at.push_back(kernel.index(0));
  // A row of the norm keeps its head's dimension, because a parameter of two dimensions may lie in panels.
  SmallVector<int64_t> dropped = sequence ? SmallVector<int64_t>{0} : SmallVector<int64_t>{};
  Value norm = kernel.load(kernel.input(op.getMemoryOperands()[1]), {1, size}, at, {}, {}, dropped);
  at.push_back(kernel.index(0));
  dropped.push_back(dropped.size());
  Value state = kernel.load(kernel.input(op.getMemoryOperands()[0]), {size, size}, at, {}, {}, dropped);
  return {kernel.widened(state), kernel.reshape(kernel.widened(norm), {size})};
}

Value stateFeature(KernelBuilder &kernel, Value x) {
  ImplicitLocOpBuilder &b = kernel.body();
  Value zero = kernel.constantTile(tileShape(x), 0.0);
  // The exponential's argument is at most 0, so that it cannot overflow.
  Value negative =
      arith::MulFOp::create(b, arith::MinimumFOp::create(b, x, zero), kernel.constantTile(tileShape(x), M_LOG2E));
  return arith::AddFOp::create(b, arith::MaximumFOp::create(b, x, zero), math::Exp2Op::create(b, negative));
}

Value readLinearState(KernelBuilder &kernel, const LinearState &state, Value features) {
  ImplicitLocOpBuilder &b = kernel.body();
  ArrayRef<int64_t> shape = tileShape(features);
  int64_t rows = shape[0];
  Value weighted = arith::MulFOp::create(b, features, kernel.expand(state.norm, 0, rows));
  Value length = kernel.reduce(tile::Reduction::add, weighted, 1);
  Value zero = kernel.constantTile({rows}, 0.0), one = kernel.constantTile({rows}, 1.0);
  Value none = arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, length, zero);
  Value inverse = arith::DivFOp::create(b, one, arith::SelectOp::create(b, none, one, length));
  inverse = arith::SelectOp::create(b, none, zero, inverse);
  return arith::MulFOp::create(b, kernel.multiply(features, state.state), kernel.expand(inverse, 1, shape[1]));
}

std::pair<Value, Value> sequenceRows(KernelBuilder &kernel, lm::GatedMemoryOp op, Value sequence, Value rows) {
  if (!sequence)
    return {kernel.index(0), kernel.size(kernel.input(rows), 0)};
  Value boundaries = kernel.input(op.getCuSeqlens());
  return {kernel.scalar(boundaries, sequence), kernel.scalar(boundaries, kernel.add(sequence, kernel.index(1)))};
}

// State [D, D] and norm [1, D] with the rows from `row` on taken in.
static std::pair<Value, Value> writeRows(KernelBuilder &kernel, lm::GatedMemoryOp op, const LinearState &old, Value row,
                                         std::pair<Value, Value> range, Value head, Value state, Value norm) {
  ImplicitLocOpBuilder &b = kernel.body();
  int64_t size = tileShape(state)[0];
  SmallVector<int64_t> shape = {writtenRows, size};
  auto load = [&](Value host) {
    Value at[] = {row, head, kernel.index(0)};
    return kernel.widened(kernel.load(kernel.input(host), shape, at, range.first, range.second, {1}));
  };
  // The feature of what lies past the end is not 0, as the key there is.
  Value left = kernel.splat(shape, kernel.sub(range.second, row));
  Value mine = arith::CmpIOp::create(b, arith::CmpIPredicate::slt, kernel.counted(shape, 0), left);
  Value features =
      arith::SelectOp::create(b, mine, stateFeature(kernel, load(op.getWritten()[0])), kernel.constantTile(shape, 0.0));
  Value values = load(op.getWritten()[1]);
  if (*op.getUpdate() == lm::StateUpdate::delta)
    values = arith::SubFOp::create(b, values, readLinearState(kernel, old, features));
  Value next = kernel.multiply(kernel.transpose(features), values, state);
  return {next, kernel.multiply(kernel.constantTile({1, writtenRows}, 1.0), features, norm)};
}

std::pair<Value, Value> writeLinearState(lm::GatedMemoryOp op) {
  Value keys = op.getWritten()[0], states = op.getMemoryOperands()[0], norms = op.getMemoryOperands()[1];
  ArrayRef<int64_t> shape = cast<RankedTensorType>(keys.getType()).getShape();
  int64_t heads = shape[1], size = shape[2];
  KernelBuilder kernel(op, "write_state_" + std::to_string(heads) + "x" + std::to_string(size), 2);
  Value sequence = op.getCuSeqlens() ? kernel.gridIndex(0) : Value(), head = kernel.gridIndex(1);
  LinearState old = loadLinearState(kernel, op, sequence, head);
  std::pair<Value, Value> range = sequenceRows(kernel, op, sequence, keys);
  Value initial[] = {old.state, kernel.expand(old.norm, 0, 1)};
  auto written = kernel.loop(range.first, range.second, writtenRows, initial, [&](Value row, ValueRange before) {
    auto [state, norm] = writeRows(kernel, op, old, row, range, head, before[0], before[1]);
    return SmallVector<Value>{state, norm};
  });
  ImplicitLocOpBuilder &host = kernel.host();
  SmallVector<Value> at = placeOf(sequence, head);
  at.push_back(kernel.index(0));
  SmallVector<int64_t> dropped = sequence ? SmallVector<int64_t>{0} : SmallVector<int64_t>{};
  Value newNorm = kernel.output(emptyResult(host, op.getNewNorm().getType(), norms));
  kernel.store(written[1], newNorm, at, {}, {}, dropped);
  at.push_back(kernel.index(0));
  dropped.push_back(dropped.size());
  Value newState = kernel.output(emptyResult(host, op.getNewState().getType(), states));
  kernel.store(written[0], newState, at, {}, {}, dropped);
  Value sequences = sequence ? hostSize(host, states, 0) : Value(arith::ConstantIndexOp::create(host, 1));
  tile::LaunchOp launch = kernel.finish({sequences, arith::ConstantIndexOp::create(host, heads)});
  return {launch.getResult(1), launch.getResult(0)};
}

} // namespace longc
