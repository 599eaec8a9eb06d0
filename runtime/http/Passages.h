// Which passages of a text the words of an answer speak of: found by words, rare ones counting most.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace longc {

/// Bytes [begin, end) of a text; whole words.
struct Passage {
  size_t begin, end;
  double score;
};

/// At most `most` passages that do not overlap, the best first; none that shares no word with `words`.
std::vector<Passage> findPassages(std::string_view text, std::string_view words, size_t most);

} // namespace longc
