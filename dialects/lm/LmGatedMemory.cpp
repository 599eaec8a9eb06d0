// Gated memory: verification and interpretation.
#include "dialects/lm/LmShapes.h"
#include "dialects/lm/reference/GatedMemory.h"

using namespace mlir;
using namespace longc;
using namespace longc::lm;

LogicalResult GatedMemoryOp::verify() {
  RankedTensorType query = tensorType(getQuery());
  int64_t rows = query.getDimSize(0), heads = query.getDimSize(1), size = query.getDimSize(2);
  // gated_memory_c1
  if (failed(expectShape(*this, "attention", getAttention(), query.getShape())) ||
      failed(expectShape(*this, "out", getOut(), query.getShape())))
    return failure();
  // gated_memory_c2
  OperandRange reads = getMemoryOperands();
  if (reads.size() != (getMemory() == MemoryRead::external ? 1u : 2u))
    return emitOpError("expected ") << (getMemory() == MemoryRead::external ? 1 : 2) << " memory operands for "
                                    << stringifyMemoryRead(getMemory()) << ", got " << reads.size();
  auto middle = [](Value value) {
    RankedTensorType type = tensorType(value);
    return type.getRank() ? type.getShape().back() : ShapedType::kDynamic;
  };
  LogicalResult fits = success();
  switch (getMemory()) {
  case MemoryRead::mlp:
    fits = success(succeeded(expectShape(*this, "w1", reads[0], {heads, size, middle(reads[0])})) &&
                   succeeded(expectShape(*this, "w2", reads[1], {heads, middle(reads[0]), size})));
    break;
  case MemoryRead::linear_state:
    fits = success(succeeded(expectShape(*this, "state", reads[0], {heads, size, size})) &&
                   succeeded(expectShape(*this, "norm", reads[1], {heads, size})));
    break;
  case MemoryRead::external:
    fits = expectShape(*this, "the memory's values", reads[0], query.getShape());
    break;
  }
  if (failed(fits))
    return failure();
  // gated_memory_c3
  OperandRange gates = getGateOperands();
  if (gates.size() == 2) {
    if (failed(expectShape(*this, "u1", gates[0], {heads, size, middle(gates[0])})) ||
        failed(expectShape(*this, "u2", gates[1], {heads, middle(gates[0])})))
      return failure();
  } else if (gates.size() != 1) {
    return emitOpError("expected gate operands (u1, u2) or (beta), got ") << gates.size();
  } else if (failed(expectShape(*this, "beta", gates[0], {heads}))) {
    return failure();
  }
  // gated_memory_c4
  if (getMask() && failed(expectShape(*this, "a mask", getMask(), {rows})))
    return failure();
  // gated_memory_c5
  return getGate() ? expectShape(*this, "a gate", getGate(), {rows, heads}) : success();
}

LogicalResult GatedMemoryOp::interpret(Interpreter &interpreter) {
  const HostTensor &attention = interpreter.getTensor(getAttention()), &query = interpreter.getTensor(getQuery());
  int64_t rows = query.dim(0), heads = query.dim(1), size = query.dim(2);
  const HostTensor &read = interpreter.getTensor(getMemoryOperands()[0]);
  const HostTensor &u1 = interpreter.getTensor(getGateOperands()[0]);
  if (failed(expectEqual(*this, "attention", attention.shape(), query.shape())))
    return failure();
  // Sizes that the types leave open: of the memory's and the gate's hidden layers, and of the rows.
  for (OperandRange layers : {getMemoryOperands(), getGateOperands()})
    for (Value operand : layers)
      if (!tensorType(operand).hasStaticShape() && getMemory() != MemoryRead::external)
        return emitError("expected memories and gates of static shape");
  if (getMemory() == MemoryRead::external &&
      failed(expectEqual(*this, "the memory's values", read.shape(), query.shape())))
    return failure();
  if (getMask() && failed(expectEqual(*this, "a mask", interpreter.getTensor(getMask()).size(), rows)))
    return failure();
  HostTensor out(query.shape(), Type()), gates({rows, heads}, Type());
  double *outData = out.mutableData(), *gateData = gates.mutableData();
  for (int64_t t = 0; t < rows; ++t)
    for (int64_t h = 0; h < heads; ++h) {
      int64_t at = (t * heads + h) * size;
      const double *q = query.data() + at;
      reference::Numbers memory;
      if (getMemory() == MemoryRead::external)
        memory.assign(read.data() + at, read.data() + at + size);
      else if (getMemory() == MemoryRead::linear_state)
        memory = reference::readLinearState(q, read.data() + h * size * size,
                                            interpreter.getTensor(getMemoryOperands()[1]).data() + h * size, size);
      else
        memory = reference::readMlp(q, read.data() + h * size * read.dim(2),
                                    interpreter.getTensor(getMemoryOperands()[1]).data() + h * read.dim(2) * size, size,
                                    read.dim(2));
      double logit = getGateOperands().size() == 1
                         ? u1[h]
                         : reference::gateLogit(q, u1.data() + h * size * u1.dim(2),
                                                interpreter.getTensor(getGateOperands()[1]).data() + h * u1.dim(2),
                                                size, u1.dim(2));
      double gate = reference::sigmoid(getGateScale() * (logit - getGateShift()));
      if (getMask())
        gate *= interpreter.getTensor(getMask())[t];
      gateData[t * heads + h] = gate;
      double share = getGateSelects() == GateSelects::local ? 1 - gate : gate;
      for (int64_t c = 0; c < size; ++c)
        outData[at + c] = (1 - share) * attention[at + c] + share * memory[c];
    }
  interpreter.set(getOut(), std::move(out));
  if (getGate())
    interpreter.set(getGate(), std::move(gates));
  return success();
}
