// How one block of a panel of quantised weights lies in memory (runtime/io/Panels.h): d of its 16 rows, m where the format
// has one, then 64-byte vectors of nibbles or bytes.
#pragma once

#include "dialects/tile/TileDialect.h"

namespace longc::cpu {

struct QuantizedBlock {
  bool bytes;         // integers are bytes, else nibbles
  bool minimum;       // values are d q + m, else d (q - shift)
  int64_t shift;      // 8 of q4_0; 0 of signed bytes
  int64_t scaleBytes; // of one d: f16 or f32
  bool halves;        // each half of the columns has a scale of 8 bits too, and q has 6

  // Where m is, or the pairs of scales of the halves.
  int64_t secondAt() const { return 16 * scaleBytes; }
  int64_t header() const { return (minimum || halves ? 2 : 1) * 16 * scaleBytes; }
  int64_t size() const { return header() + (bytes ? 512 : 256); }
};

inline QuantizedBlock quantizedBlock(tile::Format format) {
  switch (format) {
  case tile::Format::q8_0:
    return {true, false, 0, 2, false};
  case tile::Format::q4_0:
    return {false, false, 8, 2, false};
  case tile::Format::q4_1:
    return {false, true, 0, 2, false};
  case tile::Format::q4_1f:
    return {false, true, 0, 4, false};
  case tile::Format::q6_2:
    return {true, false, 0, 2, true};
  }
  llvm_unreachable("every format has a layout");
}

} // namespace longc::cpu
