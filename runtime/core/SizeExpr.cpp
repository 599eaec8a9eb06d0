// Sizes computed from symbols.
#include "runtime/core/SizeExpr.h"

#include <algorithm>

namespace longc {
namespace {

bool isLeaf(SizeOp op) { return op == SizeOp::constant || op == SizeOp::symbol; }

// Rounds towards minus infinity, as sizes of tiles do. `b` is not 0 and the quotient fits.
int64_t floorDivide(int64_t a, int64_t b) {
  int64_t quotient = a / b;
  return quotient - ((a % b != 0) && ((a < 0) != (b < 0)) ? 1 : 0);
}

std::optional<int64_t> divide(SizeOp op, int64_t a, int64_t b) {
  if (b == 0 || (a == INT64_MIN && b == -1))
    return std::nullopt;
  int64_t quotient = floorDivide(a, b);
  if (op == SizeOp::floordiv)
    return quotient;
  int64_t rest = a - quotient * b;
  return op == SizeOp::mod ? rest : quotient + (rest != 0 ? 1 : 0);
}

std::optional<int64_t> apply(SizeOp op, int64_t a, int64_t b) {
  int64_t result;
  switch (op) {
  case SizeOp::add: return __builtin_add_overflow(a, b, &result) ? std::nullopt : std::optional(result);
  case SizeOp::sub: return __builtin_sub_overflow(a, b, &result) ? std::nullopt : std::optional(result);
  case SizeOp::mul: return __builtin_mul_overflow(a, b, &result) ? std::nullopt : std::optional(result);
  case SizeOp::min: return std::min(a, b);
  case SizeOp::max: return std::max(a, b);
  default: return divide(op, a, b);
  }
}

} // namespace

SizeExpr SizeExpr::symbol(int64_t index) {
  SizeExpr expr;
  expr.append({SizeOp::symbol, index});
  return expr;
}

bool SizeExpr::append(Node node) {
  if (isLeaf(node.op)) {
    if (depth_ == maxDepth)
      return false;
    ++depth_;
  } else {
    if (depth_ < 2)
      return false;
    --depth_;
  }
  nodes_.push_back(node);
  return true;
}

std::optional<int64_t> SizeExpr::evaluate(std::span<const int64_t> symbols) const {
  int64_t stack[maxDepth];
  int top = 0;
  for (const Node &node : nodes_) {
    if (node.op == SizeOp::constant) {
      stack[top++] = node.value;
    } else if (node.op == SizeOp::symbol) {
      if (node.value < 0 || static_cast<size_t>(node.value) >= symbols.size())
        return std::nullopt;
      stack[top++] = symbols[static_cast<size_t>(node.value)];
    } else {
      auto result = apply(node.op, stack[top - 2], stack[top - 1]);
      if (!result)
        return std::nullopt;
      stack[--top - 1] = *result;
    }
  }
  return top == 1 ? std::optional(stack[0]) : std::nullopt;
}

std::optional<int64_t> SizeExpr::asSymbol() const {
  if (nodes_.size() == 1 && nodes_[0].op == SizeOp::symbol)
    return nodes_[0].value;
  return std::nullopt;
}

bool SizeExpr::usesSymbol(int64_t index) const {
  return std::any_of(nodes_.begin(), nodes_.end(),
                     [index](const Node &node) { return node.op == SizeOp::symbol && node.value == index; });
}

} // namespace longc
