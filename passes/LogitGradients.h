// What a kernel makes of a tile of logits on the way to the gradients of projection and loss.
#pragma once

#include "passes/KernelBuilder.h"

#include "dialects/lm/LmDialect.h"

namespace longc {

// What the gradients by x and by w have in common.
struct LossOperands {
  mlir::Value x, w, targets, weights, lse, lossGradient, lseGradient;
  int64_t ignoreIndex;

  template <typename GradientOp> static LossOperands of(GradientOp op) {
    return {op.getX(), op.getW(), op.getTargets(), op.getWeights(), op.getLse(), op.getLossGradient(), op.getLseGradient(), static_cast<int64_t>(op.getIgnoreIndex())};
  }
  bool operator==(const LossOperands &other) const = default;

  mlir::RankedTensorType xType() const { return mlir::cast<mlir::RankedTensorType>(x.getType()); }
  mlir::RankedTensorType wType() const { return mlir::cast<mlir::RankedTensorType>(w.getType()); }
  int64_t words() const { return wType().getDimSize(0); }
  int64_t columns() const { return wType().getDimSize(1); }
  std::string sizes() const { return std::to_string(words()) + "x" + std::to_string(columns()); }
};

// Gradients of a tile of logits, whichever of its two dimensions are the rows of x.
class LogitGradients {
public:
  // `rowDim`: the tile's dimension along which rows of x lie.
  LogitGradients(const LossOperands &loss, KernelBuilder &kernel, int64_t rowDim)
      : loss_(loss), kernel_(kernel), b_(kernel.body()), rowDim_(rowDim) {}

  // What is known of rows [row, row + count) of x: their targets and factors, as vectors.
  struct Rows {
    mlir::Value targets, lse, weight, share; // share: of the softmax
  };
  Rows rows(mlir::Value row, int64_t count);

  // z of a tile of logits whose tokens begin at `first`, in the element type of x.
  mlir::Value gradients(mlir::Value logits, const Rows &rows, mlir::Value first);

private:
  template <typename Op, typename... Args> mlir::Value make(Args &&...args) { return Op::create(b_, std::forward<Args>(args)...); }

  const LossOperands loss_;
  KernelBuilder &kernel_;
  mlir::ImplicitLocOpBuilder &b_;
  int64_t rowDim_;
};

} // namespace longc
