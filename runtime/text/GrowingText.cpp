// Pieces of a growing text as ids.
#include "runtime/text/GrowingText.h"

namespace longc {

std::vector<int32_t> GrowingText::takeStable(std::string_view text) {
  return take(text, taken_ + tokenizer_->stablePrefix(text.substr(taken_)));
}

std::vector<int32_t> GrowingText::takeAll(std::string_view text) {
  std::vector<int32_t> ids = take(text, text.size());
  if (taken_ == 0) // a text without tokens has a beginning, too
    tokenizer_->beginText(ids);
  return ids;
}

std::vector<int32_t> GrowingText::take(std::string_view text, size_t end) {
  std::string_view part = text.substr(taken_, end - taken_);
  std::vector<int32_t> ids = taken_ == 0 ? tokenizer_->encode(part, /*parseSpecial=*/true) : tokenizer_->encodeRest(part);
  known_ = text;
  if (ids.empty())
    return ids; // the token that texts begin with may yet follow
  if (taken_ == 0)
    tokenizer_->beginText(ids);
  taken_ = end;
  return ids;
}

} // namespace longc
