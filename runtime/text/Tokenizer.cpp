// Building a tokenizer from a model, encoding and decoding.
#include "runtime/text/Tokenizer.h"

#include "runtime/text/ByteAlphabet.h"
#include "runtime/text/WordCache.h"

#include <algorithm>
#include <utility>

namespace longc {

namespace {

constexpr int32_t unknownToken = 2, controlToken = 3, userToken = 4; // types of model files
constexpr size_t maxTokens = 16'000'000, maxTokenBytes = 1u << 31;
constexpr size_t longestCachedWord = 128;

Status modelError(std::string message, int code = Tokenizer::badModel) {
  return Status::error(code, "tokenizer: " + std::move(message),
                       "the tokenizer of the model file is damaged or of another kind");
}

Status mergeError(std::string message) { return modelError(std::move(message), Tokenizer::badMerge); }

} // namespace

Result<Tokenizer> Tokenizer::create(TokenizerModel model) {
  Tokenizer tokenizer;
  auto kind = preTokenizerByName(model.preTokenizer);
  if (!kind)
    return Status::error(unknownPreTokenizer,
                         "tokenizer: unknown pre-tokenizer " + quoteForMessage(model.preTokenizer) +
                             ", expected one of: " + preTokenizerNames(),
                         "the text would be cut into words in a way the model was not trained on");
  tokenizer.preTokenizer_ = *kind;
  LONGC_TRY(tokenizer.indexTokens(model));
  LONGC_TRY(tokenizer.checkIds(model));
  tokenizer.fillBytes();
  LONGC_TRY(tokenizer.buildModel(model.merges));
  tokenizer.fillAddedTokens(model.tokenTypes);
  return tokenizer;
}

Status Tokenizer::indexTokens(TokenizerModel &model) {
  if (model.tokens.empty() || model.tokens.size() > maxTokens)
    return modelError(std::to_string(model.tokens.size()) + " tokens, expected 1 to " + std::to_string(maxTokens));
  if (!model.tokenTypes.empty() && model.tokenTypes.size() != model.tokens.size())
    return modelError(std::to_string(model.tokenTypes.size()) + " token types for " +
                      std::to_string(model.tokens.size()) + " tokens, expected one each or none");
  size_t bytes = 0;
  for (const std::string &token : model.tokens)
    bytes += token.size();
  if (bytes >= maxTokenBytes)
    return modelError("token texts of " + std::to_string(bytes) + " bytes, expected less than 2 GiB");
  tokens_ = std::move(model.tokens);
  if (int32_t repeated = index_.build(tokens_); repeated >= 0)
    return modelError("token " + std::to_string(repeated) + " repeats " + quoteForMessage(tokens_[repeated]) +
                      ", expected every token once");
  return {};
}

Status Tokenizer::checkIds(const TokenizerModel &model) {
  struct NamedId {
    const char *name;
    int32_t id;
  };
  std::vector<NamedId> ids = {
      {"bos", model.bosId}, {"eos", model.eosId}, {"unknown", model.unknownId}, {"padding", model.padId}};
  for (int32_t id : model.stopIds)
    ids.push_back({"stop", id});
  for (NamedId named : ids)
    if (named.id < -1 || named.id >= size())
      return modelError(std::string(named.name) + " token id " + std::to_string(named.id) + " is outside 0.." +
                        std::to_string(size() - 1));
  bosId_ = model.bosId, eosId_ = model.eosId, unknownId_ = model.unknownId, padId_ = model.padId;
  addBos_ = model.addBos && bosId_ >= 0;
  addEos_ = model.addEos && eosId_ >= 0;
  stopIds_ = model.stopIds;
  stopIds_.push_back(eosId_);
  std::sort(stopIds_.begin(), stopIds_.end());
  stopIds_.erase(std::unique(stopIds_.begin(), stopIds_.end()), stopIds_.end());
  std::erase(stopIds_, -1);
  return {};
}

void Tokenizer::fillBytes() {
  byteStarts_.reserve(tokens_.size() + 1);
  byteStarts_.push_back(0);
  for (const std::string &token : tokens_) {
    appendBytesOfToken(token, bytes_);
    byteStarts_.push_back(static_cast<uint32_t>(bytes_.size()));
  }
}

Status Tokenizer::buildModel(const std::vector<std::string> &merges) {
  if (merges.size() > maxTokens)
    return mergeError(std::to_string(merges.size()) + " merges, expected at most " + std::to_string(maxTokens));
  std::vector<MergeTree::Rule> rules;
  rules.reserve(merges.size());
  std::string joined;
  for (std::string_view merge : merges) {
    auto name = [&] { return "merge " + std::to_string(rules.size()) + " (" + quoteForMessage(merge) + ")"; };
    size_t space = merge.find(' ');
    if (space == std::string_view::npos || merge.find(' ', space + 1) != std::string_view::npos)
      return mergeError(name() + " is not two tokens with one space between them");
    std::string_view leftText = merge.substr(0, space), rightText = merge.substr(space + 1);
    int32_t left = find(leftText), right = find(rightText);
    if (left < 0 || right < 0)
      return mergeError(name() + " names " + quoteForMessage(left < 0 ? leftText : rightText) +
                        ", which is not in the vocabulary");
    joined.assign(leftText).append(rightText);
    int32_t merged = find(joined);
    if (merged < 0)
      return mergeError(name() + " gives " + quoteForMessage(joined) + ", which is not in the vocabulary");
    rules.push_back({left, right, merged});
  }
  std::array<int32_t, 256> byteTokens;
  for (int byte = 0; byte < 256; ++byte) {
    std::string text;
    appendUtf8(text, byteAlphabet()[byte]);
    byteTokens[byte] = find(text);
  }
  bpe_.build([this](int32_t id) { return bytes(id); }, tokens_.size(), byteTokens, rules);
  return {};
}

void Tokenizer::fillAddedTokens(const std::vector<int32_t> &types) {
  special_.assign(tokens_.size(), 0);
  std::vector<AddedToken> added;
  for (size_t id = 0; id < types.size(); ++id) {
    bool control = types[id] == controlToken || types[id] == unknownToken;
    if ((!control && types[id] != userToken) || tokens_[id].empty())
      continue;
    special_[id] = control;
    added.push_back({.text = tokens_[id], .id = static_cast<int32_t>(id), .control = control});
  }
  added_ = AddedTokens(std::move(added));
}

void Tokenizer::encodePlain(std::string_view text, WordCache &cache, BpeWork &work, std::vector<int32_t> &ids) const {
  for (WordSplitter words(text, preTokenizer_); !words.done();) {
    std::string_view word = words.next();
    ++work.lookups;
    WordCache::Entry *entry = word.size() <= longestCachedWord ? &cache.slot(word) : nullptr;
    if (entry && WordCache::holds(*entry, word)) {
      for (uint32_t i = 0; i < entry->idCount; ++i)
        ids.push_back(ids[entry->firstId + i]);
      continue;
    }
    size_t first = ids.size();
    bpe_.encode(word, work, ids);
    if (entry)
      *entry = {word.data(), static_cast<uint32_t>(word.size()), static_cast<uint32_t>(ids.size() - first), first};
  }
}

std::vector<int32_t> Tokenizer::encode(std::string_view text, bool parseSpecial, uint64_t *lookups) const {
  std::vector<int32_t> ids;
  ids.reserve(text.size() / 3 + 16);
  WordCache cache(text.size());
  BpeWork work(text.size());
  size_t begin = 0;
  AddedTokenFinder added(added_, text, parseSpecial);
  while (auto found = added.next()) {
    if (begin < found->begin)
      encodePlain(text.substr(begin, found->begin - begin), cache, work, ids);
    ids.push_back(found->id);
    begin = found->end;
  }
  encodePlain(text.substr(begin), cache, work, ids);
  if (lookups)
    *lookups = work.lookups + added.lookups();
  return ids;
}

void Tokenizer::beginText(std::vector<int32_t> &ids) const {
  if (addBos_ && (ids.empty() || ids.front() != bosId_))
    ids.insert(ids.begin(), bosId_);
}

void Tokenizer::endText(std::vector<int32_t> &ids) const {
  if (addEos_ && (ids.empty() || ids.back() != eosId_))
    ids.push_back(eosId_);
}

Result<std::string> Tokenizer::decode(std::span<const int32_t> ids, bool skipSpecial) const {
  std::string text;
  for (size_t i = 0; i < ids.size(); ++i) {
    if (!contains(ids[i]))
      return Status::error(badId, "token id " + std::to_string(ids[i]) + " at position " + std::to_string(i) +
                                      " is outside the vocabulary, expected 0.." + std::to_string(size() - 1));
    if (!skipSpecial || !isSpecial(ids[i]))
      text += bytes(ids[i]);
  }
  return text;
}

size_t Tokenizer::unencodableBytes(std::string_view text) const {
  size_t count = 0;
  for (char byte : text)
    count += bpe_.lacks(static_cast<uint8_t>(byte));
  return count;
}

std::string StreamDecoder::push(int32_t id) {
  if (!tokenizer_->contains(id) || (skipSpecial_ && tokenizer_->isSpecial(id)))
    return {};
  pending_ += tokenizer_->bytes(id);
  size_t waiting = incompleteUtf8Tail(pending_);
  std::string ready = pending_.substr(0, pending_.size() - waiting);
  pending_.erase(0, ready.size());
  return ready;
}

std::string StreamDecoder::flush() { return std::exchange(pending_, {}); }

} // namespace longc
