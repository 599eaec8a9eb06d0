// The search for the best way, from left to right, and the way back.
#include "runtime/text/UnigramModel.h"

#include "runtime/text/Utf8.h"

#include <algorithm>

namespace longc {

void UnigramModel::build(std::span<const std::string_view> tokens, std::span<const double> scores, int32_t unknown,
                         const std::array<int32_t, 256> &byteTokens) {
  constexpr double penalty = 10;
  std::vector<TokenTrie::Entry> entries;
  double least = 0;
  scores_.assign(scores.begin(), scores.end());
  for (size_t id = 0; id < tokens.size(); ++id) {
    if (tokens[id].empty())
      continue;
    least = entries.empty() ? scores_[id] : std::min(least, scores_[id]);
    entries.push_back({tokens[id], static_cast<int32_t>(id)});
  }
  tree_.build(entries);
  byteTokens_ = byteTokens;
  unknown_ = unknown;
  unknownScore_ = least - penalty;
}

void UnigramModel::findBest(std::string_view word, UnigramWork &work, uint64_t &lookups) const {
  std::vector<UnigramWork::Best> &best = work.best;
  best.assign(word.size() + 1, {});
  auto offer = [&](size_t begin, size_t end, double score, int32_t token) {
    if (best[end].token < 0 || score > best[end].score)
      best[end] = {score, static_cast<uint32_t>(begin), token};
  };
  for (size_t begin = 0; begin < word.size();) {
    const uint32_t length = decodeUtf8(word, begin).length;
    const double until = best[begin].score;
    bool isKnown = false;
    lookups += tree_.walk(word.substr(begin), [&](int32_t token, size_t size) {
      offer(begin, begin + size, scores_[token] + until, token);
      isKnown |= size == length;
    }).steps;
    if (!isKnown)
      offer(begin, begin + length, unknownScore_ + until, unknown_);
    begin += length;
  }
}

// Neighbours without tokens, together: a token if they are the text of one after all.
void UnigramModel::appendUnknown(std::string_view text, std::vector<int32_t> &ids) const {
  int32_t whole = -1;
  tree_.walk(text, [&](int32_t token, size_t size) { whole = size == text.size() ? token : -1; });
  auto tokenOfByte = [this](char byte) { return byteTokens_[static_cast<uint8_t>(byte)]; };
  if (whole >= 0)
    ids.push_back(whole);
  else if (std::all_of(text.begin(), text.end(), [&](char byte) { return tokenOfByte(byte) >= 0; }))
    std::transform(text.rbegin(), text.rend(), std::back_inserter(ids), tokenOfByte);
  else
    ids.push_back(unknown_);
}

void UnigramModel::encode(std::string_view word, UnigramWork &work, uint64_t &lookups, std::vector<int32_t> &ids) const {
  findBest(word, work, lookups);
  std::vector<int32_t> &backwards = work.ids;
  backwards.clear();
  for (size_t end = word.size(); end > 0;) {
    size_t begin = work.best[end].begin;
    if (work.best[end].token != unknown_) {
      backwards.push_back(work.best[end].token);
    } else {
      while (begin > 0 && work.best[begin].token == unknown_)
        begin = work.best[begin].begin;
      appendUnknown(word.substr(begin, end - begin), backwards);
    }
    end = begin;
  }
  ids.insert(ids.end(), backwards.rbegin(), backwards.rend());
}

} // namespace longc
