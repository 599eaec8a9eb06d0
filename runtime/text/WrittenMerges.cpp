// From texts to ids.
#include "runtime/text/WrittenMerges.h"

#include "runtime/text/TokenIndex.h"
#include "runtime/text/Tokenizer.h"

namespace longc {

Result<std::vector<TokenMerge>> readMerges(std::span<const std::string> tokens, std::span<const std::string> written) {
  TokenIndex index;
  if (index.build(tokens) >= 0)
    return std::vector<TokenMerge>();
  std::vector<TokenMerge> merges;
  merges.reserve(written.size());
  std::string joined;
  for (std::string_view merge : written) {
    auto error = [&](const std::string &what) {
      return Status::error(Tokenizer::badMerge,
                           "tokenizer: merge " + std::to_string(merges.size()) + " (" + quoteForMessage(merge) + ") " + what,
                           "the tokenizer of the model file is damaged or of another kind");
    };
    size_t space = merge.find(' ');
    if (space == std::string_view::npos || merge.find(' ', space + 1) != std::string_view::npos)
      return error("is not two tokens with one space between them");
    std::string_view leftText = merge.substr(0, space), rightText = merge.substr(space + 1);
    int32_t left = index.find(tokens, leftText), right = index.find(tokens, rightText);
    if (left < 0 || right < 0)
      return error("names " + quoteForMessage(left < 0 ? leftText : rightText) + ", which is not in the vocabulary");
    joined.assign(leftText).append(rightText);
    int32_t merged = index.find(tokens, joined);
    if (merged < 0)
      return error("gives " + quoteForMessage(joined) + ", which is not in the vocabulary");
    merges.push_back({left, right, merged});
  }
  return merges;
}

} // namespace longc
