// The least-squares map that an adapter begins with.
#include "runtime/e2llm/FittedAdapter.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace longc {
namespace {

std::vector<double> drawn(size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal;
  std::vector<double> numbers(count);
  for (double &number : numbers)
    number = normal(random);
  return numbers;
}

std::vector<double> product(const std::vector<double> &a, const std::vector<double> &x, size_t rows, size_t inner, size_t columns) {
  std::vector<double> result(rows * columns);
  for (size_t row = 0; row < rows; ++row)
    for (size_t k = 0; k < inner; ++k)
      for (size_t column = 0; column < columns; ++column)
        result[row * columns + column] += a[row * inner + k] * x[k * columns + column];
  return result;
}

TEST(FittedAdapter, FindsTheMapThatMadeTheRows) {
  constexpr size_t rows = 40, inner = 7, columns = 5;
  const std::vector<double> a = drawn(rows * inner, 1), x = drawn(inner * columns, 2);
  const std::vector<double> found = leastSquares(a, product(a, x, rows, inner, columns), rows, 1e-12);
  ASSERT_EQ(found.size(), x.size());
  for (size_t i = 0; i < x.size(); ++i)
    EXPECT_NEAR(found[i], x[i], 1e-8);
}

TEST(FittedAdapter, StaysSmallWhereRowsAreFewerThanColumns) {
  constexpr size_t rows = 3, inner = 6;
  const std::vector<double> a = drawn(rows * inner, 3), b = drawn(rows, 4);
  const std::vector<double> x = leastSquares(a, b, rows, 0.01), more = leastSquares(a, b, rows, 1);
  double size = 0, sizeOfMore = 0;
  for (size_t i = 0; i < inner; ++i) {
    size += x[i] * x[i];
    sizeOfMore += more[i] * more[i];
  }
  EXPECT_LT(sizeOfMore, size);
  const std::vector<double> again = product(a, x, rows, inner, 1);
  for (size_t row = 0; row < rows; ++row)
    EXPECT_NEAR(again[row], b[row], 0.2);
}

} // namespace
} // namespace longc
