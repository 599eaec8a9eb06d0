// runtime/io/Quantized.cpp against goldens of the `gguf` package and numpy (test/golden/make_quant_goldens.py).
#include "runtime/io/Quantized.h"

#include "runtime/io/ModelFileError.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <fstream>
#include <iterator>
#include <sstream>

using namespace longc;

namespace {

std::string unhex(const std::string &digits) {
  std::string bytes;
  for (size_t i = 0; i + 1 < digits.size(); i += 2)
    bytes.push_back(static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16)));
  return bytes;
}

ElementFormat formatNamed(const std::string &name) {
  for (const FormatInfo &info : formatInfos)
    if (name == info.name)
      return info.format;
  ADD_FAILURE() << "unknown format " << name;
  return ElementFormat::F32;
}

TEST(Quantized, DecodesAndConvertsBitForBitAsThePackage) {
  std::ifstream file(LONGC_SOURCE_DIR "/test/golden/quant.txt");
  int rows = 0, conversions = 0;
  for (std::string line; std::getline(file, line);) {
    std::istringstream in(line);
    std::string kind, a, b, c;
    in >> kind >> a >> b >> c;
    if (kind == "row") {
      ElementFormat format = formatNamed(a);
      std::string blocks = unhex(b), expected = unhex(c);
      std::vector<float> values(expected.size() / 4);
      Status status = dequantizeRow(format, std::as_bytes(std::span(blocks.data(), blocks.size())), values);
      ASSERT_TRUE(status.ok()) << status.text();
      EXPECT_EQ(std::memcmp(values.data(), expected.data(), expected.size()), 0) << line;
      ++rows;
    } else if (kind == "convert") {
      float value = std::bit_cast<float>(static_cast<uint32_t>(std::stoul(a, nullptr, 16)));
      EXPECT_EQ(floatToHalf(value), std::stoul(b, nullptr, 16)) << a;
      EXPECT_EQ(floatToBfloat16(value), std::stoul(c, nullptr, 16)) << a;
      ++conversions;
    }
  }
  EXPECT_EQ(rows, 48);
  EXPECT_GT(conversions, 300);
}

TEST(Quantized, TheTableIsInTheOrderOfTheFormats) {
  for (size_t i = 0; i < std::size(formatInfos); ++i)
    EXPECT_EQ(static_cast<size_t>(formatInfos[i].format), i);
}

TEST(Quantized, WhatProgramsHoldHasTheSameValues) {
  std::ifstream file(LONGC_SOURCE_DIR "/test/golden/quant.txt");
  int rows = 0;
  for (std::string line; std::getline(file, line);) {
    std::istringstream in(line);
    std::string kind, name, stored, decoded;
    if (!(in >> kind >> name >> stored >> decoded) || kind != "row")
      continue;
    const ElementFormat format = formatNamed(name), held = heldFormat(format);
    EXPECT_EQ(heldFormat(held), held) << name;
    std::string blocks = unhex(stored), expected = unhex(decoded);
    std::vector<float> values(expected.size() / 4);
    std::vector<std::byte> row(*rowBytes(held, static_cast<int64_t>(values.size())));
    auto bytes = std::as_bytes(std::span(blocks.data(), blocks.size()));
    ASSERT_TRUE(holdRow(format, bytes, row).ok());
    ASSERT_TRUE(dequantizeRow(held, row, values).ok());
    EXPECT_EQ(std::memcmp(values.data(), expected.data(), expected.size()), 0) << line;
    EXPECT_FALSE(holdRow(format, bytes, std::span(row).first(row.size() - 1)).ok());
    EXPECT_FALSE(holdRow(format, bytes.first(bytes.size() - 1), row).ok());
    ++rows;
  }
  EXPECT_EQ(rows, 48);
}

// The definition of binary16, by arithmetic instead of bits.
double halfByDefinition(uint16_t half) {
  int exponent = half >> 10 & 31, mantissa = half & 0x3ff;
  double magnitude = exponent == 0 ? std::ldexp(mantissa, -24) : std::ldexp(1024 + mantissa, exponent - 25);
  return half & 0x8000 ? -magnitude : magnitude;
}

TEST(Quantized, EveryHalfConvertsToItsValueAndBack) {
  for (unsigned bits = 0; bits < 65536; ++bits) {
    uint16_t half = static_cast<uint16_t>(bits);
    float value = halfToFloat(half);
    if ((half >> 10 & 31) == 31) {
      EXPECT_EQ(std::isinf(value), (half & 0x3ff) == 0);
      EXPECT_EQ(std::isnan(value), (half & 0x3ff) != 0);
      EXPECT_EQ(std::signbit(value), (half & 0x8000) != 0);
    } else {
      ASSERT_EQ(value, halfByDefinition(half));
      ASSERT_EQ(std::signbit(value), (half & 0x8000) != 0);
    }
    ASSERT_EQ(floatToHalf(value), half);
  }
}

TEST(Quantized, HalvesRoundToNearestEvenEverywhere) {
  for (unsigned bits = 0; bits < 0x7bff; ++bits) {
    float low = halfToFloat(static_cast<uint16_t>(bits)), high = halfToFloat(static_cast<uint16_t>(bits + 1));
    float middle = static_cast<float>((static_cast<double>(low) + high) / 2);
    ASSERT_EQ(floatToHalf(middle), bits + (bits & 1));
    ASSERT_EQ(floatToHalf(std::nextafter(middle, 0.0f)), bits);
    ASSERT_EQ(floatToHalf(std::nextafter(middle, INFINITY)), bits + 1);
  }
}

TEST(Quantized, NotANumberStaysOne) {
  for (uint32_t bits : {0x7f800001u, 0x7fc00000u, 0xff800001u, 0x7fffffffu}) {
    float nan = std::bit_cast<float>(bits);
    EXPECT_TRUE(std::isnan(halfToFloat(floatToHalf(nan))));
    EXPECT_TRUE(std::isnan(bfloat16ToFloat(floatToBfloat16(nan))));
  }
}

TEST(Quantized, BlocksHoldTheNearestMultiples) {
  std::vector<float> values(64), back(64);
  for (size_t i = 0; i < 32; ++i)
    values[i] = 0.25f * static_cast<float>(static_cast<int>(i) - 16); // largest -4
  std::vector<std::byte> row(68);
  ASSERT_TRUE(quantizeRow(values, 1, row).ok());
  ASSERT_TRUE(dequantizeRow(ElementFormat::Q8_0, row, back).ok());
  const float scale = halfToFloat(floatToHalf(4.0f / 127));
  for (size_t i = 0; i < 64; ++i) {
    EXPECT_NEAR(back[i], values[i], scale / 2 + 1e-6) << i;
    EXPECT_EQ(back[i], scale * std::round(back[i] / scale)) << i;
  }
  EXPECT_EQ(back[0], -127 * scale);
  EXPECT_EQ(back[40], 0.0f); // a block of zeros
  EXPECT_EQ(quantizeRow(std::span(values).first(33), 1, row).code(), PanelSize);
  values[40] = 3.5f * scale; // two blocks with the scale of the first, whose values are larger
  ASSERT_TRUE(quantizeRow(values, 2, row).ok());
  ASSERT_TRUE(dequantizeRow(ElementFormat::Q8_0, row, back).ok());
  EXPECT_EQ(back[0], -127 * scale);
  EXPECT_EQ(back[40], 4 * scale);
  EXPECT_EQ(quantizeRow(values, 3, row).code(), PanelSize);
}

TEST(Quantized, SizesThatDoNotFitAreRefused) {
  std::byte block[40] = {};
  float out[64];
  EXPECT_EQ(dequantizeRow(ElementFormat::Q4_1, {block, 20}, {out, 33}).message(),
            "a row of 33 weights in Q4_1: expected a multiple of 32");
  EXPECT_EQ(dequantizeRow(ElementFormat::Q4_1, {block, 20}, {out, 64}).message(),
            "a row of 64 weights in Q4_1: expected 40 bytes, got 20");
  EXPECT_FALSE(rowBytes(ElementFormat::F32, INT64_MAX).ok());
  EXPECT_FALSE(rowBytes(ElementFormat::F32, -1).ok());
  EXPECT_EQ(*rowBytes(ElementFormat::Q8_0, 576), 612u);
}

} // namespace
