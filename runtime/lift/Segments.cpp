// Places by arithmetic, the context's by draws.
#include "runtime/lift/Segments.h"

#include "runtime/text/Philox.h"

#include <algorithm>

namespace longc {
namespace {

// Uniform in [low, high].
int64_t drawBetween(uint64_t seed, uint64_t index, int64_t low, int64_t high) {
  if (high <= low)
    return low;
  return low + static_cast<int64_t>(philoxUniform(seed, index) * static_cast<double>(high - low + 1));
}

} // namespace

std::vector<TokenRange> segmentsOf(int64_t tokens, int64_t length, int64_t offset) {
  std::vector<TokenRange> segments;
  for (int64_t begin = 0; begin < tokens; begin += offset)
    segments.push_back({begin, std::min(begin + length, tokens)});
  return segments;
}

ContextPieces drawContext(int64_t tokens, int64_t length, uint64_t seed) {
  enum : uint64_t { headSize, headPlace, tailPlace };
  const int64_t head = drawBetween(seed, headSize, 1, length - 1), tail = length - head;
  const int64_t from = drawBetween(seed, headPlace, 0, length - head - 1), back = drawBetween(seed, tailPlace, 0, length - tail - 1);
  auto inside = [tokens](int64_t place) { return std::clamp<int64_t>(place, 0, tokens); };
  return {{inside(from), inside(from + head)}, {inside(tokens - back - tail), inside(tokens - back)}};
}

SegmentSizes SegmentSizes::forWindow(int64_t window) {
  constexpr int64_t block = 256, paperWindow = 7800, paperContext = 4096;
  const int64_t segment = window >= paperWindow ? 8 * block : std::max<int64_t>(8, window / 4 / 8 * 8);
  return {segment, segment * 3 / 8, std::max<int64_t>(2, std::min(paperContext, window * paperContext / paperWindow))};
}

} // namespace longc
