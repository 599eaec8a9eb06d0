// Message to flat postfix.
#include "runtime/serve/SizeExprs.h"

namespace longc {
namespace {

std::optional<SizeOp> readOp(abi::Expr::Op op) {
  switch (op) {
  case abi::Expr::CONSTANT: return SizeOp::constant;
  case abi::Expr::SYMBOL: return SizeOp::symbol;
  case abi::Expr::ADD: return SizeOp::add;
  case abi::Expr::SUB: return SizeOp::sub;
  case abi::Expr::MUL: return SizeOp::mul;
  case abi::Expr::FLOORDIV: return SizeOp::floordiv;
  case abi::Expr::CEILDIV: return SizeOp::ceildiv;
  case abi::Expr::MOD: return SizeOp::mod;
  case abi::Expr::MIN: return SizeOp::min;
  case abi::Expr::MAX: return SizeOp::max;
  default: return std::nullopt;
  }
}

// The parser of messages bounds how deep this goes.
bool appendExpr(const abi::Expr &message, int symbols, SizeExpr &expr) {
  auto op = readOp(message.op());
  if (!op)
    return false;
  bool leaf = *op == SizeOp::constant || *op == SizeOp::symbol;
  if (message.operands_size() != (leaf ? 0 : 2))
    return false;
  if (*op == SizeOp::symbol && (message.value() < 0 || message.value() >= symbols))
    return false;
  for (const abi::Expr &operand : message.operands())
    if (!appendExpr(operand, symbols, expr))
      return false;
  return expr.append({*op, message.value()});
}

} // namespace

std::optional<SizeExpr> readSizeExpr(const abi::Expr &message, int symbols) {
  SizeExpr expr;
  if (!appendExpr(message, symbols, expr) || !expr.complete())
    return std::nullopt;
  return expr;
}

} // namespace longc
