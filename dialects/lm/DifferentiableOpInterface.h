// The interface of ops that gradients pass through, and the gradients of a function while they are made.
#pragma once

#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/OpDefinition.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"

namespace longc::lm {

// Gradients of values, summed as users are visited from last to first. All are f32, in the shape of their value.
class Gradients {
public:
  // `wanted`: the values that depend on something trained. New ops go where the builder stands.
  Gradients(mlir::ImplicitLocOpBuilder &builder, llvm::DenseSet<mlir::Value> wanted)
      : builder_(builder), wanted_(std::move(wanted)) {}

  mlir::ImplicitLocOpBuilder &builder() { return builder_; }
  bool isWanted(mlir::Value value) const { return value && wanted_.contains(value); }
  // The gradient of a result: null where none reaches it.
  mlir::Value of(mlir::Value value) const { return sums_.lookup(value); }
  // The gradient of a result, zeros where none reaches it.
  mlir::Value ofOrZeros(mlir::Value value);
  // Adds to the gradient of an operand; nothing where it is not wanted.
  void add(mlir::Value value, mlir::Value gradient);
  // In place of `add` for ops that add to a matrix themselves: the sum so far is given, the next one taken.
  void replace(mlir::Value value, mlir::Value sum) { sums_[value] = sum; }

private:
  mlir::ImplicitLocOpBuilder &builder_;
  llvm::DenseSet<mlir::Value> wanted_;
  llvm::DenseMap<mlir::Value, mlir::Value> sums_;
};

} // namespace longc::lm

#include "dialects/lm/DifferentiableOpInterface.h.inc"
