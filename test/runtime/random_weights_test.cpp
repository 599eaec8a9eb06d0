// Random weights: what they are for a kind of parameter, the same for a seed, others for another.
#include "runtime/serve/RandomWeights.h"

#include "gtest/gtest.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <set>
#include <vector>

namespace longc {
namespace {

abi::Parameter &add(abi::Program &program, abi::ElementType type, std::initializer_list<int64_t> shape, uint64_t offset, uint64_t bytes) {
  abi::Parameter &parameter = *program.add_parameters();
  parameter.set_name("p" + std::to_string(program.parameters_size()));
  parameter.set_type(type);
  for (int64_t size : shape)
    parameter.add_shape(size);
  parameter.set_offset(offset);
  parameter.set_bytes(bytes);
  return parameter;
}

std::vector<std::byte> weightsOf(const abi::Program &program, uint64_t seed, size_t bytes) {
  std::vector<std::byte> weights(bytes, std::byte{0xff});
  Status status = makeRandomWeights(program, seed, weights);
  EXPECT_TRUE(status.ok()) << status.text();
  return weights;
}

template <typename T> std::vector<T> at(const std::vector<std::byte> &weights, size_t offset, size_t count) {
  std::vector<T> numbers(count);
  std::memcpy(numbers.data(), weights.data() + offset, count * sizeof(T));
  return numbers;
}

// Spread over the whole range, as far from zero in the mean square as models begin.
void expectSpread(const std::vector<float> &numbers) {
  double sum = 0, squares = 0;
  for (float number : numbers) {
    EXPECT_LE(std::abs(number), 0.035f);
    sum += number;
    squares += double(number) * number;
  }
  EXPECT_NEAR(sum / double(numbers.size()), 0, 0.002);
  EXPECT_NEAR(std::sqrt(squares / double(numbers.size())), 0.0202, 0.001);
  EXPECT_GT(std::set<float>(numbers.begin(), numbers.end()).size(), numbers.size() / 2);
}

TEST(RandomWeights, AreSpreadMatricesAndVectorsOfOnes) {
  abi::Program program;
  add(program, abi::F32, {7}, 0, 28);
  add(program, abi::F32, {25, 41}, 64, 4100);
  add(program, abi::BF16, {31, 33}, 4224, 2046); // not a whole number of draws
  add(program, abi::F32, {3}, 0, 0).set_initializer(abi::Parameter::ZERO); // is not in the section
  const auto weights = weightsOf(program, 1, 6272);
  EXPECT_EQ(at<float>(weights, 0, 7), std::vector<float>(7, 1.0f));
  expectSpread(at<float>(weights, 64, 1025));
  std::vector<float> wide;
  for (uint16_t bits : at<uint16_t>(weights, 4224, 1023))
    wide.push_back(std::bit_cast<float>(uint32_t(bits) << 16));
  expectSpread(wide);
  EXPECT_EQ(weights[4224 + 2046], std::byte{0xff}) << "written past the end";
}

TEST(RandomWeights, FollowFromTheSeed) {
  abi::Program program;
  add(program, abi::F32, {10, 10}, 0, 400);
  add(program, abi::F32, {10, 10}, 448, 400);
  const auto weights = weightsOf(program, 1, 896);
  EXPECT_EQ(weights, weightsOf(program, 1, 896));
  EXPECT_NE(weights, weightsOf(program, 2, 896));
  EXPECT_NE(at<float>(weights, 0, 100), at<float>(weights, 448, 100)) << "each parameter has its own";
}

TEST(RandomWeights, RefuseQuantisedOnes) {
  abi::Program program;
  add(program, abi::Q4_1, {16, 32}, 0, 320);
  std::vector<std::byte> weights(320);
  Status status = makeRandomWeights(program, 1, weights);
  EXPECT_EQ(status.code(), 4124);
  EXPECT_NE(status.message().find("'p1'"), std::string::npos) << status.text();
}

} // namespace
} // namespace longc
