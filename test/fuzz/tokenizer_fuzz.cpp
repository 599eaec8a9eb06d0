// Fuzz target of the tokenizer: a vocabulary and texts out of any bytes. What is refused is refused by `create`; a
// tokenizer that exists encodes any text into its own ids, and its ids give the text back but for bytes it has no token
// for.
#include "runtime/text/ByteAlphabet.h"
#include "runtime/text/Tokenizer.h"
#include "runtime/text/WrittenMerges.h"

#include <cstdlib>
#include <fuzzer/FuzzedDataProvider.h>

using namespace longc;

namespace {

std::string writtenByte(int byte) {
  uint16_t point = byteAlphabet()[static_cast<size_t>(byte)];
  if (point < 0x80)
    return {static_cast<char>(point)};
  return {static_cast<char>(0xc0 | point >> 6), static_cast<char>(0x80 | (point & 0x3f))};
}

// What changes and cuts text before it is encoded.
void readSteps(FuzzedDataProvider &bytes, TokenizerModel &model) {
  for (std::vector<TextStep> *steps : {&model.normalizer, &model.wordSteps})
    for (size_t left = bytes.ConsumeIntegralInRange<size_t>(0, 3); left > 0; --left)
      steps->push_back({static_cast<TextStep::Kind>(bytes.ConsumeIntegralInRange<int32_t>(0, 19)), bytes.ConsumeRandomLengthString(8),
                        bytes.ConsumeRandomLengthString(40)});
  for (size_t left = bytes.ConsumeIntegralInRange<size_t>(0, 2); left > 0; --left)
    model.splits.push_back({bytes.ConsumeRandomLengthString(16), static_cast<SplitBehavior>(bytes.ConsumeIntegralInRange<int32_t>(-1, 5)),
                            bytes.ConsumeBool()});
}

int32_t readId(FuzzedDataProvider &bytes) { return bytes.ConsumeIntegralInRange<int32_t>(-2, 300); }

TokenizerModel readModel(FuzzedDataProvider &bytes) {
  TokenizerModel model;
  model.kind = bytes.PickValueInArray({TokenizerKind::BytePairs, TokenizerKind::CharacterPairs, TokenizerKind::Unigram,
                                       TokenizerKind::WordPieces});
  model.preTokenizer = bytes.PickValueInArray({"gpt-2", "smollm", "llama-bpe", "qwen2", "whole", "each-space", "bert", "other"});
  model.byteFallback = bytes.ConsumeBool();
  model.unknownPiece = bytes.ConsumeIntegralInRange<int32_t>(-2, 40);
  if (bytes.ConsumeBool())
    readSteps(bytes, model);
  // Without the single bytes nearly every vocabulary would be useless; with them merges are reached.
  if (bytes.ConsumeBool())
    for (int byte = 0; byte < 256; ++byte)
      model.tokens.push_back(writtenByte(byte));
  for (size_t left = bytes.ConsumeIntegralInRange<size_t>(0, 40); left > 0; --left)
    model.tokens.push_back(bytes.ConsumeRandomLengthString(24));
  std::vector<std::string> written;
  for (size_t left = bytes.ConsumeIntegralInRange<size_t>(0, 40); left > 0; --left)
    written.push_back(bytes.ConsumeRandomLengthString(24));
  if (bytes.ConsumeBool())
    for (size_t left = written.size(); left > 0; --left)
      model.merges.push_back({readId(bytes), readId(bytes), readId(bytes)});
  else if (Result<std::vector<TokenMerge>> merges = readMerges(model.tokens, written); merges.ok())
    model.merges = std::move(*merges);
  if (bytes.ConsumeBool())
    for (size_t token = 0; token < model.tokens.size(); ++token)
      model.scores.push_back(bytes.ConsumeIntegralInRange<int32_t>(-20, 0));
  if (bytes.ConsumeBool())
    for (size_t token = 0; token < model.tokens.size(); ++token)
      model.tokenTypes.push_back(bytes.ConsumeIntegralInRange<int32_t>(-1, 7));
  for (int32_t *id : {&model.bosId, &model.eosId, &model.unknownId, &model.padId})
    *id = readId(bytes);
  return model;
}

void check(bool holds) {
  if (!holds)
    std::abort();
}

std::string withoutUnencodable(const Tokenizer &tokenizer, const std::string &text) {
  std::string kept;
  for (char byte : text)
    if (tokenizer.unencodableBytes({&byte, 1}) == 0)
      kept.push_back(byte);
  return kept;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  FuzzedDataProvider bytes(data, size);
  TokenizerModel model = readModel(bytes);
  bool isWhole = model.kind == TokenizerKind::BytePairs && model.unknownPiece < 0 && model.normalizer.empty() && model.wordSteps.empty() && model.splits.empty();
  bool isStreamed = model.kind != TokenizerKind::WordPieces; // whose first token has no space before it
  Result<Tokenizer> tokenizer = Tokenizer::create(std::move(model));
  if (!tokenizer.ok())
    return 0;
  const std::string text = bytes.ConsumeRemainingBytesAsString();
  for (bool special : {false, true}) {
    StreamDecoder stream(*tokenizer, false);
    std::string streamed;
    std::vector<int32_t> ids = tokenizer->encode(text, special);
    for (int32_t id : ids) {
      check(tokenizer->contains(id));
      streamed += stream.push(id);
    }
    streamed += stream.flush();
    Result<std::string> back = tokenizer->decode(ids, false);
    check(back.ok() && (!isStreamed || *back == streamed));
    if (!special && isWhole)
      check(*back == withoutUnencodable(*tokenizer, text));
  }
  return 0;
}
