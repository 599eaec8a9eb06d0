// Encoding a word from left to right.
#include "runtime/text/BpeModel.h"

#include <algorithm>
#include <cassert>

namespace longc {

void BpeModel::build(const std::function<std::string_view(int32_t)> &text, size_t tokens,
                     const std::array<int32_t, 256> &byteTokens, const std::vector<MergeTree::Rule> &rules) {
  byteTokens_ = byteTokens;
  std::vector<int32_t> symbols;
  std::copy_if(byteTokens.begin(), byteTokens.end(), std::back_inserter(symbols), [](int32_t id) { return id >= 0; });
  lacksBytes_ = symbols.size() < byteTokens.size();
  tree_.build(tokens, symbols, rules, [&](int32_t token, std::vector<int32_t> &spelled) {
    for (char byte : text(token))
      spelled.push_back(byteTokens[static_cast<uint8_t>(byte)]);
    return std::find(spelled.begin(), spelled.end(), -1) == spelled.end();
  });
  pieces_.resize(tokens);
  std::vector<TokenTrie::Entry> entries;
  entries.reserve(tokens);
  for (int32_t token = 0; token < static_cast<int32_t>(tokens); ++token)
    if (tree_.exists(token))
      entries.push_back({text(token), token});
  trie_.build(entries);
  for (const TokenTrie::Entry &entry : entries)
    pieces_[entry.token] = {static_cast<uint32_t>(entry.text.size()), entry.shorter};
}

int32_t BpeModel::longestAt(std::string_view word, size_t position, BpeWork &work) const {
  int32_t longest = -1;
  work.lookups += trie_.walk(word.substr(position), [&](int32_t token, size_t) { longest = token; }).steps;
  return longest;
}

void BpeModel::encodeKnown(std::string_view word, BpeWork &work, std::vector<int32_t> &ids) const {
  std::vector<uint64_t> &deadEnds = work.deadEnds;
  bool turnedBack = false;
  size_t first = ids.size(), position = 0;
  int32_t candidate = longestAt(word, 0, work);
  while (position < word.size()) {
    if (candidate < 0) {
      assert(ids.size() > first && "every word of known bytes has a BPE");
      if (!turnedBack)
        deadEnds.assign(word.size() / 64 + 1, 0);
      turnedBack = true;
      deadEnds[position / 64] |= uint64_t(1) << position % 64;
      candidate = ids.back();
      ids.pop_back();
      position -= pieces_[candidate].length;
      candidate = pieces_[candidate].shorter;
      continue;
    }
    size_t end = position + pieces_[candidate].length;
    bool leadsNowhere = turnedBack && (deadEnds[end / 64] >> end % 64 & 1) != 0;
    if (leadsNowhere || (ids.size() > first && !tree_.standApart(ids.back(), candidate, work))) {
      candidate = pieces_[candidate].shorter;
      continue;
    }
    ids.push_back(candidate);
    position = end;
    candidate = position < word.size() ? longestAt(word, position, work) : -1;
  }
}

void BpeModel::encode(std::string_view word, BpeWork &work, std::vector<int32_t> &ids) const {
  auto isLacking = [this](char byte) { return lacks(static_cast<uint8_t>(byte)); };
  if (!lacksBytes_ || std::none_of(word.begin(), word.end(), isLacking))
    return encodeKnown(word, work, ids);
  std::string known;
  std::remove_copy_if(word.begin(), word.end(), std::back_inserter(known), isLacking);
  encodeKnown(known, work, ids);
}

void BpeModel::encodeByMerging(std::string_view word, BpeWork &work, std::vector<int32_t> &ids) const {
  size_t first = ids.size();
  for (char byte : word)
    if (int32_t id = byteTokens_[static_cast<uint8_t>(byte)]; id >= 0)
      ids.push_back(id);
  ids.resize(first + work.queue.merge(tree_.merges(), std::span(ids).subspan(first)));
}

} // namespace longc
