// The panel layout: packing, unpacking and the reference decoder. Panels.h is its specification.
#include "runtime/io/Panels.h"

#include "runtime/core/Checked.h"
#include "runtime/io/ModelFileError.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <iterator>
#include <vector>

namespace longc {
namespace {

// The block of each format that has them.
constexpr auto blocks = [] {
  std::array<const BlockFormat *, std::size(formatInfos)> found = {};
  for (size_t i = 0; i < found.size(); ++i)
    found[i] = findBlockFormat(formatInfos[i].name);
  return found;
}();
static_assert(std::equal(blocks.begin(), blocks.end(), std::begin(formatInfos), [](const BlockFormat *block, const FormatInfo &info) {
  return !block || (block->rowBytes() == info.blockBytes && blockColumns == info.blockElements);
}));

const BlockFormat &blockOf(ElementFormat format) { return *blocks[static_cast<size_t>(format)]; }

int64_t panelsOf(int64_t rows) { return rows / panelRows + (rows % panelRows != 0); }

Status sizeError(const char *what, ElementFormat format, int64_t rows, int64_t columns, size_t expected, size_t got) {
  return Status::error(PanelSize, std::string(what) + " of a " + std::to_string(rows) + " x " +
                                      std::to_string(columns) + " matrix in " + formatName(format) + ": expected " +
                                      std::to_string(expected) + " bytes, got " + std::to_string(got));
}

// Bytes of all rows as a checkpoint stores them. Called after panelBytes accepted the sizes, which are never less.
size_t rowMajorBytes(ElementFormat format, int64_t rows, int64_t columns) {
  return static_cast<size_t>(rows * (columns / blockElements(format)) * blockBytes(format));
}

// The nibble q_k of a checkpoint block whose quants begin at `quants`.
unsigned nibble(const std::byte *quants, int64_t k) {
  return std::to_integer<unsigned>(quants[k & 15]) >> (k & 16 ? 4 : 0) & 15u;
}

// One checkpoint block of panel row r into a block of a panel, and back.
void packBlock(const BlockFormat &layout, const std::byte *block, int64_t r, std::byte *to) {
  for (int64_t s = 0; s < layout.scales(); ++s)
    std::memcpy(to + (s * panelRows + r) * layout.scaleBytes, block + s * layout.scaleBytes,
                static_cast<size_t>(layout.scaleBytes));
  const std::byte *quants = block + layout.scales() * layout.scaleBytes;
  std::byte *group = to + layout.header() + r * 4;
  for (int64_t v = 0; v < layout.vectors(); ++v, group += 64) {
    if (layout.bytes) {
      std::memcpy(group, quants + 4 * v, 4);
      continue;
    }
    for (int j = 0; j < 4; ++j)
      group[j] = static_cast<std::byte>(nibble(quants, 8 * v + j) | nibble(quants, 8 * v + 4 + j) << 4);
  }
}

void unpackBlock(const BlockFormat &layout, const std::byte *from, int64_t r, std::byte *block) {
  for (int64_t s = 0; s < layout.scales(); ++s)
    std::memcpy(block + s * layout.scaleBytes, from + (s * panelRows + r) * layout.scaleBytes,
                static_cast<size_t>(layout.scaleBytes));
  std::byte *quants = block + layout.scales() * layout.scaleBytes;
  const std::byte *group = from + layout.header() + r * 4;
  if (!layout.bytes)
    std::memset(quants, 0, 16);
  for (int64_t v = 0; v < layout.vectors(); ++v, group += 64) {
    if (layout.bytes) {
      std::memcpy(quants + 4 * v, group, 4);
      continue;
    }
    for (int j = 0; j < 4; ++j) {
      int64_t low = 8 * v + j, high = low + 4; // column k sits in byte k % 16, low half if k < 16
      quants[low & 15] |= (group[j] & std::byte{15}) << (low & 16 ? 4 : 0);
      quants[high & 15] |= (group[j] >> 4) << (high & 16 ? 4 : 0);
    }
  }
}

// Bytes of one value and how many columns share a step of a dense panel.
struct DenseStep {
  int64_t valueBytes, columns;
};
DenseStep denseStep(ElementFormat format) { return format == ElementFormat::F32 ? DenseStep{4, 1} : DenseStep{2, 2}; }

void packRow(ElementFormat format, int64_t columns, const std::byte *row, int64_t r, std::byte *panel) {
  if (isQuantized(format)) {
    const BlockFormat &layout = blockOf(format);
    for (int64_t b = 0; b < columns / blockColumns; ++b)
      packBlock(layout, row + b * layout.rowBytes(), r, panel + b * layout.size());
    return;
  }
  DenseStep step = denseStep(format);
  int64_t group = step.valueBytes * step.columns; // 4 bytes for every dense format
  for (int64_t k = 0; k < columns; k += step.columns)
    std::memcpy(panel + (k / step.columns * panelRows + r) * group, row + k * step.valueBytes,
                static_cast<size_t>(k + step.columns <= columns ? group : step.valueBytes));
}

void unpackRow(ElementFormat format, int64_t columns, const std::byte *panel, int64_t r, std::byte *row) {
  if (isQuantized(format)) {
    const BlockFormat &layout = blockOf(format);
    for (int64_t b = 0; b < columns / blockColumns; ++b)
      unpackBlock(layout, panel + b * layout.size(), r, row + b * layout.rowBytes());
    return;
  }
  DenseStep step = denseStep(format);
  int64_t group = step.valueBytes * step.columns;
  for (int64_t k = 0; k < columns; k += step.columns)
    std::memcpy(row + k * step.valueBytes, panel + (k / step.columns * panelRows + r) * group,
                static_cast<size_t>(k + step.columns <= columns ? group : step.valueBytes));
}

} // namespace

Result<size_t> panelBytes(ElementFormat format, int64_t rows, int64_t columns) {
  if (std::find(std::begin(panelFormats), std::end(panelFormats), format) == std::end(panelFormats))
    return Status::error(PanelSize, std::string("there are no panels in ") + formatName(format) +
                                        ": expected a format that programs hold");
  if (rows < 1 || columns < 1)
    return Status::error(PanelSize, "panels of a " + std::to_string(rows) + " x " + std::to_string(columns) +
                                        " matrix: expected sizes of at least 1");
  Checked bytes = Checked(panelsOf(rows));
  if (isQuantized(format)) {
    if (columns % blockColumns != 0)
      return Status::error(PanelSize,
                           std::string("panels in ") + formatName(format) +
                               ": expected a multiple of 32 columns, got " + std::to_string(columns),
                           "use a dense format for this matrix");
    bytes = bytes * (columns / blockColumns) * blockOf(format).size();
  } else {
    DenseStep step = denseStep(format);
    bytes = bytes * (columns / step.columns + (columns % step.columns != 0)) * (panelRows * 4);
  }
  if (!bytes.atMost(PTRDIFF_MAX))
    return Status::error(PanelSize, "panels of a " + std::to_string(rows) + " x " + std::to_string(columns) +
                                        " matrix are too large to address");
  return static_cast<size_t>(bytes.value());
}

Status packPanels(ElementFormat format, int64_t columns, std::span<const std::byte *const> rows,
                  std::span<std::byte> out) {
  int64_t count = static_cast<int64_t>(rows.size());
  Result<size_t> expected = panelBytes(format, count, columns);
  if (!expected.ok())
    return expected.status();
  if (out.size() != *expected)
    return sizeError("panels", format, count, columns, *expected, out.size());
  std::memset(out.data(), 0, out.size()); // the padding
  int64_t onePanel = static_cast<int64_t>(*expected) / panelsOf(count);
  for (int64_t row = 0; row < count; ++row)
    packRow(format, columns, rows[static_cast<size_t>(row)], row % panelRows, out.data() + row / panelRows * onePanel);
  return {};
}

Status packPanels(ElementFormat format, int64_t rows, int64_t columns, std::span<const std::byte> rowMajor,
                  std::span<std::byte> out) {
  Result<size_t> total = panelBytes(format, rows, columns);
  if (!total.ok())
    return total.status();
  size_t expected = rowMajorBytes(format, rows, columns);
  if (rowMajor.size() != expected)
    return sizeError("rows", format, rows, columns, expected, rowMajor.size());
  if (out.size() != *total)
    return sizeError("panels", format, rows, columns, *total, out.size());
  size_t stride = expected / static_cast<size_t>(rows);
  std::vector<const std::byte *> list(static_cast<size_t>(rows));
  for (size_t row = 0; row < list.size(); ++row)
    list[row] = rowMajor.data() + row * stride;
  return packPanels(format, columns, list, out);
}

Status unpackPanels(ElementFormat format, int64_t rows, int64_t columns, std::span<const std::byte> panels,
                    std::span<std::byte> rowMajor) {
  Result<size_t> total = panelBytes(format, rows, columns);
  if (!total.ok())
    return total.status();
  if (panels.size() != *total)
    return sizeError("panels", format, rows, columns, *total, panels.size());
  size_t expected = rowMajorBytes(format, rows, columns);
  if (rowMajor.size() != expected)
    return sizeError("rows", format, rows, columns, expected, rowMajor.size());
  int64_t onePanel = static_cast<int64_t>(*total) / panelsOf(rows), stride = static_cast<int64_t>(expected) / rows;
  for (int64_t row = 0; row < rows; ++row)
    unpackRow(format, columns, panels.data() + row / panelRows * onePanel, row % panelRows,
              rowMajor.data() + row * stride);
  return {};
}

Status decodePanelRow(ElementFormat format, int64_t rows, int64_t columns, std::span<const std::byte> panels,
                      int64_t row, float *out) {
  Result<size_t> total = panelBytes(format, rows, columns);
  if (!total.ok())
    return total.status();
  if (panels.size() != *total)
    return sizeError("panels", format, rows, columns, *total, panels.size());
  if (row < 0 || row >= rows)
    return Status::error(PanelSize, "row " + std::to_string(row) + " of a matrix in panels: expected 0 to " +
                                        std::to_string(rows - 1));
  int64_t onePanel = static_cast<int64_t>(*total) / panelsOf(rows);
  std::vector<std::byte> blocks(rowMajorBytes(format, 1, columns));
  unpackRow(format, columns, panels.data() + row / panelRows * onePanel, row % panelRows, blocks.data());
  return dequantizeRow(format, blocks, {out, static_cast<size_t>(columns)});
}

} // namespace longc
