// Gradient of what gated memory reads of a linear state, and of what is written into it, in plain ops.
//
// s(q) S / <s(q), n> is what gated memory itself computes, of any state: with the gate open, of the unit matrix it is s(q) / <s(q), n>, and of
// a row with a zero behind it, whose s is 1, the last number is 1 / <s(q), n>. So no other op has to know s.
#pragma once

#include "dialects/lm/DifferentiableOpInterface.h"
#include "dialects/lm/gradients/PlainOps.h"

namespace longc::lm {

/// One state for all rows. Heads that share one are taken apart: each member function has rows [T, G, D], one head a state.
class LinearState {
public:
  LinearState(PlainOps make, mlir::ImplicitLocOpBuilder &builder, mlir::Value state, mlir::Value norm);

  /// What the rows read.
  mlir::Value read(mlir::Value rows);
  /// Of what they read: to the rows (the result), the state and the norm.
  mlir::Value addRead(mlir::Value rows, mlir::Value gradient, Gradients &gradients);
  /// Of the state and the norm after keys and values were written: to all that goes into them.
  void addWritten(GatedMemoryOp op, Gradients &gradients);

  /// Rows [T, H, D] of the `number`th of the heads that share a state, and back, the others zero.
  mlir::Value pick(mlir::Value heads, int64_t number);
  mlir::Value putBack(mlir::Value rows, int64_t heads, int64_t number);

private:
  using Number = llvm::function_ref<float(int64_t row, int64_t column)>;
  mlir::Value constant(llvm::ArrayRef<int64_t> shape, Number number); // alike in each head
  mlir::Value readOf(mlir::Value rows, mlir::Value state, mlir::Value norm);
  mlir::Value widened(mlir::Value rows); // with a zero behind each
  mlir::Value feature(mlir::Value rows); // s
  mlir::Value slope(mlir::Value rows);   // its derivative
  mlir::Value normRows(mlir::Value like); // the norm in every row

  PlainOps make_;
  mlir::ImplicitLocOpBuilder &b_;
  mlir::Value state_, norm_;
  int64_t groups_, size_;
};

} // namespace longc::lm
