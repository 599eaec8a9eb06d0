// Text to rows.
#include "runtime/lift/Rows.h"

#include "runtime/core/Format.h"
#include "runtime/lift/Prompt.h"
#include "runtime/lift/Sentences.h"
#include "runtime/train/LongSamples.h"

#include <algorithm>

namespace longc {
namespace {

constexpr std::string_view recite = "Given above context, please recite following segment of the context: \n\n\n";
constexpr size_t leastWords = 16, leastBytes = 400; // a text with less than both fits into any prompt
constexpr int64_t mostShares = 8;

int64_t tokensOf(const std::vector<Sample> &rows) {
  int64_t sum = 0;
  for (const Sample &row : rows)
    sum += row.size();
  return sum;
}

/// Sentences of fewer than four words stand with the one behind them, the last with the one before: what follows them is learnt
/// better than what they follow.
std::vector<std::string> passagesOf(const std::vector<std::string> &sentences) {
  constexpr size_t fewWords = 4;
  std::vector<std::string> passages;
  std::string waiting;
  for (const std::string &sentence : sentences) {
    waiting.append(waiting.empty() ? "" : " ").append(sentence);
    if (wordsOf(waiting).size() < fewWords)
      continue;
    passages.push_back(std::exchange(waiting, {}));
  }
  if (!waiting.empty() && passages.empty())
    passages.push_back(waiting);
  else if (!waiting.empty())
    passages.back().append(" ").append(waiting);
  return passages;
}

/// The last words of what stands before a passage.
std::string endOf(const std::string &passage) {
  constexpr size_t most = 8;
  const std::vector<std::string_view> words = wordsOf(passage);
  std::string end;
  for (size_t i = words.size() - std::min(words.size(), most); i < words.size(); ++i)
    end.append(end.empty() ? "" : " ").append(words[i]);
  return end;
}

std::vector<LiftQuestion> questionsOf(const std::vector<std::string> &sentences) {
  std::vector<LiftQuestion> questions;
  for (const std::string &sentence : sentences)
    if (auto question = questionOf(sentence))
      questions.push_back(std::move(*question));
  return questions;
}

} // namespace

Result<LiftRows> LiftRows::create(const Tokenizer &tokenizer, const std::string &name, std::string_view title, std::string_view text,
                                  const std::vector<LiftQuestion> &given, const LiftPlan &plan) {
  LiftRows rows;
  rows.tokenizer_ = &tokenizer;
  rows.plan_ = plan;
  rows.counts_.tokens = static_cast<int64_t>(tokenizer.encode(text, false).size());
  if (const size_t words = wordsOf(text).size(); rows.counts_.tokens < 2 || (words < leastWords && text.size() < leastBytes))
    return Status::error(textTooShort, name + formatText(" has %zu words: too little to learn", words),
                         formatText("give a text of %zu words or more; a shorter one fits into the prompt", leastWords));
  const std::vector<std::string> sentences = sentencesOf(text);
  rows.counts_.sentences = static_cast<int64_t>(sentences.size());
  const std::vector<LiftQuestion> questions = given.empty() ? questionsOf(sentences) : given;
  rows.counts_.questions = static_cast<int64_t>(questions.size());
  LONGC_TRY(rows.makeQuestions(questions, title, text));
  plan.recipe == LiftRecipe::qa ? rows.makePassages(sentences) : rows.makeSegments(title, text);
  if (plan.recipe == LiftRecipe::qa && !questions.empty())
    rows.counts_.shares = std::clamp<int64_t>(tokensOf(rows.pieces_) / std::max<int64_t>(1, tokensOf(rows.questions_)), 1, mostShares);
  return rows;
}

// A prompt, which is no target, and what follows it, which is.
Sample LiftRows::row(std::vector<int32_t> prompt, const std::vector<int32_t> &answer, bool ends) const {
  Sample sample;
  sample.weights.assign(prompt.size(), 0);
  sample.tokens = std::move(prompt);
  sample.tokens.insert(sample.tokens.end(), answer.begin(), answer.end());
  if (ends && tokenizer_->eosId() >= 0)
    sample.tokens.push_back(tokenizer_->eosId());
  sample.weights.resize(sample.tokens.size(), 1);
  sample.weights.front() = 0;
  return sample;
}

// OUR CHOICE: an answer ends with the token that ends texts. In gm the text stands before each question as it will when it is asked.
Status LiftRows::makeQuestions(const std::vector<LiftQuestion> &questions, std::string_view title, std::string_view text) {
  for (const LiftQuestion &question : questions) {
    const std::vector<int32_t> answer = tokenizer_->encode(" " + question.answer, false);
    const bool behindDocument = plan_.recipe == LiftRecipe::gm;
    const std::vector<int32_t> asked = questionTokens(*tokenizer_, question.question, behindDocument);
    const auto needed = static_cast<int64_t>(asked.size() + answer.size()) + 1;
    if (needed > plan_.window)
      return Status::error(sampleTooLong, formatText("a question and its answer have %s tokens, the window has %s", formatCount(needed).c_str(),
                                            formatCount(plan_.window).c_str()),
                           "ask for less at once, or give a larger --window");
    std::vector<int32_t> prompt;
    if (behindDocument)
      prompt = truncatedDocument(*tokenizer_, title, text, plan_.window - needed);
    prompt.insert(prompt.end(), asked.begin(), asked.end());
    questions_.push_back(row(std::move(prompt), answer, true));
  }
  return {};
}

// Every word of the text is to be predicted in one of them.
void LiftRows::makePassages(const std::vector<std::string> &sentences) {
  std::string before;
  for (const std::string &passage : passagesOf(sentences)) {
    const std::string asked = before.empty() ? "How does the text begin?" : "What follows \"" + before + "\"?";
    pieces_.push_back(row(questionTokens(*tokenizer_, asked, false), tokenizer_->encode(" " + passage, false), true));
    before = endOf(passage);
  }
}

// Exact: no token before the text, no token behind a segment; all of a segment is to be predicted, behind one context for all.
void LiftRows::makeSegments(std::string_view title, std::string_view text) {
  const std::vector<int32_t> ids = tokenizer_->encode(std::string(title) + "\n" + std::string(text), false);
  const SegmentSizes sizes = plan_.sizes();
  const auto size = static_cast<int64_t>(ids.size());
  const ContextPieces pieces = drawContext(size, sizes.context, plan_.train.batch.seed);
  auto part = [&](TokenRange range) { return std::vector<int32_t>(ids.begin() + range.begin, ids.begin() + range.end); };
  std::vector<int32_t> context = part(pieces.head);
  for (const std::vector<int32_t> &more : {tokenizer_->encode("...", false), part(pieces.tail), tokenizer_->encode(recite, false)})
    context.insert(context.end(), more.begin(), more.end());
  for (TokenRange range : segmentsOf(size, sizes.segment, sizes.offset))
    pieces_.push_back(row(context, part(range), false));
}

std::vector<Sample> LiftRows::ofEpoch(int64_t epoch) const {
  std::vector<Sample> rows;
  for (size_t i = 0; i < pieces_.size(); ++i)
    if (static_cast<int64_t>(i) % counts_.shares == epoch % counts_.shares)
      rows.push_back(pieces_[i]);
  if (plan_.recipe == LiftRecipe::qa || epoch >= plan_.segmentEpochs)
    rows.insert(rows.end(), questions_.begin(), questions_.end());
  return rows;
}

int64_t LiftRows::longest() const {
  int64_t most = 0;
  for (const std::vector<Sample> *rows : {&pieces_, &questions_})
    for (const Sample &row : *rows)
      most = std::max(most, row.size());
  return most;
}

} // namespace longc
