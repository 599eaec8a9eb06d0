// Text to ids and back, id for id what Hugging Face's tokenizers gives for the same tokenizer: BPE on bytes, BPE on
// characters as SentencePiece has it, Unigram, BERT's WordPiece.
//
// Encoding: added tokens are cut out of the text; what lies between is normalized and cut into words; each word is
// encoded alone. Added tokens are one id wherever they stand. Those that steer the model (control tokens) are so only
// when the caller asks for it: text that a user or a model wrote must not become one by chance. No BOS is added, which is
// `beginText`'s. What the vocabulary has no token for is left out or unknown, as Hugging Face has it;
// `unencodableBytes` counts what is left out so that a caller can say so. Whatever the text is, time is linear in its
// length.
#pragma once

#include "runtime/core/Status.h"
#include "runtime/text/AddedTokens.h"
#include "runtime/text/BpeModel.h"
#include "runtime/text/Normalizer.h"
#include "runtime/text/PreTokenizer.h"
#include "runtime/text/TokenIndex.h"
#include "runtime/text/TokenizerModel.h"
#include "runtime/text/UnigramModel.h"
#include "runtime/text/WordPieceModel.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace longc {

class Tokenizer {
public:
  // Codes of its errors: tokens, their types and ids; the splitting rule; an id that decode does not know; merges.
  static constexpr int badModel = 6001, unknownPreTokenizer = 6002, badId = 6003, badMerge = 6004;

  static Result<Tokenizer> create(TokenizerModel model);

  // With `parseSpecial`, control tokens written out in the text become their ids; without, they are plain text. Added
  // tokens that control nothing (user-defined ones) are found either way. `lookups`, if given, becomes the number of
  // looks into tables: the work done, for tests.
  std::vector<int32_t> encode(std::string_view text, bool parseSpecial, uint64_t *lookups = nullptr) const;

  // The ids of `text` behind a beginning that stablePrefix() found and that was encoded by itself, special tokens parsed.
  std::vector<int32_t> encodeRest(std::string_view text) const;

  // How many bytes at the beginning of `text` have ids that no text behind it can change: for every `more`, and special
  // tokens parsed, encode(text + more) is encode(beginning) followed by encodeRest(rest of text + more).
  size_t stablePrefix(std::string_view text) const;

  // Makes `ids` the beginning of a text: bosId stands before them where texts of this model begin with it, once.
  void beginText(std::vector<int32_t> &ids) const;
  // Ends a text that nothing follows: with eosId where texts of this model end with it, once.
  void endText(std::vector<int32_t> &ids) const;

  // The bytes of the tokens, which need not be UTF-8 when the ids do not come from encode().
  Result<std::string> decode(std::span<const int32_t> ids, bool skipSpecial) const;

  // How many bytes of `text` have no token in this vocabulary and are left out by encode().
  size_t unencodableBytes(std::string_view text) const;

  // The id of a token written as in the model file, or -1.
  int32_t find(std::string_view token) const { return index_.find(tokens_, token); }

  int32_t size() const { return static_cast<int32_t>(tokens_.size()); }
  bool contains(int32_t id) const { return id >= 0 && id < size(); }
  // Whether the token is none of the text: control tokens, which decoding can leave out.
  bool isSpecial(int32_t id) const { return special_[id]; }
  std::string_view bytes(int32_t id) const {
    return std::string_view(bytes_).substr(byteStarts_[id], byteStarts_[id + 1] - byteStarts_[id]);
  }
  int32_t bosId() const { return bosId_; }
  int32_t eosId() const { return eosId_; }
  int32_t unknownId() const { return unknownId_; }
  int32_t padId() const { return padId_; }
  bool addBos() const { return addBos_; }
  // The tokens that end a reply: a turn or a text. Ascending.
  const std::vector<int32_t> &stopIds() const { return stopIds_; }

private:
  Tokenizer() = default;

  struct EncodeWork;
  // A part of a text without added tokens that stand in it as it is.
  struct Part {
    size_t begin, end;
    size_t tokenBegin; // where the added token before it begins
  };

  Status indexTokens(TokenizerModel &model);
  Status checkIds(const TokenizerModel &model);
  Status createSteps(TokenizerModel &model);
  void fillBytes(const TokenizerModel &model);
  Status buildModel(const TokenizerModel &model);
  Status buildPairs(const TokenizerModel &model);
  Status buildPieces(const TokenizerModel &model);
  Status buildUnigram(const TokenizerModel &model);
  std::vector<bool> pieces(const TokenizerModel &model) const;
  std::vector<std::string_view> usedTexts(const TokenizerModel &model) const;
  std::array<int32_t, 256> byteTokens(const TokenizerModel &model, const std::vector<bool> &isPiece) const;
  Status rankMerges(const std::vector<TokenMerge> &merges, const std::vector<bool> &isPiece,
                    std::vector<MergeTree::Rule> &rules) const;
  Status fillAddedTokens(const TokenizerModel &model);
  void chooseWords();
  std::vector<int32_t> encodeFrom(std::string_view text, bool parseSpecial, PartPlace place, uint64_t *lookups) const;
  void encodePart(std::string_view text, PartPlace place, bool parseSpecial, EncodeWork &work) const;
  void encodeText(std::string_view text, EncodeWork &work) const;
  void encodeWords(std::string_view text, EncodeWork &work) const;
  void encodeWord(std::string_view word, EncodeWork &work) const;
  Part lastPart(const AddedTokens &tokens, std::string_view text) const;
  bool mayBeCutAt(std::string_view text, size_t position) const;
  size_t lastCut(std::string_view text) const;
  size_t lastSpaces(std::string_view text) const;
  size_t lastWord(std::string_view text) const;
  std::vector<size_t> finalWords(std::string_view text) const;
  size_t lastNormalizedWord(std::string_view text) const;

  PreTokenizerKind preTokenizer_ = PreTokenizerKind::Gpt2;
  std::vector<std::string> tokens_;
  TokenIndex index_;
  BpeModel bpe_;
  WordPieceModel pieces_;
  UnigramModel unigram_; // of these, the one of the kind
  std::vector<SplitPattern> splits_;
  AddedTokens added_, addedNormalized_; // found in the text as it stands, and as normalized
  Normalizer normalizer_, wordSteps_;
  bool isNormalized_ = false; // the steps are something
  bool spacesPartWords_ = false; // but behind bytes of the next, no token has a space behind other characters, and no step does more than write spaces
  ByteSet joinedBySpace_;
  TokenizerKind kind_ = TokenizerKind::BytePairs;
  bool stripFirstSpace_ = false;
  std::vector<uint8_t> special_;     // by id
  std::string bytes_;                // of all tokens, one after another
  std::vector<uint32_t> byteStarts_; // size() + 1 of them
  int32_t bosId_ = -1, eosId_ = -1, unknownId_ = -1, padId_ = -1;
  std::vector<int32_t> stopIds_;
  bool addBos_ = false, addEos_ = false;
};

// Turns ids into text one at a time, never cutting a UTF-8 character: bytes that may be the beginning of one wait.
class StreamDecoder {
public:
  explicit StreamDecoder(const Tokenizer &tokenizer, bool skipSpecial = true)
      : tokenizer_(&tokenizer), skipSpecial_(skipSpecial) {}

  // The text that became complete with `id`; ids outside the vocabulary add nothing.
  std::string push(int32_t id);
  // What still waits, complete or not; the decoder starts afresh.
  std::string flush();

private:
  const Tokenizer *tokenizer_;
  std::string pending_;
  bool skipSpecial_;
};

} // namespace longc
