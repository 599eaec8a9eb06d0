// Arithmetic on tiles, written as formulas: each operator makes an op of `arith` or `math`.
#pragma once

#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace longc::lm {

// A tile of floats, or a number that takes on the shape of the tile beside it. One operand at least is a tile.
class Formula {
public:
  Formula(double number) : number_(number) {}
  Formula(mlir::ImplicitLocOpBuilder &builder, mlir::Value tile) : builder_(&builder), tile_(tile) {}

  mlir::Value tile() const { return tile_; }

  friend Formula operator+(const Formula &a, const Formula &b);
  friend Formula operator-(const Formula &a, const Formula &b);
  friend Formula operator*(const Formula &a, const Formula &b);
  friend Formula operator/(const Formula &a, const Formula &b);
  friend Formula max(const Formula &a, const Formula &b);
  friend Formula exp2(const Formula &x); // the one exponential that kernels use
  friend Formula tanh(const Formula &x);
  friend Formula erf(const Formula &x);
  friend Formula filled(const Formula &like, double number); // the number in the shape of a tile

private:
  template <typename Op> static Formula unary(const Formula &x);
  template <typename Op> static Formula binary(const Formula &a, const Formula &b);
  mlir::Value beside(const Formula &other) const;

  mlir::ImplicitLocOpBuilder *builder_ = nullptr; // null for a number
  mlir::Value tile_;
  double number_ = 0;
};

} // namespace longc::lm
