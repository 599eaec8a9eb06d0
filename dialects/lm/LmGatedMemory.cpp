// Gated memory: verification and interpretation.
#include "dialects/lm/LmShapes.h"
#include "dialects/lm/reference/GatedMemory.h"

using namespace mlir;
using namespace longc;
using namespace longc::lm;
using reference::Numbers;

static int64_t lastSize(Value value) {
  RankedTensorType type = tensorType(value);
  return type.getRank() ? type.getShape().back() : ShapedType::kDynamic;
}

// gated_memory_c2
static LogicalResult verifyMemory(GatedMemoryOp op) {
  ArrayRef<int64_t> query = tensorType(op.getQuery()).getShape();
  int64_t heads = query[1], size = query[2];
  OperandRange reads = op.getMemoryOperands();
  size_t wanted = op.getMemory() == MemoryRead::external ? 1 : 2;
  if (reads.size() != wanted)
    return op.emitOpError("expected ") << wanted << " memory operands for " << stringifyMemoryRead(op.getMemory())
                                       << ", got " << reads.size();
  if (op.getMemory() == MemoryRead::external)
    return expectShape(op, "the memory's values", reads[0], query);
  int64_t hidden = lastSize(reads[0]);
  if (op.getMemory() == MemoryRead::mlp)
    return success(succeeded(expectShape(op, "w1", reads[0], {heads, size, hidden})) &&
                   succeeded(expectShape(op, "w2", reads[1], {heads, hidden, size})));
  // One state for all rows, or one a sequence.
  SmallVector<int64_t> state;
  if (op.getCuSeqlens())
    state.push_back(ShapedType::kDynamic);
  RankedTensorType type = tensorType(reads[0]);
  int64_t groups = type.getRank() > static_cast<int64_t>(state.size()) ? type.getDimSize(state.size()) : 0;
  if (ShapedType::isDynamic(groups) || groups < 1 || heads % groups != 0)
    return op.emitOpError("expected a state whose heads divide ") << heads << ", got " << type;
  state.append({groups, size, size});
  if (failed(expectShape(op, "state", reads[0], state)))
    return failure();
  return expectShape(op, "norm", reads[1], ArrayRef(state).drop_back());
}

// gated_memory_c3
static LogicalResult verifyGate(GatedMemoryOp op) {
  ArrayRef<int64_t> query = tensorType(op.getQuery()).getShape();
  OperandRange gates = op.getGateOperands();
  if (gates.size() == 2) {
    int64_t hidden = lastSize(gates[0]);
    return success(succeeded(expectShape(op, "u1", gates[0], {query[1], query[2], hidden})) &&
                   succeeded(expectShape(op, "u2", gates[1], {query[1], hidden})));
  }
  if (gates.size() != 1)
    return op.emitOpError("expected gate operands (u1, u2) or z, got ") << gates.size();
  RankedTensorType type = tensorType(gates[0]);
  if (shapesAgree(type.getShape(), {1}) || shapesAgree(type.getShape(), {query[1]}) ||
      shapesAgree(type.getShape(), {query[0], query[1]}))
    return success();
  return op.emitOpError("expected z of ?x") << query[1] << ", " << query[1] << " or 1, got " << type;
}

// gated_memory_c6
static LogicalResult verifyWrites(GatedMemoryOp op) {
  bool linear = op.getMemory() == MemoryRead::linear_state;
  if (!linear && (op.getUpdate() || op.getCuSeqlens()))
    return op.emitOpError("expected a linear state where it is written or has sequences");
  if (op.getWritten().size() != (op.getUpdate() ? 2u : 0u))
    return op.emitOpError("expected keys and values to write, got ") << op.getWritten().size() << " operands";
  ArrayRef<int64_t> query = tensorType(op.getQuery()).getShape();
  if (linear) {
    int64_t groups = tensorType(op.getMemoryOperands()[0]).getShape().drop_back(2).back();
    for (Value rows : op.getWritten())
      if (failed(expectShape(op, "keys and values", rows, {query[0], groups, query[2]})))
        return failure();
  }
  return op.getCuSeqlens() ? verifyBoundary(op, "cu_seqlens", op.getCuSeqlens()) : success();
}

// gated_memory_c5
static LogicalResult verifyFurther(GatedMemoryOp op) {
  ArrayRef<int64_t> query = tensorType(op.getQuery()).getShape();
  size_t written = op.getUpdate() ? 2 : 0, count = op.getFurther().size();
  if (count != written && count != written + 1)
    return op.emitOpError("expected ") << written << " further results, and a gate if asked for, got " << count;
  if (op.getGate() && failed(expectShape(op, "a gate", op.getGate(), query.take_front(2))))
    return failure();
  if (!written)
    return success();
  OperandRange reads = op.getMemoryOperands();
  return success(succeeded(expectShape(op, "a new state", op.getNewState(), tensorType(reads[0]).getShape())) &&
                 succeeded(expectShape(op, "a new norm", op.getNewNorm(), tensorType(reads[1]).getShape())));
}

LogicalResult GatedMemoryOp::verify() {
  ArrayRef<int64_t> query = tensorType(getQuery()).getShape();
  // gated_memory_c1
  if (failed(expectShape(*this, "attention", getAttention(), query)) ||
      failed(expectShape(*this, "out", getOut(), query)))
    return failure();
  if (failed(verifyMemory(*this)) || failed(verifyGate(*this)))
    return failure();
  // gated_memory_c4
  if (getMask() && failed(expectShape(*this, "a mask", getMask(), {query[0]})))
    return failure();
  return success(succeeded(verifyWrites(*this)) && succeeded(verifyFurther(*this)));
}

// Sizes that the types leave open.
static LogicalResult checkSizes(GatedMemoryOp op, Interpreter &interpreter) {
  const HostTensor &query = interpreter.getTensor(op.getQuery());
  if (failed(expectEqual(op, "attention", interpreter.getTensor(op.getAttention()).shape(), query.shape())))
    return failure();
  bool external = op.getMemory() == MemoryRead::external, logits = op.getGateOperands().size() == 1;
  for (Value operand : op.getMemoryOperands())
    if (!external && !op.getCuSeqlens() && !tensorType(operand).hasStaticShape())
      return op.emitError("expected memories and gates of static shape");
  for (Value operand : op.getGateOperands())
    if (!logits && !tensorType(operand).hasStaticShape())
      return op.emitError("expected memories and gates of static shape");
  if (external && failed(expectEqual(op, "the memory's values",
                                     interpreter.getTensor(op.getMemoryOperands()[0]).shape(), query.shape())))
    return failure();
  const HostTensor &z = interpreter.getTensor(op.getGateOperands()[0]);
  if (logits && z.shape().size() == 2 && failed(expectEqual(op, "z", z.shape(), {query.dim(0), query.dim(1)})))
    return failure();
  for (Value rows : op.getWritten())
    if (failed(expectEqual(op, "keys and values", interpreter.getTensor(rows).dim(0), query.dim(0))))
      return failure();
  if (op.getMask())
    return expectEqual(op, "a mask", interpreter.getTensor(op.getMask()).size(), query.dim(0));
  return success();
}

// Rows [begin, end) of each sequence; all rows as one where there are no boundaries.
static FailureOr<SmallVector<std::pair<int64_t, int64_t>>> sequencesOf(GatedMemoryOp op, Interpreter &interpreter) {
  int64_t rows = interpreter.getTensor(op.getQuery()).dim(0);
  SmallVector<std::pair<int64_t, int64_t>> result;
  if (!op.getCuSeqlens()) {
    result.push_back({0, rows});
    return result;
  }
  const HostTensor &boundaries = interpreter.getTensor(op.getCuSeqlens());
  for (int64_t i = 0; i + 1 < boundaries.size(); ++i) {
    auto begin = static_cast<int64_t>(boundaries[i]), end = static_cast<int64_t>(boundaries[i + 1]);
    if (begin != (i ? result.back().second : 0) || end < begin || end > rows)
      return op.emitError("expected boundaries that cover [0, ") << rows << "), got " << begin << " and " << end,
             failure();
    result.push_back({begin, end});
  }
  int64_t last = result.empty() ? 0 : result.back().second,
          states = interpreter.getTensor(op.getMemoryOperands()[0]).dim(0);
  if (last != rows || states != static_cast<int64_t>(result.size()))
    return op.emitError("expected boundaries that cover [0, ")
               << rows << ") with a state each, got " << result.size() << " sequences up to " << last << " and "
               << states << " states",
           failure();
  return result;
}

// What head h of row t reads; `sequence` chooses the state.
static Numbers readMemory(GatedMemoryOp op, Interpreter &interpreter, int64_t t, int64_t h, int64_t sequence) {
  const HostTensor &query = interpreter.getTensor(op.getQuery());
  int64_t heads = query.dim(1), size = query.dim(2), at = (t * heads + h) * size;
  const HostTensor &first = interpreter.getTensor(op.getMemoryOperands()[0]);
  if (op.getMemory() == MemoryRead::external)
    return Numbers(first.data() + at, first.data() + at + size);
  const HostTensor &second = interpreter.getTensor(op.getMemoryOperands()[1]);
  if (op.getMemory() == MemoryRead::mlp) {
    int64_t hidden = first.dim(2);
    return reference::readMlp(query.data() + at, first.data() + h * size * hidden, second.data() + h * hidden * size,
                              size, hidden);
  }
  int64_t groups = first.dim(first.shape().size() - 3), state = sequence * groups + h / (heads / groups);
  return reference::readLinearState(query.data() + at, first.data() + state * size * size, second.data() + state * size,
                                    size);
}

static double gateOf(GatedMemoryOp op, Interpreter &interpreter, int64_t t, int64_t h) {
  const HostTensor &query = interpreter.getTensor(op.getQuery());
  int64_t heads = query.dim(1), size = query.dim(2);
  const HostTensor &first = interpreter.getTensor(op.getGateOperands()[0]);
  double logit;
  if (op.getGateOperands().size() == 2) {
    int64_t hidden = first.dim(2);
    logit = reference::gateLogit(query.data() + (t * heads + h) * size, first.data() + h * size * hidden,
                                 interpreter.getTensor(op.getGateOperands()[1]).data() + h * hidden, size, hidden);
  } else {
    logit = first[first.shape().size() == 2 ? t * heads + h : first.size() == 1 ? 0 : h];
  }
  double gate = reference::sigmoid(op.getGateScale() * (logit - op.getGateShift()));
  return op.getMask() ? gate * interpreter.getTensor(op.getMask())[t] : gate;
}

// State and norm with the rows [begin, end) of the keys and values of every head of a sequence written into them.
static void writeState(GatedMemoryOp op, Interpreter &interpreter, int64_t sequence, int64_t begin, int64_t end,
                       HostTensor &state, HostTensor &norm) {
  const HostTensor &k = interpreter.getTensor(op.getWritten()[0]), &v = interpreter.getTensor(op.getWritten()[1]);
  const HostTensor &oldState = interpreter.getTensor(op.getMemoryOperands()[0]);
  const HostTensor &oldNorm = interpreter.getTensor(op.getMemoryOperands()[1]);
  int64_t groups = k.dim(1), size = k.dim(2);
  for (int64_t t = begin; t < end; ++t)
    for (int64_t g = 0; g < groups; ++g) {
      const double *key = k.data() + (t * groups + g) * size, *value = v.data() + (t * groups + g) * size;
      int64_t at = sequence * groups + g;
      Numbers written(value, value + size);
      if (op.getUpdate() == StateUpdate::delta) {
        Numbers known =
            reference::readLinearState(key, oldState.data() + at * size * size, oldNorm.data() + at * size, size);
        for (int64_t c = 0; c < size; ++c)
          written[c] -= known[c];
      }
      reference::writeLinearState(state.mutableData() + at * size * size, norm.mutableData() + at * size, key,
                                  written.data(), size);
    }
}

LogicalResult GatedMemoryOp::interpret(Interpreter &interpreter) {
  if (failed(checkSizes(*this, interpreter)))
    return failure();
  auto sequences = sequencesOf(*this, interpreter);
  if (failed(sequences))
    return failure();
  const HostTensor &attention = interpreter.getTensor(getAttention());
  int64_t rows = attention.dim(0), heads = attention.dim(1), size = attention.dim(2);
  HostTensor out(attention.shape(), Type()), gates({rows, heads}, Type());
  double *outData = out.mutableData(), *gateData = gates.mutableData();
  for (auto [sequence, range] : llvm::enumerate(*sequences))
    for (int64_t t = range.first; t < range.second; ++t)
      for (int64_t h = 0; h < heads; ++h) {
        int64_t at = (t * heads + h) * size;
        Numbers memory = readMemory(*this, interpreter, t, h, sequence);
        double gate = gateData[t * heads + h] = gateOf(*this, interpreter, t, h);
        double share = getGateSelects() == GateSelects::local ? 1 - gate : gate;
        for (int64_t c = 0; c < size; ++c)
          outData[at + c] = (1 - share) * attention[at + c] + share * memory[c];
      }
  interpreter.set(getOut(), std::move(out));
  if (getGate())
    interpreter.set(getGate(), std::move(gates));
  if (!getUpdate())
    return success();
  HostTensor state = interpreter.getTensor(getMemoryOperands()[0]),
             norm = interpreter.getTensor(getMemoryOperands()[1]);
  for (auto [sequence, range] : llvm::enumerate(*sequences))
    writeState(*this, interpreter, sequence, range.first, range.second, state, norm);
  interpreter.set(getNewState(), std::move(state));
  interpreter.set(getNewNorm(), std::move(norm));
  return success();
}
