// A sequence to train on: token ids, and how much the prediction of each weighs.
#pragma once

#include "runtime/text/ChatTemplate.h"
#include "runtime/text/Tokenizer.h"
#include "runtime/train/TrainingLine.h"

#include <map>
#include <span>
#include <string_view>
#include <vector>

namespace longc {

struct Sample {
  int64_t line = 0;            // where it stands in its file
  std::vector<int32_t> tokens; // T of them
  std::vector<float> weights;  // T: of predicting token t from those before it; 0 is no target, and so is weights[0]
  float factor = 1;            // of its loss, once that is normed
  bool countsGates = false;    // what its targets say stands before them: open gates of memories cost there, in a program that counts them
  // Where its branches begin: each goes on behind [0, branches[0]), which has no target, and sees nothing of the others. Empty: it is one text.
  std::vector<int64_t> branches;

  int64_t size() const { return static_cast<int64_t>(tokens.size()); }
  /// How many tokens are targets: N_i of LongAlign's equations.
  int64_t targets() const;
};

/// Samples that begin with the same `common` tokens, none of them a target, as one that has these once.
Sample joinBehind(std::span<const Sample> samples, int64_t common);

/// Codes of its errors: a template that writes an answer otherwise once something follows it; tokens that do not spell the
/// text; a line without a target; a program without a template.
inline constexpr int templateRewrites = 8011, tokensDoNotSpell = 8012, noTargets = 8013, noTemplate = 8014;

/// Turns lines into samples with one model's tokenizer and template.
class SampleMaker {
public:
  /// `tokenizer` must outlive this. Without a template only texts can be made.
  SampleMaker(const Tokenizer &tokenizer, std::optional<ChatTemplate> chatTemplate);

  /// The whole conversation is rendered and tokenized at once, as the model will read it. Targets are the tokens that begin
  /// in an answer, up to and including the token that ends it, with weight 1. A text's targets are all its tokens, by the
  /// weight of the span in which a token's first byte lies. Texts begin, and texts that are no chats end, as the model's
  /// do. Errors begin with `where`.
  Result<Sample> make(const TrainingLine &line, const std::string &where) const;

private:
  Result<std::string> render(const std::vector<ChatMessage> &messages, bool prompt, const std::string &where) const;
  Result<Sample> makeChat(const TrainingLine &line, const std::string &where) const;
  Result<Sample> makeText(const TrainingLine &line, const std::string &where) const;
  Result<std::vector<size_t>> firstBytes(const std::vector<int32_t> &tokens, std::string_view text, const std::string &where) const;

  const Tokenizer &tokenizer_;
  std::optional<ChatTemplate> template_;
  std::map<std::string, std::string> variables_;
};

} // namespace longc
