// Pieces of a growing text as ids.
#include "runtime/text/GrowingText.h"

namespace longc {

std::vector<int32_t> GrowingText::takeStable(std::string_view text) {
  return take(text.substr(0, taken_.size() + tokenizer_->stablePrefix(text.substr(taken_.size()))));
}

std::vector<int32_t> GrowingText::takeAll(std::string_view text) { return take(text); }

std::vector<int32_t> GrowingText::take(std::string_view text) {
  std::vector<int32_t> ids = tokenizer_->encode(text.substr(taken_.size()), /*parseSpecial=*/true);
  taken_ = text;
  return ids;
}

} // namespace longc
