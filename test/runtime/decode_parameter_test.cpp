// Weights as rows of the type that a device reads.
#include "runtime/serve/DecodeParameter.h"

#include "runtime/io/Panels.h"

#include "gtest/gtest.h"

#include <cmath>
#include <cstring>
#include <vector>

using namespace longc;

namespace {

constexpr int64_t rows = 19, columns = 5; // a panel and a part of one

struct Matrix {
  std::vector<float> values;
  std::vector<std::byte> panels;
  longc::abi::Parameter parameter;

  Matrix() {
    for (int64_t i = 0; i < rows * columns; ++i)
      values.push_back(static_cast<float>(i) * 0.37f - 11);
    values[3] = 1.00390625f;  // halfway between two bf16 numbers: the even one is below
    values[4] = 1.01171875f;  // the even one is above
    values[5] = std::nanf("");
    panels.resize(*panelBytes(ElementFormat::F32, rows, columns));
    std::vector<std::byte> stored(values.size() * 4);
    std::memcpy(stored.data(), values.data(), stored.size());
    EXPECT_TRUE(packPanels(ElementFormat::F32, rows, columns, stored, panels).ok());
    parameter.set_name("w");
    parameter.set_type(longc::abi::F32);
    parameter.add_shape(rows);
    parameter.add_shape(columns);
    parameter.set_layout(longc::abi::Parameter::PANELS);
    parameter.set_bytes(panels.size());
  }
};

float ofBf16(const std::byte *place) {
  uint32_t bits = 0;
  std::memcpy(reinterpret_cast<char *>(&bits) + 2, place, 2);
  float value;
  std::memcpy(&value, &bits, 4);
  return value;
}

TEST(DecodeParameter, RowsOfFloatsAreTheMatrix) {
  Matrix matrix;
  ASSERT_EQ(decodedBytes(matrix.parameter, longc::abi::F32), matrix.values.size() * 4);
  std::vector<std::byte> decoded(matrix.values.size() * 4);
  ASSERT_TRUE(decodeParameter(matrix.parameter, matrix.panels.data(), longc::abi::F32, decoded).ok());
  EXPECT_EQ(std::memcmp(decoded.data(), matrix.values.data(), decoded.size()), 0);
}

TEST(DecodeParameter, FloatsThatAreStoredInRowsAreRounded) {
  Matrix matrix;
  matrix.parameter.set_layout(longc::abi::Parameter::ROWS);
  EXPECT_TRUE(needsDecoding(matrix.parameter, longc::abi::BF16));
  EXPECT_FALSE(needsDecoding(matrix.parameter, longc::abi::F32));
  std::vector<std::byte> decoded(matrix.values.size() * 2);
  ASSERT_TRUE(decodeParameter(matrix.parameter, reinterpret_cast<const std::byte *>(matrix.values.data()), longc::abi::BF16, decoded).ok());
  EXPECT_EQ(ofBf16(&decoded[0]), -11.0f);
  EXPECT_EQ(ofBf16(&decoded[2 * 3]), 1.0f);
  EXPECT_EQ(ofBf16(&decoded[2 * 4]), 1.015625f);
  EXPECT_TRUE(std::isnan(ofBf16(&decoded[2 * 5])));
}

TEST(DecodeParameter, RowsOfBf16AreRoundedToEven) {
  Matrix matrix;
  ASSERT_EQ(decodedBytes(matrix.parameter, longc::abi::BF16), matrix.values.size() * 2);
  std::vector<std::byte> decoded(matrix.values.size() * 2);
  ASSERT_TRUE(decodeParameter(matrix.parameter, matrix.panels.data(), longc::abi::BF16, decoded).ok());
  EXPECT_EQ(ofBf16(&decoded[6]), 1.0f);
  EXPECT_EQ(ofBf16(&decoded[8]), 1.015625f);
  EXPECT_TRUE(std::isnan(ofBf16(&decoded[10])));
  for (size_t i = 6; i < matrix.values.size(); ++i)
    EXPECT_NEAR(ofBf16(&decoded[2 * i]), matrix.values[i], std::abs(matrix.values[i]) / 256) << i;
}

TEST(DecodeParameter, WhatNeedsNoDecodingAndWhatHasNone) {
  Matrix matrix;
  EXPECT_TRUE(needsDecoding(matrix.parameter, longc::abi::F32)); // panels are no rows
  std::vector<std::byte> decoded(matrix.values.size() * 4);
  EXPECT_EQ(decodeParameter(matrix.parameter, matrix.panels.data(), longc::abi::I32, decoded).code(), 4124);
  matrix.parameter.set_layout(longc::abi::Parameter::ROWS);
  EXPECT_FALSE(needsDecoding(matrix.parameter, longc::abi::F32));
  matrix.parameter.set_type(longc::abi::BF16);
  EXPECT_EQ(decodeParameter(matrix.parameter, matrix.panels.data(), longc::abi::F32, decoded).code(), 4124);
}

} // namespace
