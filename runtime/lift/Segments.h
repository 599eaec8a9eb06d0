// A text cut into segments that overlap, and the context in which segments are learnt (LIFT, arXiv 2502.14644, as its code has
// it): a piece of the text's beginning and a piece of its end, drawn once for a text.
#pragma once

#include <cstdint>
#include <vector>

namespace longc {

/// Tokens [begin, end) of a text.
struct TokenRange {
  int64_t begin = 0, end = 0;

  int64_t size() const { return end - begin; }
  bool operator==(const TokenRange &) const = default;
};

/// Segments of `length` tokens, one every `offset`: ceil(tokens / offset) of them. Those at the end are as short as the text
/// leaves them. No offset is larger than the length, so every token lies in one.
std::vector<TokenRange> segmentsOf(int64_t tokens, int64_t length, int64_t offset);

/// What a contextualised row begins with: x[head], "...", x[tail].
struct ContextPieces {
  TokenRange head, tail;
};

/// The head lies in the first `length` tokens, the tail in the last `length`, together they have `length` of them (a text that
/// is shorter leaves less). A function of the seed.
ContextPieces drawContext(int64_t tokens, int64_t length, uint64_t seed);

/// Lengths for a model's window W. Where it is 7,800 tokens or more, those of the paper: segments of 2,048 tokens, one every
/// 768, in a context of 4,096. OUR CHOICE where it is less: segments of W / 4, one every 3/8 of that, the context in proportion.
struct SegmentSizes {
  int64_t segment, offset, context;

  static SegmentSizes forWindow(int64_t window);
};

} // namespace longc
