// Where things lie that compiler and runtime both touch: weights in panels and blocks, state in pages and rings, rows of work.
// Includes standard headers only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace longc {

/// Rows of a panel of weights, which are columns of a product (runtime/io/Panels.h).
inline constexpr int64_t panelRows = 16;

/// Columns of a block of quantised weights.
inline constexpr int64_t blockColumns = 32;

/// Rows of one page of memory. Rings have a multiple of so many: a tile of keys, whose size divides a page and whose place is a
/// multiple of its size, never wraps around.
inline constexpr int64_t pageRows = 256, ringAlignment = pageRows;

/// Names of what attention keeps of a layer: rotated keys and values in rings, those of the memory (keys un-rotated) in pages.
struct StateName {
  static constexpr std::string_view cacheKeys = "cache_keys", cacheValues = "cache_values", memoryKeys = "memory_keys", memoryValues = "memory_values";
};

/// Tiles may be read past a buffer's last row: every buffer of the arena holds a multiple of this many rows.
inline constexpr int64_t arenaRowPadding = 128;

/// Columns of `segments`, which has a row a sequence of a call: its query rows, the keys of its window, its memory entries.
struct SegmentColumn {
  enum : int { queryBegin, queryEnd, keyBegin, keyEnd, memoryBegin, memoryEnd, slot, unused, count };
};

/// Columns of a work list, which has a row a block of queries. `diagonal`: the key that the block's first query stands at.
struct WorkColumn {
  enum : int { queryBegin, queryEnd, keyBegin, keyEnd, diagonal, memoryBegin, memoryEnd, slot, count };
};

/// A format of weights in blocks with scales of their own. In a checkpoint's row a block is d, what follows it, and the
/// integers q; in a panel the same of 16 rows: 16 d, 16 times what follows, then vectors of 64 bytes.
struct BlockFormat {
  std::string_view name; // as the dialects spell it
  bool bytes;            // q are signed bytes, else nibbles
  bool minimum;          // m follows d; values are d q + m, else d (q - shift)
  bool halves;           // a scale of 8 bits for each half of the columns follows d, and q has 6 bits
  int64_t shift;
  int64_t scaleBytes; // of d, and of what follows it

  constexpr int64_t scales() const { return minimum || halves ? 2 : 1; }
  constexpr int64_t vectors() const { return bytes ? 8 : 4; } // of a block of a panel
  constexpr int64_t rowBytes() const { return scales() * scaleBytes + blockColumns / (bytes ? 1 : 2); }

  // Of a block of a panel: where what follows d begins, where the vectors do, all of it.
  constexpr int64_t secondAt() const { return panelRows * scaleBytes; }
  constexpr int64_t header() const { return scales() * secondAt(); }
  constexpr int64_t size() const { return panelRows * rowBytes(); }
};

inline constexpr BlockFormat blockFormats[] = {
    {"q8_0", true, false, false, 0, 2}, {"q4_0", false, false, false, 8, 2}, {"q4_1", false, true, false, 0, 2},
    {"q4_1f", false, true, false, 0, 4}, {"q6_2", true, false, true, 0, 2},
};

/// The format of that name, in letters of either case; null of dense ones.
constexpr const BlockFormat *findBlockFormat(std::string_view name) {
  for (const BlockFormat &format : blockFormats) {
    bool same = format.name.size() == name.size();
    for (size_t i = 0; same && i < name.size(); ++i)
      same = format.name[i] == (name[i] >= 'A' && name[i] <= 'Z' ? static_cast<char>(name[i] - 'A' + 'a') : name[i]);
    if (same)
      return &format;
  }
  return nullptr;
}

} // namespace longc
