// A size computed from a function's symbols: flat, checked, evaluated at each call.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace longc {

enum class SizeOp : uint8_t { constant, symbol, add, sub, mul, floordiv, ceildiv, mod, min, max };

/// An expression in postfix order: operands come before their operation.
class SizeExpr {
public:
  struct Node {
    SizeOp op;
    int64_t value; // of a constant; index of a symbol
  };
  /// Operands that may wait at once; deeper expressions are refused when they are built.
  static constexpr int maxDepth = 32;

  SizeExpr() = default;
  explicit SizeExpr(int64_t constant) : nodes_{{SizeOp::constant, constant}}, depth_(1) {}
  static SizeExpr symbol(int64_t index);

  /// Appends a node; false if its operands are missing or the expression is too deep.
  bool append(Node node);
  /// Exactly one value is left on the stack.
  bool complete() const { return depth_ == 1; }

  /// No value on overflow, division by zero or an unknown symbol.
  std::optional<int64_t> evaluate(std::span<const int64_t> symbols) const;

  /// Index of the symbol when the expression is nothing but one.
  std::optional<int64_t> asSymbol() const;
  bool usesSymbol(int64_t index) const;
  std::span<const Node> nodes() const { return nodes_; }

private:
  std::vector<Node> nodes_;
  int depth_ = 0;
};

} // namespace longc
