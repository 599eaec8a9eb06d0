// Gradient of gated memory, in plain ops: the memory and the gate are computed again, for they cost less than they keep.
#include "dialects/lm/gradients/Attach.h"
#include "dialects/lm/gradients/LinearState.h"

using namespace mlir;

namespace longc::lm {
namespace {

// silu(q inner) outer of each head, inner [H, D, F] and outer [H, F, N], and its gradients.
class HeadMlp {
public:
  HeadMlp(PlainOps make, Value query, Value inner, Value outer)
      : make_(make), query_(query), inner_(inner), outer_(outer), before_(make_.product(query, inner)),
        hidden_(make_.silu(before_)), out_(make_.product(hidden_, outer)) {}

  Value out() const { return out_; }

  Value outerGradient(Value gradient) { return make_.rowProduct(hidden_, gradient); }

  void addInner(Value gradient, Gradients &gradients) {
    if (!gradients.isWanted(query_) && !gradients.isWanted(inner_))
      return;
    Value before = make_.siluGradient(before_, make_.product(gradient, make_.transpose(outer_)));
    if (gradients.isWanted(inner_))
      gradients.add(inner_, make_.rowProduct(query_, before));
    if (gradients.isWanted(query_))
      gradients.add(query_, make_.product(before, make_.transpose(inner_)));
  }

private:
  PlainOps make_;
  Value query_, inner_, outer_, before_, hidden_, out_;
};

class GatedMemoryGradient {
public:
  GatedMemoryGradient(GatedMemoryOp op, Gradients &gradients)
      : op_(op), gradients_(gradients), make_(gradients.builder()), rows_(PlainOps::shapeOf(op.getQuery()).take_front(2)) {}

  void run() {
    Value attention = op_.getAttention(), gradient = gradients_.ofOrZeros(op_.getOut());
    std::optional<HeadMlp> memory;
    if (op_.getMemory() == MemoryRead::mlp)
      memory.emplace(make_, op_.getQuery(), op_.getMemoryOperands()[0], op_.getMemoryOperands()[1]);
    std::optional<LinearState> state;
    if (op_.getMemory() == MemoryRead::linear_state)
      state.emplace(make_, gradients_.builder(), op_.getMemoryOperands()[0], op_.getMemoryOperands()[1]);
    Value read = memory ? memory->out() : state ? readState(*state) : op_.getMemoryOperands()[0];
    std::optional<HeadMlp> gateMlp;
    Value gate = make_.sigmoid(
        make_.add(make_.scale(logits(gateMlp), op_.getGateScale()),
                  make_.fill(make_.dotRows(read, read), -op_.getGateScale() * op_.getGateShift())));
    Value masked = op_.getMask() ? make_.scaleRows(gate, op_.getMask()) : gate;
    Value rest = make_.subtract(make_.fill(masked, 1), masked);
    bool local = op_.getGateSelects() == GateSelects::local;

    if (gradients_.isWanted(attention))
      gradients_.add(attention, make_.scaleRows(gradient, local ? masked : rest));
    Value toMemory = make_.scaleRows(gradient, local ? rest : masked);
    if (state)
      addState(*state, toMemory);
    else
      addMemory(memory, toMemory);

    // of the masked gate: what it gives less what it takes
    Value toRead = make_.dotRows(gradient, read), toAttention = make_.dotRows(gradient, attention);
    Value share = local ? make_.subtract(toAttention, toRead) : make_.subtract(toRead, toAttention);
    if (Value asked = op_.getGate() ? gradients_.of(op_.getGate()) : Value())
      share = make_.add(share, asked);
    if (gradients_.isWanted(op_.getMask()))
      gradients_.add(op_.getMask(), make_.dotRows(share, gate));
    if (op_.getMask())
      share = make_.scaleRows(share, op_.getMask());
    Value weighted = make_.multiply(share, gate);
    addGate(gateMlp, make_.scale(make_.subtract(weighted, make_.multiply(weighted, gate)), op_.getGateScale()));
  }

private:
  SmallVector<int64_t> withOne(ArrayRef<int64_t> shape) {
    SmallVector<int64_t> result(shape);
    result.push_back(1);
    return result;
  }

  // z of each token and head.
  Value logits(std::optional<HeadMlp> &mlp) {
    Value first = op_.getGateOperands()[0];
    if (op_.getGateOperands().size() == 2) {
      Value outer = op_.getGateOperands()[1];
      mlp.emplace(make_, op_.getQuery(), first, make_.reshape(outer, withOne(PlainOps::shapeOf(outer))));
      return make_.reshape(mlp->out(), rows_);
    }
    if (PlainOps::shapeOf(first).size() == 2)
      return first;
    Value ones = make_.fill(make_.dotRows(op_.getQuery(), op_.getQuery()), 1);
    return isOne(first) ? make_.scaleBy(ones, first) : make_.scaleColumns(ones, first);
  }

  static bool isOne(Value logits) { return PlainOps::shapeOf(logits) == ArrayRef<int64_t>{1}; }

  // Heads that share a state, one after the other.
  int64_t shared() { return rows_[1] / PlainOps::shapeOf(op_.getMemoryOperands()[0])[0]; }

  Value readState(LinearState &state) {
    Value all;
    for (int64_t number = 0; number < shared(); ++number) {
      Value one = state.putBack(state.read(state.pick(op_.getQuery(), number)), rows_[1], number);
      all = all ? make_.add(all, one) : one;
    }
    return all;
  }

  void addState(LinearState &state, Value gradient) {
    for (int64_t number = 0; number < shared(); ++number) {
      Value toQuery = state.addRead(state.pick(op_.getQuery(), number), state.pick(gradient, number), gradients_);
      if (gradients_.isWanted(op_.getQuery()))
        gradients_.add(op_.getQuery(), state.putBack(toQuery, rows_[1], number));
    }
    if (op_.getUpdate())
      state.addWritten(op_, gradients_);
  }

  void addMemory(std::optional<HeadMlp> &memory, Value gradient) {
    if (!memory)
      return gradients_.add(op_.getMemoryOperands()[0], gradient);
    Value outer = op_.getMemoryOperands()[1];
    if (gradients_.isWanted(outer))
      gradients_.add(outer, memory->outerGradient(gradient));
    memory->addInner(gradient, gradients_);
  }

  void addGate(std::optional<HeadMlp> &mlp, Value gradient) {
    Value first = op_.getGateOperands()[0];
    if (mlp) {
      Value outer = op_.getGateOperands()[1], column = make_.reshape(gradient, withOne(rows_));
      if (gradients_.isWanted(outer))
        gradients_.add(outer, make_.reshape(mlp->outerGradient(column), PlainOps::shapeOf(outer)));
      return mlp->addInner(column, gradients_);
    }
    if (!gradients_.isWanted(first))
      return;
    if (PlainOps::shapeOf(first).size() == 2)
      gradients_.add(first, gradient);
    else
      gradients_.add(first, isOne(first) ? make_.dot(gradient, make_.fill(gradient, 1)) : make_.sumRows(gradient));
  }

  GatedMemoryOp op_;
  Gradients &gradients_;
  PlainOps make_;
  ArrayRef<int64_t> rows_; // T and H
};

LogicalResult differentiate(GatedMemoryOp op, Gradients &gradients) {
  if (op.getCuSeqlens())
    return op.emitOpError("has no gradient with a linear state of each sequence");
  GatedMemoryGradient(op, gradients).run();
  return success();
}

} // namespace

void attachGatedMemoryGradients(MLIRContext *context) { attach<GatedMemoryOp, differentiate>(context); }

} // namespace longc::lm
