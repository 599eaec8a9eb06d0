// A gated memory as kernels.
#include "passes/GatedMemoryKernel.h"

#include "passes/FusedOps.h"
#include "passes/LinearStateKernel.h"

#include "mlir/Dialect/Math/IR/Math.h"

#include <cmath>

using namespace mlir;

namespace longc {
namespace {

// Rows of one head. `lo` and `hi` bound them where they are a sequence's, which then chooses the state.
struct HeadRows {
  Value head, row;
  int64_t rows;
  Value lo, hi, sequence;
};

class GatedRows {
public:
  GatedRows(lm::GatedMemoryOp op, KernelBuilder &kernel, const HeadRows &window)
      : op_(op), kernel_(kernel), b_(kernel.body()), window_(window), rows_(window.rows),
        size_(cast<RankedTensorType>(op.getQuery().getType()).getDimSize(2)), row_(window.row), head_(window.head) {
    query_ = rowsOf(op.getQuery());
  }

  // Both f32: the memory's share of each row [rows], and the mixed rows [rows, D].
  Value gate();
  Value mixed(Value gate);

  void store(Value tile, Value view) {
    Value offsets[] = {row_, head_, kernel_.index(0)};
    ArrayRef<Value> used(offsets);
    int64_t rank = cast<tile::ViewType>(view.getType()).getRank();
    if (rank == 3)
      kernel_.store(tile, view, used, window_.lo, window_.hi, {1});
    else
      kernel_.store(kernel_.expand(tile, 1, 1), view, used.take_front(2), window_.lo, window_.hi);
  }

private:
  template <typename Op, typename... Args> Value make(Args &&...args) {
    return Op::create(b_, std::forward<Args>(args)...);
  }
  // This head's rows of a tensor [T, H, D], and matrix of a tensor [heads, M, N].
  Value rowsOf(Value host) {
    return kernel_.widened(kernel_.load(kernel_.input(host), {rows_, size_}, {row_, head_, kernel_.index(0)}, window_.lo, window_.hi, {1}));
  }
  Value matrixOf(Value host, Value head) {
    ArrayRef<int64_t> shape = cast<RankedTensorType>(host.getType()).getShape().drop_front();
    return kernel_.widened(kernel_.load(kernel_.input(host), shape, {head, kernel_.index(0), kernel_.index(0)}, {}, {}, {0}));
  }
  // The vector of a tensor [heads, N]; loaded as a row, because a parameter of two dimensions may lie in panels.
  Value vectorOf(Value host, Value head) {
    int64_t width = cast<RankedTensorType>(host.getType()).getDimSize(1);
    return kernel_.reshape(kernel_.widened(kernel_.load(kernel_.input(host), {1, width}, {head, kernel_.index(0)})), {width});
  }
  // sum_n tile[t, n] * weights[n]
  Value weighted(Value tile, Value weights) {
    return kernel_.reduce(tile::Reduction::add, make<arith::MulFOp>(tile, kernel_.expand(weights, 0, rows_)), 1);
  }
  Value constant(Value like, double value) { return kernel_.constantTile(tileShape(like), value); }
  Value exponential(Value x) { return make<math::Exp2Op>(make<arith::MulFOp>(x, constant(x, M_LOG2E))); }
  Value sigmoid(Value x) {
    Value power = exponential(make<arith::MulFOp>(x, constant(x, -1.0)));
    return make<arith::DivFOp>(constant(x, 1.0), make<arith::AddFOp>(power, constant(x, 1.0)));
  }
  Value silu(Value x) { return make<arith::MulFOp>(x, sigmoid(x)); }
  Value readOut();
  Value logits();

  lm::GatedMemoryOp op_;
  KernelBuilder &kernel_;
  ImplicitLocOpBuilder &b_;
  HeadRows window_;
  int64_t rows_, size_;
  Value row_, head_, query_;
};

Value GatedRows::readOut() {
  OperandRange reads = op_.getMemoryOperands();
  switch (op_.getMemory()) {
  case lm::MemoryRead::external:
    return rowsOf(reads[0]);
  case lm::MemoryRead::mlp:
    return kernel_.multiply(silu(kernel_.multiply(query_, matrixOf(reads[0], head_))), matrixOf(reads[1], head_));
  case lm::MemoryRead::linear_state:
    break;
  }
  int64_t heads = cast<RankedTensorType>(op_.getQuery().getType()).getDimSize(1);
  ArrayRef<int64_t> norm = cast<RankedTensorType>(reads[1].getType()).getShape();
  Value group = kernel_.div(head_, heads / norm[norm.size() - 2]);
  return readLinearState(kernel_, loadLinearState(kernel_, op_, window_.sequence, group),
                         stateFeature(kernel_, query_));
}

Value GatedRows::logits() {
  OperandRange gates = op_.getGateOperands();
  if (gates.size() == 2)
    return weighted(silu(kernel_.multiply(query_, matrixOf(gates[0], head_))), vectorOf(gates[1], head_));
  auto type = cast<RankedTensorType>(gates[0].getType());
  Value view = kernel_.input(gates[0]);
  if (type.getRank() == 2)
    return kernel_.reshape(kernel_.widened(kernel_.load(view, {rows_, 1}, {row_, head_}, window_.lo, window_.hi)), {rows_});
  Value at = type.getDimSize(0) == 1 ? kernel_.index(0) : head_;
  return kernel_.splat({rows_}, kernel_.scalar(view, at));
}

Value GatedRows::gate() {
  Value z = logits();
  z = make<arith::MulFOp>(make<arith::SubFOp>(z, constant(z, op_.getGateShift())), constant(z, op_.getGateScale()));
  Value gate = sigmoid(z);
  if (op_.getMask())
    gate = make<arith::MulFOp>(gate, kernel_.load(kernel_.input(op_.getMask()), {rows_}, row_, window_.lo, window_.hi));
  return gate;
}

Value GatedRows::mixed(Value gate) {
  Value attention = rowsOf(op_.getAttention()), memory = readOut();
  Value first = attention, second = memory; // first + share * (second - first)
  if (op_.getGateSelects() == lm::GateSelects::local)
    std::swap(first, second);
  Value change = make<arith::MulFOp>(make<arith::SubFOp>(second, first), kernel_.expand(gate, 1, size_));
  return make<arith::AddFOp>(first, change);
}

// Mixed rows, rounded to the result's type, and the gate if it is asked for.
void storeRows(lm::GatedMemoryOp op, KernelBuilder &kernel, const HeadRows &window, Value out, Value gate) {
  GatedRows block(op, kernel, window);
  Value share = block.gate();
  block.store(kernel.converted(block.mixed(share), tileElement(op.getOut())), out);
  if (gate)
    block.store(share, gate);
}

LogicalResult checkSizes(lm::GatedMemoryOp op) {
  for (OperandRange weights : {op.getMemoryOperands(), op.getGateOperands()})
    for (Value weight : weights)
      if (auto type = cast<RankedTensorType>(weight.getType());
          llvm::any_of(type.getShape().drop_front(), ShapedType::isDynamic))
        return op.emitOpError("expected memories and gates of static size, got ") << type;
  if (auto z = cast<RankedTensorType>(op.getGateOperands()[0].getType());
      z.getRank() == 1 && !z.getElementType().isF32())
    return op.emitOpError("expected z of f32, got ") << z;
  return success();
}

} // namespace

// Without sequences a block is some rows of a head; with them it is all rows of a sequence, tile by tile.
LogicalResult tileGatedMemory(lm::GatedMemoryOp op, tile::TargetAttr facts) {
  if (failed(checkSizes(op)))
    return failure();
  SmallVector<Value> results;
  if (op.getUpdate()) {
    auto [state, norm] = writeLinearState(op);
    results = {state, norm};
  }
  auto query = cast<RankedTensorType>(op.getQuery().getType());
  int64_t heads = query.getDimSize(1), size = query.getDimSize(2);
  std::string name = FusedOps(op).kernelName(op.getQuery(), std::to_string(heads) + "x" + std::to_string(size));
  KernelBuilder kernel(op, name, 2);
  ImplicitLocOpBuilder &host = kernel.host();
  bool ragged = bool(op.getCuSeqlens());
  HeadRows window{kernel.gridIndex(1), {}, {}, {}, {}, {}};
  window.rows = fitTile(ragged ? facts.getAttentionRows() : facts.getMmaRows(), query.getDimSize(0), 1);
  Value out = kernel.output(emptyResult(host, op.getOut().getType(), op.getQuery())), gate, blocks;
  if (op.getGate())
    gate = kernel.output(emptyResult(host, op.getGate().getType(), op.getQuery()));
  if (!ragged) {
    window.row = kernel.mul(kernel.gridIndex(0), window.rows);
    storeRows(op, kernel, window, out, gate);
    blocks = hostBlocks(host, op.getQuery(), 0, window.rows);
  } else {
    window.sequence = kernel.gridIndex(0);
    std::tie(window.lo, window.hi) = sequenceRows(kernel, op, window.sequence, op.getQuery());
    kernel.loop(window.lo, window.hi, window.rows, {}, [&](Value row, ValueRange) {
      window.row = row;
      storeRows(op, kernel, window, out, gate);
      return SmallVector<Value>();
    });
    blocks = hostSize(host, op.getMemoryOperands()[0], 0);
  }
  tile::LaunchOp launch = kernel.finish({blocks, arith::ConstantIndexOp::create(host, heads)});
  results.insert(results.begin(), launch.result_begin(), launch.result_end());
  op.replaceAllUsesWith(results);
  op.erase();
  return success();
}

} // namespace longc
