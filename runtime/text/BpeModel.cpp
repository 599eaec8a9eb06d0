// Encoding a word from left to right.
#include "runtime/text/BpeModel.h"

#include "runtime/text/Utf8.h"

#include <algorithm>
#include <cassert>

namespace longc {

namespace {

constexpr size_t codePoints = 0x110000;

} // namespace

void BpeModel::indexCharacters(const std::function<std::string_view(int32_t)> &text, size_t tokens) {
  isKnown_.assign(codePoints, false);
  for (int32_t token = 0; token < static_cast<int32_t>(tokens); ++token) {
    std::string_view symbol = text(token);
    if (symbol.empty() || symbol.size() > 4)
      continue;
    Utf8Char character = decodeUtf8(symbol, 0);
    if (!character.valid || character.length != symbol.size())
      continue;
    characters_[character.codePoint] = token;
    isKnown_[character.codePoint] = true;
  }
}

void BpeModel::build(const std::function<std::string_view(int32_t)> &text, size_t tokens, const BpeAlphabet &alphabet,
                     const std::vector<MergeTree::Rule> &rules, bool wholeWords) {
  alphabet_ = alphabet;
  std::vector<int32_t> symbols;
  if (alphabet.characters) {
    indexCharacters(text, tokens);
    for (const auto &[character, token] : characters_)
      symbols.push_back(token);
  } else {
    std::copy_if(alphabet.byteTokens.begin(), alphabet.byteTokens.end(), std::back_inserter(symbols),
                 [](int32_t id) { return id >= 0; });
    knowsAll_ = symbols.size() == alphabet.byteTokens.size();
  }
  tree_.build(tokens, symbols, rules,
              [&](int32_t token, std::vector<int32_t> &spelled) { return spell(text(token), spelled); });
  pieces_.resize(tokens);
  std::vector<TokenTrie::Entry> entries;
  entries.reserve(tokens);
  for (int32_t token = 0; token < static_cast<int32_t>(tokens); ++token)
    if (tree_.exists(token))
      entries.push_back({text(token), token});
    else if (wholeWords && !text(token).empty())
      unmerged_.try_emplace(text(token), token);
  trie_.build(entries);
  for (const TokenTrie::Entry &entry : entries)
    pieces_[entry.token] = {static_cast<uint32_t>(entry.text.size()), entry.shorter};
}

BpeModel::Symbol BpeModel::symbolAt(std::string_view word, size_t position) const {
  if (!alphabet_.characters)
    return {1, alphabet_.byteTokens[static_cast<uint8_t>(word[position])] >= 0};
  Utf8Char character = decodeUtf8(word, position);
  return {character.length, character.valid && isKnown_[character.codePoint]};
}

// Of a symbol that is known.
int32_t BpeModel::tokenOf(std::string_view symbol) const {
  return alphabet_.characters ? characters_.at(decodeUtf8(symbol, 0).codePoint)
                              : alphabet_.byteTokens[static_cast<uint8_t>(symbol[0])];
}

bool BpeModel::spell(std::string_view text, std::vector<int32_t> &symbols) const {
  for (size_t position = 0; position < text.size();) {
    auto [length, isKnown] = symbolAt(text, position);
    if (!isKnown)
      return false;
    symbols.push_back(tokenOf(text.substr(position, length)));
    position += length;
  }
  return true;
}

int32_t BpeModel::longestAt(std::string_view word, size_t position, BpeWork &work) const {
  int32_t longest = -1;
  work.lookups += trie_.walk(word.substr(position), [&](int32_t token, size_t) { longest = token; }).steps;
  return longest;
}

void BpeModel::encodeKnown(std::string_view word, BpeWork &work, std::vector<int32_t> &ids) const {
  encodeFrom(longestAt(word, 0, work), word, work, ids);
}

// `longest`: the longest token that the word begins with.
void BpeModel::encodeFrom(int32_t longest, std::string_view word, BpeWork &work, std::vector<int32_t> &ids) const {
  std::vector<uint64_t> &deadEnds = work.deadEnds;
  bool turnedBack = false;
  size_t first = ids.size(), position = 0;
  int32_t candidate = longest;
  while (position < word.size()) {
    if (candidate < 0) {
      assert(ids.size() > first && "every word of known symbols has a BPE");
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

// The tokens of the symbol's bytes, if all of them have one.
bool BpeModel::appendBytes(std::string_view symbol, std::vector<int32_t> &ids) const {
  auto tokenOfByte = [this](char byte) { return alphabet_.byteTokens[static_cast<uint8_t>(byte)]; };
  if (!alphabet_.characters || std::any_of(symbol.begin(), symbol.end(), [&](char byte) { return tokenOfByte(byte) < 0; }))
    return false;
  std::transform(symbol.begin(), symbol.end(), std::back_inserter(ids), tokenOfByte);
  return true;
}

// An unknown token waits for the next symbol that is known or has none: bytes go before it, as the library has them.
void BpeModel::encodeMixed(std::string_view word, BpeWork &work, std::vector<int32_t> &ids) const {
  std::string &known = work.known;
  std::vector<int32_t> &bytes = work.symbolBytes;
  known.clear();
  bool unknownWaits = false;
  auto endUnknown = [&] {
    if (unknownWaits)
      ids.push_back(alphabet_.unknown);
    unknownWaits = false;
  };
  auto endKnown = [&] {
    encodeKnown(known, work, ids);
    known.clear();
  };
  for (size_t position = 0; position < word.size();) {
    auto [length, isKnown] = symbolAt(word, position);
    std::string_view symbol = word.substr(position, length);
    position += length;
    bytes.clear();
    if (isKnown) {
      endUnknown();
      known += symbol;
    } else if (appendBytes(symbol, bytes)) {
      endKnown();
      ids.insert(ids.end(), bytes.begin(), bytes.end());
    } else if (alphabet_.unknown >= 0) {
      endKnown();
      if (!alphabet_.fuseUnknown)
        endUnknown();
      unknownWaits = true;
    }
  }
  endKnown();
  endUnknown();
}

void BpeModel::encode(std::string_view word, BpeWork &work, std::vector<int32_t> &ids) const {
  if (!unmerged_.empty())
    if (auto whole = unmerged_.find(word); whole != unmerged_.end()) {
      ids.push_back(whole->second);
      return;
    }
  int32_t longest = longestAt(word, 0, work);
  if (longest >= 0 && pieces_[longest].length == word.size())
    ids.push_back(longest);
  else if (isKnown(word))
    encodeFrom(longest, word, work, ids);
  else
    encodeMixed(word, work, ids);
}

bool BpeModel::isKnown(std::string_view word) const {
  if (!alphabet_.characters)
    return knowsAll_ || std::all_of(word.begin(), word.end(),
                                    [this](char byte) { return alphabet_.byteTokens[static_cast<uint8_t>(byte)] >= 0; });
  for (size_t position = 0; position < word.size();) {
    Symbol symbol = symbolAt(word, position);
    if (!symbol.isKnown)
      return false;
    position += symbol.length;
  }
  return true;
}

bool BpeModel::leavesOut() const {
  const auto &tokens = alphabet_.byteTokens;
  return alphabet_.unknown < 0 && std::find(tokens.begin(), tokens.end(), -1) != tokens.end();
}

size_t BpeModel::lostBytes(std::string_view word) const {
  size_t lost = 0;
  std::vector<int32_t> ids;
  if (knowsAll_ || alphabet_.unknown >= 0)
    return 0;
  for (size_t position = 0; position < word.size();) {
    auto [length, isKnown] = symbolAt(word, position);
    if (!isKnown && !appendBytes(word.substr(position, length), ids))
      lost += length;
    position += length;
    ids.clear();
  }
  return lost;
}

void BpeModel::encodeByMerging(std::string_view word, BpeWork &work, std::vector<int32_t> &ids) const {
  size_t first = ids.size();
  [[maybe_unused]] bool known = spell(word, ids);
  assert(known);
  ids.resize(first + work.queue.merge(tree_.merges(), std::span(ids).subspan(first)));
}

} // namespace longc
