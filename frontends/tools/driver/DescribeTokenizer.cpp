// Copies a tokenizer into the program, field by field.
#include "frontends/tools/driver/DescribeTokenizer.h"

#include "runtime/text/WrittenMerges.h"

namespace longc {
namespace {

void describeStep(const TextStepSource &source, abi::TextStep &step) {
  step.set_kind(source.kind);
  step.set_pattern(source.pattern);
  step.set_text(source.text);
}

Status describeMerges(const TokenizerSource &source, abi::Tokenizer &tokenizer) {
  Result<std::vector<TokenMerge>> merges = readMerges(source.tokens, source.merges);
  if (!merges.ok())
    return Status::error(merges.status().code(), std::string(source.names.merges) + ": " + merges.status().message(),
                         merges.status().hint());
  for (auto [left, right, merged] : *merges)
    for (int32_t id : {left, right, merged})
      tokenizer.add_merges(id);
  return {};
}

} // namespace

Status describeTokenizer(const TokenizerSource &source, abi::Tokenizer &tokenizer) {
  tokenizer.set_model(source.model);
  tokenizer.set_pre_tokenizer(source.pre);
  for (const std::string &token : source.tokens)
    tokenizer.add_tokens(token);
  LONGC_TRY(describeMerges(source, tokenizer));
  for (TokenType type : source.types)
    tokenizer.add_token_types(static_cast<int32_t>(type));
  tokenizer.mutable_scores()->Add(source.scores.begin(), source.scores.end());
  for (const AddedTokenSource &added : source.added) {
    abi::AddedToken *token = tokenizer.add_added();
    token->set_id(added.id);
    token->set_single_word(added.singleWord);
    token->set_strip_left(added.stripLeft);
    token->set_strip_right(added.stripRight);
    token->set_normalized(added.normalized);
    token->set_is_no_piece(!added.isPiece);
  }
  for (const SplitSource &split : source.splits) {
    abi::SplitRule *rule = tokenizer.add_splits();
    rule->set_pattern(split.pattern);
    rule->set_behavior(split.behavior);
    rule->set_inverted(split.inverted);
  }
  for (const TextStepSource &step : source.normalizer)
    describeStep(step, *tokenizer.add_normalizer());
  for (const TextStepSource &step : source.wordSteps)
    describeStep(step, *tokenizer.add_word_steps());
  tokenizer.set_byte_fallback(source.byteFallback);
  tokenizer.set_fuse_unknown(source.fuseUnknown);
  tokenizer.set_ignore_merges(source.ignoreMerges);
  tokenizer.set_strip_first_space(source.stripFirstSpace);
  tokenizer.set_unknown_piece(source.unknownPiece.value_or(-1));
  tokenizer.set_continuing(source.continuing);
  tokenizer.set_longest_word(source.longestWord);
  tokenizer.set_cleans_up(source.cleansUp);
  tokenizer.set_bos_id(source.bosId.value_or(-1));
  tokenizer.set_eos_id(source.eosId.value_or(-1));
  tokenizer.set_unknown_id(source.unknownId.value_or(-1));
  tokenizer.set_pad_id(source.paddingId.value_or(-1));
  tokenizer.set_add_bos(source.addBos);
  tokenizer.set_add_eos(source.addEos);
  for (int32_t id : source.stopIds)
    tokenizer.add_stop_ids(id);
  tokenizer.set_chat_template(source.chatTemplate);
  return {};
}

} // namespace longc
