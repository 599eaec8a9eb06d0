// From message to tokenizer.
#include "runtime/serve/ProgramTokenizer.h"

#include <utility>

namespace longc {

namespace {

std::vector<TextStep> stepsOf(const google::protobuf::RepeatedPtrField<abi::TextStep> &source) {
  std::vector<TextStep> steps;
  for (const abi::TextStep &step : source)
    steps.push_back({static_cast<TextStep::Kind>(step.kind()), step.pattern(), step.text()});
  return steps;
}

} // namespace

Result<Tokenizer> createTokenizer(const abi::Tokenizer &source) {
  if (source.model() != "gpt2" && source.model() != "llama")
    return Status::error(4130, "this program's tokenizer is of model '" + source.model() + "'; expected gpt2 or llama",
                         "compile the program again");
  TokenizerModel model;
  model.preTokenizer = source.pre_tokenizer();
  model.tokens.assign(source.tokens().begin(), source.tokens().end());
  model.merges.assign(source.merges().begin(), source.merges().end());
  model.tokenTypes.assign(source.token_types().begin(), source.token_types().end());
  model.bosId = source.bos_id();
  model.eosId = source.eos_id();
  model.unknownId = source.unknown_id();
  model.padId = source.pad_id();
  model.stopIds.assign(source.stop_ids().begin(), source.stop_ids().end());
  for (const abi::AddedToken &added : source.added())
    model.added.push_back(
        {added.id(), added.single_word(), added.strip_left(), added.strip_right(), added.normalized()});
  model.normalizer = stepsOf(source.normalizer());
  model.wordSteps = stepsOf(source.word_steps());
  model.scores.assign(source.scores().begin(), source.scores().end());
  model.byteLevel = source.model() == "gpt2";
  model.byteFallback = source.byte_fallback();
  model.fuseUnknown = source.fuse_unknown();
  model.ignoreMerges = source.ignore_merges();
  model.stripFirstSpace = source.strip_first_space();
  model.unknownPiece = source.unknown_piece();
  model.addBos = source.add_bos();
  model.addEos = source.add_eos();
  return Tokenizer::create(std::move(model));
}

} // namespace longc
