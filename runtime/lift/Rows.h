// What a text is learnt by: rows of tokens of which some are to be predicted, and which of them belong to a pass.
#pragma once

#include "runtime/lift/Questions.h"
#include "runtime/lift/Recipe.h"
#include "runtime/text/Tokenizer.h"
#include "runtime/train/Sample.h"

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

  /// The rows of pass `epoch`. qa: all questions and a share of the text, about as much of it as there are questions (an eighth at
  /// least). gm: the segments, and from pass `segmentEpochs` on the questions too.
  std::vector<Sample> ofEpoch(int64_t epoch) const;
  /// Whether the first `epochs` passes have read all of the text.
  bool readsAll(int64_t epochs) const { return epochs >= counts_.shares; }
  const LiftCounts &counts() const { return counts_; }
  /// Tokens of the longest row.
  int64_t longest() const;

private:
  Status makeQuestions(const std::vector<LiftQuestion> &questions, std::string_view title, std::string_view text);
  void makePassages(const std::vector<std::string> &sentences);
  void makeSegments(std::string_view title, std::string_view text);
  Sample row(std::vector<int32_t> prompt, const std::vector<int32_t> &answer, bool ends) const;

  const Tokenizer *tokenizer_ = nullptr;
  LiftPlan plan_;
  std::vector<Sample> pieces_, questions_; // pieces: of the text, passages or segments
  LiftCounts counts_;
};

} // namespace longc
