// From message to tokenizer.
#include "runtime/serve/ProgramTokenizer.h"

#include <optional>
#include <string_view>
#include <utility>

namespace longc {

namespace {

std::vector<TextStep> stepsOf(const google::protobuf::RepeatedPtrField<abi::TextStep> &source) {
  std::vector<TextStep> steps;
  for (const abi::TextStep &step : source)
    steps.push_back({static_cast<TextStep::Kind>(step.kind()), step.pattern(), step.text()});
  return steps;
}

std::optional<TokenizerKind> kindOf(std::string_view model) {
  if (model == "gpt2")
    return TokenizerKind::BytePairs;
  if (model == "llama")
    return TokenizerKind::CharacterPairs;
  if (model == "t5")
    return TokenizerKind::Unigram;
  if (model == "bert")
    return TokenizerKind::WordPieces;
  return std::nullopt;
}

} // namespace

Result<Tokenizer> createTokenizer(const abi::Tokenizer &source) {
  std::optional<TokenizerKind> kind = kindOf(source.model());
  if (!kind)
    return Status::error(4130, "this program's tokenizer is of model '" + source.model() + "'; expected gpt2, llama, t5 or bert",
                         "compile the program again");
  if (source.merges_size() % 3 != 0)
    return Status::error(Tokenizer::badMerge, "this program's tokenizer has merges of less than three tokens", "compile the program again");
  TokenizerModel model;
  model.preTokenizer = source.pre_tokenizer();
  model.tokens.assign(source.tokens().begin(), source.tokens().end());
  model.merges.reserve(source.merges_size() / 3);
  for (int i = 0; i + 2 < source.merges_size(); i += 3)
    model.merges.push_back({source.merges(i), source.merges(i + 1), source.merges(i + 2)});
  model.tokenTypes.assign(source.token_types().begin(), source.token_types().end());
  model.bosId = source.bos_id();
  model.eosId = source.eos_id();
  model.unknownId = source.unknown_id();
  model.padId = source.pad_id();
  model.stopIds.assign(source.stop_ids().begin(), source.stop_ids().end());
  for (const abi::AddedToken &added : source.added())
    model.added.push_back(
        {added.id(), added.single_word(), added.strip_left(), added.strip_right(), added.normalized(), !added.is_no_piece()});
  model.normalizer = stepsOf(source.normalizer());
  model.wordSteps = stepsOf(source.word_steps());
  model.scores.assign(source.scores().begin(), source.scores().end());
  for (const abi::SplitRule &split : source.splits())
    model.splits.push_back({split.pattern(), static_cast<SplitBehavior>(split.behavior()), split.inverted()});
  model.kind = *kind;
  model.continuing = source.continuing();
  model.longestWord = source.longest_word();
  model.cleansUp = source.cleans_up();
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
