// Follows the tokens' bytes through the text.
#include "runtime/text/TokenOffsets.h"

namespace longc {
namespace {

// How far a token may stand behind the end of the last one that was found, beside twice what lies between: bytes that have
// no token.
constexpr size_t farthest = 8;

} // namespace

std::vector<uint64_t> tokenOffsets(const Tokenizer &tokenizer, std::string_view text, std::span<const int32_t> ids) {
  std::vector<uint64_t> offsets;
  offsets.reserve(ids.size() + 1);
  size_t place = 0, between = 0;
  for (int32_t id : ids) {
    std::string_view piece = tokenizer.bytes(id);
    if (!text.substr(place).starts_with(piece)) {
      if (piece.starts_with(' ') && text.substr(place).starts_with(piece.substr(1)))
        piece.remove_prefix(1);
      const size_t reach = farthest + 2 * between + piece.size();
      const size_t found = piece.empty() ? std::string_view::npos : text.substr(place, reach).find(piece);
      if (found == std::string_view::npos) {
        offsets.push_back(place);
        between += piece.size();
        continue;
      }
      place += found;
    }
    between = 0;
    offsets.push_back(place);
    place += piece.size();
  }
  offsets.push_back(text.size());
  return offsets;
}

} // namespace longc
