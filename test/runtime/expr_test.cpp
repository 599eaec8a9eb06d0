// SizeExpr: all operations, rounding of negative numbers, overflow, malformed messages.
#include "runtime/core/SizeExpr.h"
#include "runtime/serve/SizeExprs.h"

#include <gtest/gtest.h>

namespace longc {
namespace {

abi::Expr leaf(abi::Expr::Op op, int64_t value) {
  abi::Expr expr;
  expr.set_op(op);
  expr.set_value(value);
  return expr;
}

abi::Expr node(abi::Expr::Op op, const abi::Expr &a, const abi::Expr &b) {
  abi::Expr expr;
  expr.set_op(op);
  *expr.add_operands() = a;
  *expr.add_operands() = b;
  return expr;
}

std::optional<int64_t> compute(abi::Expr::Op op, int64_t a, int64_t b) {
  auto expr = readSizeExpr(node(op, leaf(abi::Expr::SYMBOL, 0), leaf(abi::Expr::CONSTANT, b)), 1);
  EXPECT_TRUE(expr);
  int64_t symbols[] = {a};
  return expr->evaluate(symbols);
}

TEST(SizeExpr, ComputesEveryOperation) {
  EXPECT_EQ(compute(abi::Expr::ADD, 7, 3), 10);
  EXPECT_EQ(compute(abi::Expr::SUB, 7, 3), 4);
  EXPECT_EQ(compute(abi::Expr::MUL, 7, 3), 21);
  EXPECT_EQ(compute(abi::Expr::FLOORDIV, 7, 3), 2);
  EXPECT_EQ(compute(abi::Expr::CEILDIV, 7, 3), 3);
  EXPECT_EQ(compute(abi::Expr::CEILDIV, 6, 3), 2);
  EXPECT_EQ(compute(abi::Expr::MOD, 7, 3), 1);
  EXPECT_EQ(compute(abi::Expr::MIN, 7, 3), 3);
  EXPECT_EQ(compute(abi::Expr::MAX, 7, 3), 7);
}

TEST(SizeExpr, RoundsNegativeNumbersDownAndUp) {
  EXPECT_EQ(compute(abi::Expr::FLOORDIV, -7, 3), -3);
  EXPECT_EQ(compute(abi::Expr::CEILDIV, -7, 3), -2);
  EXPECT_EQ(compute(abi::Expr::MOD, -7, 3), 2);
}

TEST(SizeExpr, SeesOverflowAndDivisionByZero) {
  EXPECT_FALSE(compute(abi::Expr::ADD, INT64_MAX, 1));
  EXPECT_FALSE(compute(abi::Expr::SUB, INT64_MIN, 1));
  EXPECT_FALSE(compute(abi::Expr::MUL, INT64_MAX / 2, 3));
  EXPECT_FALSE(compute(abi::Expr::FLOORDIV, 1, 0));
  EXPECT_FALSE(compute(abi::Expr::MOD, 1, 0));
  EXPECT_FALSE(compute(abi::Expr::FLOORDIV, INT64_MIN, -1));
}

TEST(SizeExpr, EvaluatesNestedExpressionsInOrder) {
  auto sum = node(abi::Expr::ADD, leaf(abi::Expr::SYMBOL, 1), leaf(abi::Expr::CONSTANT, 2));
  auto expr = readSizeExpr(node(abi::Expr::SUB, leaf(abi::Expr::SYMBOL, 0), sum), 2);
  int64_t symbols[] = {10, 3};
  EXPECT_EQ(expr->evaluate(symbols), 5);
  EXPECT_TRUE(expr->usesSymbol(1));
  EXPECT_FALSE(expr->asSymbol());
  EXPECT_EQ(readSizeExpr(leaf(abi::Expr::SYMBOL, 1), 2)->asSymbol(), 1);
}

TEST(SizeExpr, RefusesMalformedMessages) {
  EXPECT_FALSE(readSizeExpr(leaf(abi::Expr::SYMBOL, 2), 2));
  EXPECT_FALSE(readSizeExpr(leaf(abi::Expr::SYMBOL, -1), 2));
  EXPECT_FALSE(readSizeExpr(leaf(abi::Expr::ADD, 0), 2));
  EXPECT_FALSE(readSizeExpr(leaf(static_cast<abi::Expr::Op>(99), 0), 2));
  abi::Expr withOperand = leaf(abi::Expr::CONSTANT, 1);
  *withOperand.add_operands() = leaf(abi::Expr::CONSTANT, 1);
  EXPECT_FALSE(readSizeExpr(withOperand, 0));
  abi::Expr deep = leaf(abi::Expr::CONSTANT, 1);
  for (int level = 0; level < SizeExpr::maxDepth + 1; ++level)
    deep = node(abi::Expr::ADD, leaf(abi::Expr::CONSTANT, 1), deep);
  EXPECT_FALSE(readSizeExpr(deep, 0));
}

} // namespace
} // namespace longc
