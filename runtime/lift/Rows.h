// What a text is learnt by: rows of tokens of which some are to be predicted, and which of them belong to a pass.
#pragma once

#include "runtime/lift/OtherTexts.h"
#include "runtime/lift/Prompt.h"
#include "runtime/lift/Questions.h"
#include "runtime/lift/Recipe.h"
#include "runtime/text/Tokenizer.h"
#include "runtime/train/Sample.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace longc {

struct LiftCounts {
  int64_t tokens = 0;    // of the text
  int64_t sentences = 0, questions = 0;
  int64_t shares = 1;    // passes until all of the text has been read
};

/// Code of its error: a text with too little to learn.
inline constexpr int textTooShort = 8101;

class LiftRows {
public:
  /// `given` are questions of a file, else they are made from the sentences. Errors begin with `name`, what the text is called.
  static Result<LiftRows> create(const Tokenizer &tokenizer, const std::string &name, std::string_view title, std::string_view text,
                                 const std::vector<LiftQuestion> &given, const LiftPlan &plan);

  /// The rows of pass `epoch`: all questions (gm: from pass `segmentEpochs` on) and a share of the text, about as much of it as there
  /// are questions, as far as the plan divides it; with questions also rows that ask about other texts.
  std::vector<Sample> ofEpoch(int64_t epoch) const;
  /// From now on contextualised rows of a pass are branches of samples that have their context once: two in each, more where it has at most `most` tokens.
  void shareContext(int64_t most) { mostShared_ = most; }
  /// Whether the first `epochs` passes have read all of the text.
  bool readsAll(int64_t epochs) const { return epochs >= counts_.shares; }
  /// Tokens of an optimizer step on a GPU, where a call costs the host the same however small it is: all of a pass, up to 4,096 and the rows of other texts.
  int64_t gpuStepTokens() const;
  const LiftCounts &counts() const { return counts_; }

private:
  int64_t sharesOfText() const;
  int64_t rowText() const { return static_cast<int64_t>(plan_.rowText * static_cast<double>(plan_.window)); }
  Status makeQuestions(const std::vector<LiftQuestion> &questions);
  std::vector<Sample> questionsOf(int64_t epoch) const;
  Sample besideText(std::span<const int32_t> questions, int64_t tokens) const;
  std::vector<Sample> othersOf(int64_t epoch) const;
  void makePassages(const std::vector<std::string> &sentences);
  void makeSegments(std::string_view title, std::string_view text);
  Sample questionRow(const LiftQuestion &question) const;
  std::vector<Sample> behindOneContext(const std::vector<Sample> &segments) const;
  Sample row(std::vector<int32_t> prompt, const std::vector<int32_t> &answer, bool ends) const;

  const Tokenizer *tokenizer_ = nullptr;
  LiftPlan plan_;
  std::string title_;
  std::optional<PromptDocument> document_;
  std::optional<OtherTexts> others_;
  std::vector<Sample> pieces_, questions_; // passages or segments of the text; questions with nothing before them
  int64_t common_ = 0;                     // tokens that all segments begin with, but the last: what it predicts is not the same for all
  std::optional<int64_t> mostShared_;      // none: segments stand apart
  LiftCounts counts_;
};

} // namespace longc
