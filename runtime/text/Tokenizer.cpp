// Building a tokenizer from a model, encoding and decoding.
#include "runtime/text/Tokenizer.h"

#include "runtime/text/ByteAlphabet.h"
#include "runtime/text/ScoredMerges.h"
#include "runtime/text/WordCache.h"
#include "runtime/text/WrittenTokens.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <optional>
#include <utility>

namespace longc {

namespace {

constexpr int32_t unknownToken = 2, controlToken = 3, userToken = 4, unusedToken = 5; // types of model files
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
  if (!kind || !isOfKind(*kind, model.kind))
    return Status::error(unknownPreTokenizer,
                         "tokenizer: unknown pre-tokenizer " + quoteForMessage(model.preTokenizer) +
                             ", expected one of: " + preTokenizerNames(),
                         "the text would be cut into words in a way the model was not trained on");
  tokenizer.preTokenizer_ = *kind;
  LONGC_TRY(tokenizer.createSteps(model));
  LONGC_TRY(tokenizer.indexTokens(model));
  LONGC_TRY(tokenizer.checkIds(model));
  tokenizer.fillBytes(model);
  LONGC_TRY(tokenizer.buildModel(model));
  LONGC_TRY(tokenizer.fillAddedTokens(model));
  tokenizer.chooseWords();
  return tokenizer;
}

Status Tokenizer::createSteps(TokenizerModel &model) {
  Result<Normalizer> normalizer = Normalizer::create(std::move(model.normalizer));
  if (!normalizer.ok())
    return normalizer.status();
  Result<Normalizer> wordSteps = Normalizer::create(std::move(model.wordSteps));
  if (!wordSteps.ok())
    return wordSteps.status();
  normalizer_ = std::move(*normalizer);
  wordSteps_ = std::move(*wordSteps);
  isNormalized_ = !normalizer_.isIdentity() || !wordSteps_.isIdentity();
  kind_ = model.kind;
  stripFirstSpace_ = model.stripFirstSpace;
  for (const SplitRule &rule : model.splits) {
    Result<SplitPattern> pattern = SplitPattern::create(rule);
    if (!pattern.ok())
      return pattern.status();
    splits_.push_back(std::move(*pattern));
  }
  return {};
}

Status Tokenizer::indexTokens(TokenizerModel &model) {
  if (model.tokens.empty() || model.tokens.size() > maxTokens)
    return modelError(std::to_string(model.tokens.size()) + " tokens, expected 1 to " + std::to_string(maxTokens));
  if (!model.tokenTypes.empty() && model.tokenTypes.size() != model.tokens.size())
    return modelError(std::to_string(model.tokenTypes.size()) + " token types for " +
                      std::to_string(model.tokens.size()) + " tokens, expected one each or none");
  if (!model.scores.empty() && model.scores.size() != model.tokens.size())
    return modelError(std::to_string(model.scores.size()) + " scores for " + std::to_string(model.tokens.size()) +
                      " tokens, expected one each or none");
  if (!std::all_of(model.scores.begin(), model.scores.end(), [](double score) { return std::isfinite(score); }))
    return modelError("a token has a score that is no number");
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
  ids.push_back({"piece", model.unknownPiece});
  for (int32_t id : model.stopIds)
    ids.push_back({"stop", id});
  for (const AddedTokenFlags &added : model.added)
    ids.push_back({"added", added.id});
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

// An added token that is found in normalized text stands for that text.
void Tokenizer::fillBytes(const TokenizerModel &model) {
  std::vector<bool> isNormalized(tokens_.size()), isPiece = pieces(model);
  for (const AddedTokenFlags &added : model.added)
    if (added.id >= 0)
      isNormalized[added.id] = added.normalized;
  byteStarts_.reserve(tokens_.size() + 1);
  byteStarts_.push_back(0);
  for (size_t id = 0; id < tokens_.size(); ++id) {
    std::string_view written = tokens_[id];
    std::string normalized;
    if (isNormalized[id] && (kind_ != TokenizerKind::BytePairs || !isPiece[id])) // merges are of texts as they stand
      written = normalized = normalizer_.apply(written, PartPlace::PartBegin);
    if (kind_ == TokenizerKind::BytePairs)
      appendBytesOfToken(written, bytes_);
    else if (kind_ == TokenizerKind::WordPieces)
      appendPieceText(written, model.continuing, model.cleansUp, bytes_);
    else
      appendWrittenText(written, bytes_);
    byteStarts_.push_back(static_cast<uint32_t>(bytes_.size()));
  }
}

// The rules of merges by their order.
Status Tokenizer::rankMerges(const std::vector<TokenMerge> &merges, const std::vector<bool> &isPiece,
                             std::vector<MergeTree::Rule> &rules) const {
  if (merges.size() > maxTokens)
    return mergeError(std::to_string(merges.size()) + " merges, expected at most " + std::to_string(maxTokens));
  auto joins = [&](const TokenMerge &merge) {
    for (int32_t id : {merge.left, merge.right, merge.merged})
      if (!contains(id) || !isPiece[id])
        return false;
    const std::string &left = tokens_[merge.left], &right = tokens_[merge.right], &merged = tokens_[merge.merged];
    return merged.size() == left.size() + right.size() && merged.starts_with(left) && merged.ends_with(right);
  };
  rules.reserve(merges.size());
  for (const TokenMerge &merge : merges) {
    if (!joins(merge))
      return mergeError("merge " + std::to_string(rules.size()) + " of tokens " + std::to_string(merge.left) + " and " +
                        std::to_string(merge.right) + " gives token " + std::to_string(merge.merged) +
                        ", whose text is not theirs, or one of them is no text's piece");
    rules.push_back({merge.left, merge.right, merge.merged, static_cast<uint32_t>(rules.size())});
  }
  return {};
}

Status Tokenizer::buildModel(const TokenizerModel &model) {
  switch (kind_) {
  case TokenizerKind::WordPieces:
    return buildPieces(model);
  case TokenizerKind::Unigram:
    return buildUnigram(model);
  default:
    return buildPairs(model);
  }
}

// By id: whether text may be made of it, besides where an added token is found.
std::vector<bool> Tokenizer::pieces(const TokenizerModel &model) const {
  std::vector<bool> isPiece(tokens_.size(), true);
  for (const AddedTokenFlags &added : model.added)
    if (added.id >= 0 && !added.isPiece)
      isPiece[added.id] = false;
  return isPiece;
}

// By id; empty where a row of the vocabulary is nothing that text is made of.
std::vector<std::string_view> Tokenizer::usedTexts(const TokenizerModel &model) const {
  std::vector<std::string_view> texts(tokens_.begin(), tokens_.end());
  std::vector<bool> isPiece = pieces(model);
  for (size_t id = 0; id < texts.size(); ++id)
    if (!isPiece[id] || (id < model.tokenTypes.size() && model.tokenTypes[id] == unusedToken))
      texts[id] = {};
  return texts;
}

Status Tokenizer::buildUnigram(const TokenizerModel &model) {
  if (model.unknownPiece < 0 || model.scores.size() != tokens_.size())
    return modelError("Unigram needs an unknown token and a score for each token");
  unigram_.build(usedTexts(model), model.scores, model.unknownPiece, byteTokens(model, pieces(model)));
  return {};
}

// The tokens that stand for bytes, or -1 each.
std::array<int32_t, 256> Tokenizer::byteTokens(const TokenizerModel &model, const std::vector<bool> &isPiece) const {
  std::array<int32_t, 256> ids;
  for (int byte = 0; byte < 256; ++byte) {
    std::string text;
    if (kind_ == TokenizerKind::BytePairs)
      appendUtf8(text, byteAlphabet()[byte]);
    else if (model.byteFallback)
      text = writtenByte(static_cast<uint8_t>(byte));
    const int32_t id = text.empty() ? -1 : find(text);
    ids[byte] = id >= 0 && isPiece[id] ? id : -1;
  }
  return ids;
}

Status Tokenizer::buildPieces(const TokenizerModel &model) {
  if (model.unknownPiece < 0 || model.longestWord < 1)
    return modelError("its words have no unknown token, or no longest length");
  pieces_.build(usedTexts(model), model.continuing, static_cast<size_t>(model.longestWord), model.unknownPiece);
  return {};
}

Status Tokenizer::buildPairs(const TokenizerModel &model) {
  const bool ofBytes = kind_ == TokenizerKind::BytePairs;
  const std::vector<bool> isPiece = pieces(model);
  std::vector<MergeTree::Rule> rules;
  LONGC_TRY(rankMerges(model.merges, isPiece, rules));
  if (model.merges.empty() && !model.scores.empty())
    rules = mergesByScore(tokens_, index_, model.scores, model.tokenTypes);
  BpeAlphabet alphabet;
  alphabet.characters = !ofBytes;
  alphabet.unknown = model.unknownPiece;
  alphabet.fuseUnknown = model.fuseUnknown;
  alphabet.byteTokens = byteTokens(model, isPiece);
  auto text = [&](int32_t id) { return !isPiece[id] ? std::string_view() : ofBytes ? bytes(id) : std::string_view(tokens_[id]); };
  bpe_.build(text, tokens_.size(), alphabet, rules, model.ignoreMerges);
  return {};
}

Status Tokenizer::fillAddedTokens(const TokenizerModel &model) {
  const std::vector<int32_t> &types = model.tokenTypes;
  special_.assign(tokens_.size(), 0);
  std::vector<AddedToken> all(types.size());
  for (size_t id = 0; id < types.size(); ++id) {
    bool control = types[id] == controlToken || types[id] == unknownToken;
    if ((!control && types[id] != userToken) || tokens_[id].empty())
      continue;
    special_[id] = control;
    all[id] = {.text = tokens_[id], .id = static_cast<int32_t>(id), .control = control};
  }
  std::vector<AddedToken> written, normalized;
  for (const AddedTokenFlags &flags : model.added) {
    if (static_cast<size_t>(flags.id) >= all.size() || all[flags.id].id < 0)
      return modelError("token " + std::to_string(flags.id) + " has flags of an added token and is none");
    AddedToken &token = all[flags.id];
    token.singleWord = flags.singleWord, token.stripLeft = flags.stripLeft, token.stripRight = flags.stripRight;
    if (!flags.normalized)
      continue;
    normalized.push_back(token);
    normalized.back().text = normalizer_.apply(token.text, PartPlace::PartBegin);
    token.id = -1;
    if (normalized.back().text.empty())
      normalized.pop_back();
  }
  std::copy_if(all.begin(), all.end(), std::back_inserter(written), [](const AddedToken &token) { return token.id >= 0; });
  added_ = AddedTokens(std::move(written));
  addedNormalized_ = AddedTokens(std::move(normalized));
  return {};
}

// The spaces of a text of characters are where its words begin, but behind bytes behind which a token goes on with one. (Of Gemma's
// 262,144 tokens one does.)
void Tokenizer::chooseWords() {
  if (kind_ != TokenizerKind::CharacterPairs)
    return;
  bool stepsOnlyWriteSpaces = normalizer_.onlyWritesSpacesAs(writtenSpace) &&
                              wordSteps_.onlyWritesSpacesAs(writtenSpace) && addedNormalized_.empty();
  spacesPartWords_ = preTokenizer_ == PreTokenizerKind::EachSpace && stepsOnlyWriteSpaces;
  if (preTokenizer_ != PreTokenizerKind::Whole || bpe_.leavesOut() || !bpe_.isKnown(writtenSpace))
    return;
  for (int32_t id = 0; id < size(); ++id) {
    if (!bpe_.tree().exists(id))
      continue;
    std::string_view text = tokens_[id];
    for (size_t at = text.find(writtenSpace, 1); at != std::string_view::npos; at = text.find(writtenSpace, at + 1))
      if (!text.substr(0, at).ends_with(writtenSpace))
        joinedBySpace_.set(static_cast<uint8_t>(text[at - 1]));
  }
  preTokenizer_ = PreTokenizerKind::SpaceRuns;
  spacesPartWords_ = stepsOnlyWriteSpaces;
}

struct Tokenizer::EncodeWork {
  explicit EncodeWork(size_t bytes) : cache(bytes), bpe(bytes) { ids.reserve(bytes / 3 + 16); }

  WordCache cache;
  BpeWork bpe;
  UnigramWork unigram;
  std::optional<SplitSearch> search; // where there are patterns
  std::vector<std::string_view> pieces, parted; // by the patterns so far, and by the next one
  std::deque<std::string> texts; // normalized: the cache points into them
  std::vector<int32_t> ids;
  uint64_t lookups = 0; // of added tokens
};

void Tokenizer::encodeWord(std::string_view word, EncodeWork &work) const {
  if (kind_ == TokenizerKind::WordPieces)
    pieces_.encode(word, work.lookups, work.ids);
  else if (kind_ == TokenizerKind::Unigram)
    unigram_.encode(word, work.unigram, work.lookups, work.ids);
  else
    bpe_.encode(word, work.bpe, work.ids);
}

// Text without added tokens, normalized.
void Tokenizer::encodeText(std::string_view text, EncodeWork &work) const {
  if (splits_.empty())
    return encodeWords(text, work);
  if (!work.search)
    work.search.emplace();
  work.pieces.assign(1, text);
  for (const SplitPattern &pattern : splits_) {
    work.parted.clear();
    for (std::string_view piece : work.pieces)
      pattern.split(piece, *work.search, work.parted);
    work.pieces.swap(work.parted);
  }
  for (std::string_view piece : work.pieces)
    encodeWords(piece, work);
}

void Tokenizer::encodeWords(std::string_view text, EncodeWork &work) const {
  std::vector<int32_t> &ids = work.ids;
  for (WordSplitter words(text, preTokenizer_, joinedBySpace_); !words.done();) {
    std::string_view word = words.next();
    if (words.isLeftOut(word))
      continue;
    ++work.bpe.lookups;
    WordCache::Entry *entry = word.size() <= longestCachedWord ? &work.cache.slot(word) : nullptr;
    if (entry && WordCache::holds(*entry, word)) {
      for (uint32_t i = 0; i < entry->idCount; ++i)
        ids.push_back(ids[entry->firstId + i]);
      continue;
    }
    size_t first = ids.size();
    encodeWord(word, work);
    if (entry)
      *entry = {word.data(), static_cast<uint32_t>(word.size()), static_cast<uint32_t>(ids.size() - first), first};
  }
}

// A part without tokens that stand in the text as it is.
void Tokenizer::encodePart(std::string_view text, PartPlace place, bool parseSpecial, EncodeWork &work) const {
  if (!normalizer_.isIdentity())
    text = work.texts.emplace_back(normalizer_.apply(text, place));
  auto encodeBetween = [&](size_t begin, size_t end) {
    std::string_view words = text.substr(begin, end - begin);
    if (!wordSteps_.isIdentity())
      words = work.texts.emplace_back(wordSteps_.apply(words, begin == 0 ? place : PartPlace::PartBegin));
    encodeText(words, work);
  };
  size_t begin = 0;
  AddedTokenFinder added(addedNormalized_, text, parseSpecial);
  while (auto found = addedNormalized_.empty() ? std::nullopt : added.next()) {
    if (begin < found->begin)
      encodeBetween(begin, found->begin);
    work.ids.push_back(found->id);
    begin = found->end;
  }
  if (begin < text.size())
    encodeBetween(begin, text.size());
  work.lookups += added.lookups();
}

std::vector<int32_t> Tokenizer::encodeFrom(std::string_view text, bool parseSpecial, PartPlace place,
                                           uint64_t *lookups) const {
  EncodeWork work(text.size());
  size_t begin = 0;
  AddedTokenFinder added(added_, text, parseSpecial);
  while (auto found = added.next()) {
    if (begin < found->begin)
      encodePart(text.substr(begin, found->begin - begin), begin == 0 ? place : PartPlace::PartBegin, parseSpecial, work);
    work.ids.push_back(found->id);
    begin = found->end;
  }
  if (begin < text.size())
    encodePart(text.substr(begin), begin == 0 ? place : PartPlace::PartBegin, parseSpecial, work);
  if (lookups)
    *lookups = work.bpe.lookups + work.lookups + added.lookups();
  return std::move(work.ids);
}

std::vector<int32_t> Tokenizer::encode(std::string_view text, bool parseSpecial, uint64_t *lookups) const {
  return encodeFrom(text, parseSpecial, PartPlace::TextBegin, lookups);
}

std::vector<int32_t> Tokenizer::encodeRest(std::string_view text) const {
  return encodeFrom(text, true, PartPlace::Middle, nullptr);
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
    if (skipSpecial && isSpecial(ids[i]))
      continue;
    bool beginsPieces = kind_ == TokenizerKind::WordPieces && text.empty();
    text += beginsPieces ? std::string_view(tokens_[ids[i]]) : bytes(ids[i]);
  }
  if (stripFirstSpace_ && text.starts_with(' '))
    text.erase(0, 1);
  return text;
}

size_t Tokenizer::unencodableBytes(std::string_view text) const {
  if (kind_ == TokenizerKind::WordPieces || kind_ == TokenizerKind::Unigram)
    return 0;
  if (!isNormalized_)
    return bpe_.lostBytes(text);
  return bpe_.lostBytes(wordSteps_.apply(normalizer_.apply(text, PartPlace::Middle), PartPlace::Middle));
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
