// Gradient of a linear state's reads and writes.
#include "dialects/lm/gradients/LinearState.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace longc::lm {

static float unit(int64_t row, int64_t column) { return row == column ? 1 : 0; }

LinearState::LinearState(PlainOps make, ImplicitLocOpBuilder &builder, Value state, Value norm)
    : make_(make), b_(builder), state_(state), norm_(norm), groups_(PlainOps::shapeOf(state)[0]), size_(PlainOps::shapeOf(state)[1]) {}

Value LinearState::constant(ArrayRef<int64_t> shape, Number number) {
  SmallVector<float> numbers;
  const int64_t columns = shape.back(), rows = shape.size() == 3 ? shape[1] : 1;
  for (int64_t head = 0; head < shape.front(); ++head)
    for (int64_t row = 0; row < rows; ++row)
      for (int64_t column = 0; column < columns; ++column)
        numbers.push_back(number(row, column));
  return arith::ConstantOp::create(b_, DenseElementsAttr::get(make_.f32(shape), ArrayRef<float>(numbers)));
}

Value LinearState::readOf(Value rows, Value state, Value norm) {
  constexpr float open = 1e6f; // the sigmoid of it is 1
  Value gate = arith::ConstantOp::create(b_, DenseElementsAttr::get(make_.f32({1}), open));
  return GatedMemoryOp::create(b_, make_.f32(PlainOps::shapeOf(rows)), /*further=*/TypeRange(), rows, rows, ValueRange{state, norm}, gate,
                               /*mask=*/Value(), /*written=*/ValueRange(), /*cu_seqlens=*/Value(), MemoryRead::linear_state, GateSelects::memory,
                               /*update=*/StateUpdateAttr(), /*gate_scale=*/1.0, /*gate_shift=*/0.0)
      .getOut();
}

Value LinearState::read(Value rows) { return readOf(rows, state_, norm_); }

Value LinearState::widened(Value rows) {
  return make_.product(rows, constant({groups_, size_, size_ + 1}, unit));
}

Value LinearState::feature(Value rows) {
  const int64_t wide = size_ + 1;
  // a norm that sees the 1 alone
  Value all = readOf(widened(rows), constant({groups_, wide, wide}, unit), constant({groups_, wide}, [&](int64_t, int64_t column) { return column == size_ ? 1.0f : 0.0f; }));
  return make_.product(all, constant({groups_, wide, size_}, unit));
}

// 1 above zero and s below; where both are nearly 1, any mean of them is.
Value LinearState::slope(Value rows) {
  constexpr double steep = 1e9;
  Value above = make_.sigmoid(make_.scale(rows, steep)), below = make_.subtract(make_.fill(rows, 1), above);
  return make_.add(above, make_.multiply(below, feature(rows)));
}

Value LinearState::normRows(Value like) {
  const int64_t rows = PlainOps::shapeOf(like)[0];
  Value flat = make_.reshape(like, {rows, groups_ * size_});
  return make_.reshape(make_.scaleColumns(make_.fill(flat, 1), make_.reshape(norm_, {groups_ * size_})), {rows, groups_, size_});
}

Value LinearState::addRead(Value rows, Value gradient, Gradients &gradients) {
  const int64_t wide = size_ + 1, count = PlainOps::shapeOf(rows)[0];
  Value wideNorm = make_.reshape(widened(make_.reshape(norm_, {1, groups_, size_})), {groups_, wide});
  Value shares = readOf(widened(rows), constant({groups_, wide, wide}, unit), wideNorm); // (s, 1) / <s, n>
  Value share = make_.product(shares, constant({groups_, wide, size_}, unit));
  Value inverse = make_.reshape(make_.product(shares, constant({groups_, wide, 1}, [&](int64_t row, int64_t) { return row == size_ ? 1.0f : 0.0f; })),
                                {count, groups_});
  Value along = make_.dotRows(gradient, read(rows)); // what scaling all that is read would give
  if (gradients.isWanted(state_))
    gradients.add(state_, make_.rowProduct(share, gradient));
  if (gradients.isWanted(norm_)) {
    Value taken = make_.reshape(make_.scaleRows(share, along), {count, groups_ * size_});
    gradients.add(norm_, make_.reshape(make_.scale(make_.sumRows(taken), -1), {groups_, size_}));
  }
  Value toFeature = make_.subtract(make_.product(gradient, make_.transpose(state_)), make_.scaleRows(normRows(rows), along));
  return make_.multiply(make_.scaleRows(toFeature, inverse), slope(rows));
}

void LinearState::addWritten(GatedMemoryOp op, Gradients &gradients) {
  Value keys = op.getWritten()[0], values = op.getWritten()[1];
  Value toState = gradients.ofOrZeros(op.getNewState()), toNorm = gradients.ofOrZeros(op.getNewNorm());
  gradients.add(state_, toState);
  gradients.add(norm_, toNorm);
  const bool isDelta = op.getUpdate() == StateUpdate::delta;
  Value toWritten = make_.product(feature(keys), toState);
  if (gradients.isWanted(values))
    gradients.add(values, toWritten);
  Value written = isDelta ? make_.subtract(values, read(keys)) : values;
  Value toKeys;
  if (gradients.isWanted(keys)) {
    Value toFeature = make_.add(make_.product(written, make_.transpose(toState)), LinearState(make_, b_, state_, toNorm).normRows(keys));
    toKeys = make_.multiply(toFeature, slope(keys));
  }
  if (isDelta) {
    Value back = addRead(keys, make_.scale(toWritten, -1), gradients);
    toKeys = toKeys ? make_.add(toKeys, back) : Value();
  }
  if (toKeys)
    gradients.add(keys, toKeys);
}

Value LinearState::pick(Value heads, int64_t number) {
  ArrayRef<int64_t> shape = PlainOps::shapeOf(heads);
  const int64_t shared = shape[1] / groups_;
  if (shared == 1)
    return heads;
  Value together = make_.reshape(heads, {shape[0], groups_, shared * size_});
  return make_.product(together, constant({groups_, shared * size_, size_},
                                          [&](int64_t row, int64_t column) { return row == number * size_ + column ? 1.0f : 0.0f; }));
}

Value LinearState::putBack(Value rows, int64_t heads, int64_t number) {
  const int64_t shared = heads / groups_;
  if (shared == 1)
    return rows;
  Value together = make_.product(rows, constant({groups_, size_, shared * size_},
                                                [&](int64_t row, int64_t column) { return column == number * size_ + row ? 1.0f : 0.0f; }));
  return make_.reshape(together, {PlainOps::shapeOf(rows)[0], heads, size_});
}

} // namespace longc::lm
