// runtime/io/Panels.cpp against the words of Panels.h: every value is looked for where the header says it is.
#include "runtime/io/Panels.h"

#include "test/runtime/TinyLlama.h"

#include <gtest/gtest.h>

#include <bit>

using namespace longc;
using longc::test::asBytes;

namespace {

// Random bytes: a permutation must carry any bits, those of no number included.
std::string randomBytes(size_t size, uint64_t seed) {
  longc::test::TestRandom random(seed);
  std::string bytes(size, '\0');
  for (char &byte : bytes)
    byte = static_cast<char>(random.next());
  return bytes;
}

struct Matrix {
  ElementFormat format;
  int64_t rows, columns;
  std::string rowMajor, panels;

  Matrix(ElementFormat format, int64_t rows, int64_t columns, std::string content)
      : format(format), rows(rows), columns(columns), rowMajor(std::move(content)) {
    Result<size_t> size = panelBytes(format, rows, columns);
    EXPECT_TRUE(size.ok()) << size.status().text();
    panels.assign(*size, '\x5a'); // so that padding must be written
    Status status = packPanels(format, rows, columns, asBytes(rowMajor), out());
    EXPECT_TRUE(status.ok()) << status.text();
  }
  std::span<std::byte> out() { return std::as_writable_bytes(std::span(panels.data(), panels.size())); }
  std::span<const std::byte> row(int64_t index) const {
    size_t stride = rowMajor.size() / static_cast<size_t>(rows);
    return asBytes(std::string_view(rowMajor).substr(static_cast<size_t>(index) * stride, stride));
  }
  unsigned byteAt(int64_t at) const { return static_cast<unsigned char>(panels[static_cast<size_t>(at)]); }
  unsigned halfAt(int64_t at) const { return byteAt(at) | byteAt(at + 1) << 8; }
};

Matrix randomMatrix(ElementFormat format, int64_t rows, int64_t columns) {
  return {format, rows, columns,
          randomBytes(static_cast<size_t>(rows) * *rowBytes(format, columns), static_cast<uint64_t>(rows * columns))};
}

std::vector<std::pair<int64_t, int64_t>> shapesFor(ElementFormat format) {
  if (isQuantized(format))
    return {{1, 32}, {15, 64}, {16, 32}, {17, 96}, {48, 576}, {3, 160}};
  return {{1, 1}, {15, 2}, {16, 3}, {17, 7}, {33, 64}, {48, 127}};
}

TEST(Panels, UnpackingReturnsEveryBitAndDecodingEveryRow) {
  for (ElementFormat format : panelFormats)
    for (auto [rows, columns] : shapesFor(format)) {
      Matrix matrix = randomMatrix(format, rows, columns);
      std::string back(matrix.rowMajor.size(), '\x77');
      Status status = unpackPanels(format, rows, columns, asBytes(matrix.panels),
                                   std::as_writable_bytes(std::span(back.data(), back.size())));
      ASSERT_TRUE(status.ok()) << status.text();
      EXPECT_EQ(back, matrix.rowMajor) << formatName(format) << " " << rows << " x " << columns;
      std::vector<float> expected(static_cast<size_t>(columns)), decoded(static_cast<size_t>(columns));
      for (int64_t row = 0; row < rows; ++row) {
        ASSERT_TRUE(dequantizeRow(format, matrix.row(row), expected).ok());
        ASSERT_TRUE(decodePanelRow(format, rows, columns, asBytes(matrix.panels), row, decoded.data()).ok());
        EXPECT_EQ(std::memcmp(expected.data(), decoded.data(), expected.size() * 4), 0);
      }
    }
}

// Nibble or byte k of block b of a row as a checkpoint stores it.
int storedQuant(const Matrix &matrix, int64_t row, int64_t b, int k) {
  const std::byte *block = matrix.row(row).data() + b * blockBytes(matrix.format);
  if (matrix.format == ElementFormat::Q8_0 || matrix.format == ElementFormat::Q6_2)
    return std::to_integer<int>(block[blockBytes(matrix.format) - 32 + k]);
  const std::byte *quants = block + blockBytes(matrix.format) - 16;
  return k < 16 ? std::to_integer<int>(quants[k] & std::byte{15}) : std::to_integer<int>(quants[k - 16] >> 4);
}

TEST(Panels, QuantisedBlocksLieWhereTheHeaderSays) {
  struct Layout {
    ElementFormat format;
    int64_t bytes, quants;
  };
  for (Layout layout : {Layout{ElementFormat::Q8_0, 544, 32}, Layout{ElementFormat::Q4_0, 288, 32},
                        Layout{ElementFormat::Q4_1, 320, 64}, Layout{ElementFormat::Q4_1F, 384, 128},
                        Layout{ElementFormat::Q6_2, 576, 64}}) {
    Matrix matrix = randomMatrix(layout.format, 35, 96);
    ASSERT_EQ(matrix.panels.size(), static_cast<size_t>(3 * 3 * layout.bytes));
    for (int64_t row = 0; row < 35; ++row)
      for (int64_t b = 0; b < 3; ++b) {
        int64_t base = (row / 16 * 3 + b) * layout.bytes, r = row % 16;
        const std::byte *block = matrix.row(row).data() + b * blockBytes(layout.format);
        auto half = [&](int at) {
          return std::to_integer<unsigned>(block[at]) | std::to_integer<unsigned>(block[at + 1]) << 8;
        };
        const int scale = layout.format == ElementFormat::Q4_1F ? 4 : 2;
        for (int part = 0; part < scale; part += 2) // two bytes at a time
          EXPECT_EQ(matrix.halfAt(base + r * scale + part), half(part));
        if (layout.format == ElementFormat::Q4_1F) {
          EXPECT_EQ(matrix.halfAt(base + 64 + r * 4 + 2), half(6));
        }
        if (layout.format == ElementFormat::Q4_1 || layout.format == ElementFormat::Q6_2) {
          EXPECT_EQ(matrix.halfAt(base + 32 + r * 2), half(2));
        }
        for (int k = 0; k < 32; ++k) {
          int64_t at = base + layout.quants;
          unsigned stored;
          if (layout.format == ElementFormat::Q8_0 || layout.format == ElementFormat::Q6_2)
            stored = matrix.byteAt(at + k / 4 * 64 + r * 4 + k % 4);
          else
            stored = matrix.byteAt(at + k / 8 * 64 + r * 4 + k % 4) >> (k % 8 >= 4 ? 4 : 0) & 15;
          EXPECT_EQ(static_cast<int>(stored), storedQuant(matrix, row, b, k)) << row << " " << b << " " << k;
        }
      }
    for (int64_t row = 35; row < 48; ++row) // padding
      for (int64_t b = 0; b < 3; ++b) {
        int64_t base = (2 * 3 + b) * layout.bytes, r = row % 16;
        const int scale = layout.format == ElementFormat::Q4_1F ? 4 : 2;
        for (int part = 0; part < scale; part += 2)
          EXPECT_EQ(matrix.halfAt(base + r * scale + part), 0u);
        for (int64_t at = base + layout.quants; at < base + layout.bytes; at += 64)
          for (int j = 0; j < 4; ++j)
            EXPECT_EQ(matrix.byteAt(at + r * 4 + j), 0u);
      }
  }
}

TEST(Panels, DenseValuesLieWhereTheHeaderSays) {
  Matrix matrix = randomMatrix(ElementFormat::F32, 18, 5);
  ASSERT_EQ(matrix.panels.size(), 2u * 5 * 16 * 4);
  for (int64_t row = 0; row < 32; ++row)
    for (int64_t k = 0; k < 5; ++k) {
      int64_t at = ((row / 16 * 5 + k) * 16 + row % 16) * 4;
      std::string expected =
          row < 18 ? matrix.rowMajor.substr(static_cast<size_t>(row * 5 + k) * 4, 4) : std::string(4, '\0');
      EXPECT_EQ(matrix.panels.substr(static_cast<size_t>(at), 4), expected);
    }
  for (ElementFormat format : {ElementFormat::F16, ElementFormat::BF16}) {
    Matrix shorts = randomMatrix(format, 18, 5);
    ASSERT_EQ(shorts.panels.size(), 2u * 3 * 16 * 4);
    for (int64_t row = 0; row < 32; ++row)
      for (int64_t k = 0; k < 6; ++k) {
        int64_t at = (((row / 16 * 3 + k / 2) * 16 + row % 16) * 2 + k % 2) * 2;
        std::string expected =
            row < 18 && k < 5 ? shorts.rowMajor.substr(static_cast<size_t>(row * 5 + k) * 2, 2) : std::string(2, '\0');
        EXPECT_EQ(shorts.panels.substr(static_cast<size_t>(at), 2), expected);
      }
  }
}

TEST(Panels, TheExampleOfTheHeaderHolds) {
  Matrix matrix = randomMatrix(ElementFormat::Q4_1, 576, 1536);
  EXPECT_EQ(matrix.panels.size(), 552960u);
  EXPECT_EQ(matrix.panels.size(), matrix.rowMajor.size());
  const std::byte *block = matrix.row(100).data() + 2 * 20;
  EXPECT_EQ(matrix.byteAt((6 * 48 + 2) * 320 + 4 * 2), std::to_integer<unsigned>(block[0]));
  EXPECT_EQ(matrix.byteAt((6 * 48 + 2) * 320 + 64 + 4 * 4 + 2) >> 4,
            std::to_integer<unsigned>(block[4 + 6] & std::byte{15}));
}

TEST(Panels, RowsFromAListAreJoinedInItsOrder) {
  Matrix matrix = randomMatrix(ElementFormat::Q4_0, 20, 64);
  std::vector<const std::byte *> reversed;
  std::string expectedRows;
  for (int64_t row = 19; row >= 0; --row) {
    reversed.push_back(matrix.row(row).data());
    expectedRows.append(reinterpret_cast<const char *>(matrix.row(row).data()), matrix.row(row).size());
  }
  Matrix expected(ElementFormat::Q4_0, 20, 64, expectedRows);
  std::string joined(matrix.panels.size(), '\0');
  ASSERT_TRUE(
      packPanels(ElementFormat::Q4_0, 64, reversed, std::as_writable_bytes(std::span(joined.data(), joined.size())))
          .ok());
  EXPECT_EQ(joined, expected.panels);
}

TEST(Panels, SizesThatDoNotFitAreRefused) {
  std::byte few[64] = {};
  float out[64];
  EXPECT_EQ(panelBytes(ElementFormat::Q4_1, 16, 48).status().message(),
            "panels in Q4_1: expected a multiple of 32 columns, got 48");
  EXPECT_FALSE(panelBytes(ElementFormat::F32, INT64_MAX, INT64_MAX).ok());
  EXPECT_FALSE(panelBytes(ElementFormat::Q8_0, INT64_MAX, 32).ok());
  EXPECT_FALSE(panelBytes(ElementFormat::F32, 0, 4).ok());
  EXPECT_FALSE(panelBytes(ElementFormat::F32, 4, -4).ok());
  EXPECT_EQ(packPanels(ElementFormat::F32, 1, 1, {few, 4}, few).ok(), true);
  EXPECT_EQ(packPanels(ElementFormat::F32, 1, 1, {few, 8}, few).message(),
            "rows of a 1 x 1 matrix in F32: expected 4 bytes, got 8");
  EXPECT_EQ(packPanels(ElementFormat::F32, 1, 2, {few, 8}, few).message(),
            "panels of a 1 x 2 matrix in F32: expected 128 bytes, got 64");
  EXPECT_FALSE(unpackPanels(ElementFormat::F32, 1, 2, few, {few, 8}).ok());
  EXPECT_FALSE(decodePanelRow(ElementFormat::F32, 1, 1, few, 1, out).ok());
  EXPECT_FALSE(decodePanelRow(ElementFormat::F32, 1, 1, few, -1, out).ok());
  EXPECT_TRUE(decodePanelRow(ElementFormat::F32, 1, 1, few, 0, out).ok());
}

} // namespace
