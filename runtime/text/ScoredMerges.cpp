// From scores to ranks.
#include "runtime/text/ScoredMerges.h"

#include "runtime/text/Utf8.h"

#include <algorithm>
#include <numeric>

namespace longc {

std::vector<MergeTree::Rule> mergesByScore(std::span<const std::string> tokens, const TokenIndex &index,
                                           std::span<const double> scores, std::span<const int32_t> types) {
  constexpr int32_t unknown = 2, control = 3, byte = 6;
  constexpr size_t longest = 256; // bytes: longer tokens are no words
  std::vector<int32_t> order;
  for (int32_t id = 0; id < static_cast<int32_t>(tokens.size()); ++id) {
    int32_t type = types.empty() ? 1 : types[id];
    if (type != unknown && type != control && type != byte && tokens[id].size() <= longest)
      order.push_back(id);
  }
  std::sort(order.begin(), order.end(),
            [&](int32_t a, int32_t b) { return scores[a] != scores[b] ? scores[a] > scores[b] : a < b; });
  std::vector<MergeTree::Rule> rules;
  uint32_t rank = 0;
  for (size_t i = 0; i < order.size(); ++i) {
    if (i > 0 && scores[order[i]] != scores[order[i - 1]])
      ++rank;
    std::string_view text = tokens[order[i]];
    for (size_t position = 0; position < text.size();) {
      position += decodeUtf8(text, position).length;
      if (position >= text.size())
        break;
      int32_t left = index.find(tokens, text.substr(0, position));
      int32_t right = left < 0 ? -1 : index.find(tokens, text.substr(position));
      if (right >= 0)
        rules.push_back({left, right, order[i], rank});
    }
  }
  return rules;
}

} // namespace longc
