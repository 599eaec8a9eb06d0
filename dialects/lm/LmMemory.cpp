// State: verification and interpretation of appends, resets and eviction.
#include "dialects/interpreter/RowStore.h"
#include "dialects/lm/LmShapes.h"

using namespace mlir;
using namespace longc;
using namespace longc::lm;

template <typename Op> static LogicalResult verifyState(Op op) {
  // append_c2, reset_c1
  if (op.getState().getType() != op.getResult().getType())
    return op.emitOpError("expected a result of ") << op.getState().getType() << ", got " << op.getResult().getType();
  return verifySegments(op, op.getSegments());
}

template <typename Op> static LogicalResult verifyAppend(Op op) {
  auto state = op.getState().getType();
  // append_c1
  for (Value rows : {op.getK(), op.getV()})
    if (failed(expectShape(op, "keys and values", rows,
                           {tensorType(op.getK()).getDimSize(0), state.getHeads(), state.getHeadSize()})))
      return failure();
  return verifyState(op);
}

template <typename Op> static LogicalResult interpretAppend(Op op, Interpreter &interpreter) {
  auto store = std::make_shared<RowStore>(*interpreter.getState<RowStore>(op.getState()));
  const HostTensor &k = interpreter.getTensor(op.getK()), &v = interpreter.getTensor(op.getV());
  auto segments = readSegments(op, interpreter.getTensor(op.getSegments()), k.dim(0));
  if (failed(segments))
    return failure();
  if (failed(expectEqual(op, "values", v.shape(), k.shape())))
    return failure();
  int64_t width = k.dim(1) * k.dim(2);
  Type element = op.getState().getType().getElementType();
  bool round = interpreter.options().roundToTypes;
  for (const Segment &segment : *segments)
    for (int64_t t = segment.queryBegin; t < segment.queryEnd; ++t) {
      auto row = std::make_shared<RowStore::Row>();
      row->key.assign(k.data() + t * width, k.data() + (t + 1) * width);
      row->value.assign(v.data() + t * width, v.data() + (t + 1) * width);
      if (round)
        for (auto *numbers : {&row->key, &row->value})
          for (double &number : *numbers)
            number = roundToType(number, element);
      store->slots[segment.slot][segment.windowEnd - (segment.queryEnd - t)] = std::move(row);
    }
  interpreter.set(op.getResult(), std::shared_ptr<const StateObject>(std::move(store)));
  return success();
}

// A state with `change` applied to the slot of each segment.
template <typename Op>
static LogicalResult changeSlots(Op op, Interpreter &interpreter,
                                 function_ref<void(RowStore::Slot &, const Segment &)> change) {
  auto store = std::make_shared<RowStore>(*interpreter.getState<RowStore>(op.getState()));
  auto segments = readSegments(op, interpreter.getTensor(op.getSegments()), INT64_MAX);
  if (failed(segments))
    return failure();
  for (const Segment &segment : *segments)
    change(store->slots[segment.slot], segment);
  interpreter.set(op.getResult(), std::shared_ptr<const StateObject>(std::move(store)));
  return success();
}

LogicalResult CacheAppendOp::verify() { return verifyAppend(*this); }
LogicalResult CacheAppendOp::interpret(Interpreter &interpreter) { return interpretAppend(*this, interpreter); }

LogicalResult MemoryAppendOp::verify() { return verifyAppend(*this); }
LogicalResult MemoryAppendOp::interpret(Interpreter &interpreter) { return interpretAppend(*this, interpreter); }

LogicalResult CacheResetOp::verify() { return verifyState(*this); }
LogicalResult CacheResetOp::interpret(Interpreter &interpreter) {
  return changeSlots(*this, interpreter, [](RowStore::Slot &slot, const Segment &) { slot.clear(); });
}

LogicalResult MemoryResetOp::verify() { return verifyState(*this); }
LogicalResult MemoryResetOp::interpret(Interpreter &interpreter) {
  return changeSlots(*this, interpreter, [](RowStore::Slot &slot, const Segment &) { slot.clear(); });
}

LogicalResult MemoryEvictOp::verify() { return verifyState(*this); }
LogicalResult MemoryEvictOp::interpret(Interpreter &interpreter) {
  return changeSlots(*this, interpreter, [](RowStore::Slot &slot, const Segment &segment) {
    slot.erase(slot.begin(), slot.lower_bound(segment.memoryBegin));
  });
}
