// Text to rows.
#include "runtime/lift/Rows.h"

#include "runtime/core/Format.h"
#include "runtime/lift/Sentences.h"
#include "runtime/text/Philox.h"
#include "runtime/train/LongSamples.h"

#include <algorithm>
#include <array>
#include <numeric>

namespace longc {
namespace {

constexpr std::string_view recite = "Given above context, please recite following segment of the context: \n\n\n";
constexpr size_t leastWords = 16, leastBytes = 400; // a text with less than both fits into any prompt
constexpr std::array<size_t, 4> otherSizes = {4, 7, 10, 13}; // sentences of another text that are asked about, in turn
constexpr uint64_t questionStream = 2ull << 40; // which random numbers of a seed order them

int64_t tokensOf(const std::vector<Sample> &rows) {
  int64_t sum = 0;
  for (const Sample &row : rows)
    sum += row.size();
  return sum;
}

void append(Sample &sample, const Sample &more) {
  sample.tokens.insert(sample.tokens.end(), more.tokens.begin(), more.tokens.end());
  sample.weights.insert(sample.weights.end(), more.weights.begin(), more.weights.end());
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

std::vector<LiftQuestion> questionsAbout(const std::vector<std::string> &sentences) {
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
  const std::vector<LiftQuestion> questions = given.empty() ? questionsAbout(sentences) : given;
  rows.counts_.questions = static_cast<int64_t>(questions.size());
  LONGC_TRY(rows.makeQuestions(questions));
  rows.title_ = title;
  rows.document_.emplace(tokenizer, title, text);
  if (plan.otherRows > 0 && !questions.empty())
    if (OtherTexts others(sentences); others.canMake())
      rows.others_.emplace(std::move(others));
  plan.recipe == LiftRecipe::qa ? rows.makePassages(sentences) : rows.makeSegments(title, text);
  if (!questions.empty())
    rows.counts_.shares = rows.sharesOfText();
  return rows;
}

int64_t LiftRows::sharesOfText() const {
  const double part = plan_.textPart * static_cast<double>(tokensOf(questionsOf(0)));
  return std::clamp(static_cast<int64_t>(static_cast<double>(tokensOf(pieces_)) / std::max(1.0, part)), int64_t(1), plan_.mostShares);
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

// OUR CHOICE: an answer ends with the token that ends texts.
Sample LiftRows::questionRow(const LiftQuestion &question) const {
  return row(questionTokens(*tokenizer_, question.question, true), tokenizer_->encode(" " + question.answer, false), true);
}

Status LiftRows::makeQuestions(const std::vector<LiftQuestion> &questions) {
  for (const LiftQuestion &question : questions) {
    Sample sample = questionRow(question);
    if (sample.size() >= plan_.window)
      return Status::error(sampleTooLong, formatText("a question and its answer have %s tokens, the window has %s", formatCount(sample.size()).c_str(),
                                            formatCount(plan_.window).c_str()),
                           "ask for less at once, or give a larger --window");
    questions_.push_back(std::move(sample));
  }
  return {};
}

// The text as it will stand before a question, cut to what these `tokens` of questions leave of a row.
Sample LiftRows::besideText(std::span<const int32_t> questions, int64_t tokens) const {
  const int64_t room = plan_.window - tokens;
  Sample sample;
  sample.tokens = document_->cutTo(plan_.groups ? std::min(room, rowText()) : room);
  sample.weights.assign(sample.tokens.size(), 0);
  for (int32_t index : questions)
    append(sample, questions_[static_cast<size_t>(index)]);
  return sample;
}

// In each pass others stand behind the text.
std::vector<Sample> LiftRows::questionsOf(int64_t epoch) const {
  std::vector<int32_t> order(questions_.size());
  std::iota(order.begin(), order.end(), 0);
  for (size_t i = order.size(); i > 1; --i)
    std::swap(order[i - 1], order[static_cast<size_t>(philoxUniform(plan_.train.batch.seed, questionStream + (static_cast<uint64_t>(epoch) << 24) + i) *
                                                      static_cast<double>(i))]);
  const auto beside = static_cast<size_t>(plan_.besideText * static_cast<double>(order.size()) + (epoch % 2 == 0 ? 0 : 0.5));
  auto sizeOf = [&](size_t place) { return questions_[static_cast<size_t>(order[place])].size(); };
  std::vector<Sample> rows;
  for (size_t begin = 0, end = 0; begin < beside; begin = end) {
    int64_t tokens = sizeOf(end++);
    while (plan_.groups && end < beside && tokens + sizeOf(end) <= plan_.window - rowText())
      tokens += sizeOf(end++);
    rows.push_back(besideText(std::span(order).subspan(begin, end - begin), tokens));
  }
  for (size_t place = beside; place < order.size(); ++place) {
    Sample alone = questions_[static_cast<size_t>(order[place])];
    tokenizer_->beginText(alone.tokens);
    alone.weights.insert(alone.weights.begin(), alone.tokens.size() - alone.weights.size(), 0);
    rows.push_back(std::move(alone));
  }
  return rows;
}

// All of the other text stands before questions about it, as far as it fits.
std::vector<Sample> LiftRows::othersOf(int64_t epoch) const {
  std::vector<Sample> rows;
  for (int64_t i = 0; others_ && i < plan_.otherRows; ++i) {
    const auto number = static_cast<uint64_t>(epoch * plan_.otherRows + i);
    for (size_t sentences = otherSizes[number % otherSizes.size()]; sentences > 0; sentences /= 2) {
      const OtherText other = others_->make(plan_.train.batch.seed, number, sentences);
      Sample sample;
      sample.tokens = PromptDocument(*tokenizer_, title_, other.text).cutTo(INT64_MAX);
      sample.weights.assign(sample.tokens.size(), 0);
      sample.countsGates = true;
      for (const LiftQuestion &question : other.questions)
        append(sample, questionRow(question));
      if (sample.size() > plan_.window || other.questions.empty())
        continue;
      rows.push_back(std::move(sample));
      break;
    }
  }
  return rows;
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
  common_ = static_cast<int64_t>(context.size()) - 1;
  for (TokenRange range : segmentsOf(size, sizes.segment, sizes.offset))
    pieces_.push_back(row(context, part(range), false));
}

std::vector<Sample> LiftRows::behindOneContext(const std::vector<Sample> &segments) const {
  std::vector<Sample> rows;
  for (size_t begin = 0, end = 0; begin < segments.size(); begin = end) {
    int64_t tokens = segments[end++].size();
    while (end < segments.size() && (end - begin < 2 || tokens + segments[end].size() - common_ <= *mostShared_))
      tokens += segments[end++].size() - common_;
    rows.push_back(end - begin == 1 ? segments[begin] : joinBehind(std::span(segments).subspan(begin, end - begin), common_));
  }
  return rows;
}

int64_t LiftRows::gpuStepTokens() const {
  constexpr int64_t least = 256, most = 4096, ofOthers = 1024;
  int64_t longest = 0;
  for (size_t i = 0; i < (others_ ? otherSizes.size() : 1); ++i)
    longest = std::max(longest, tokensOf(ofEpoch(plan_.segmentEpochs + static_cast<int64_t>(i))));
  return std::clamp(longest * 5 / 4, least, most + plan_.otherRows * ofOthers); // other passes have a little more
}

std::vector<Sample> LiftRows::ofEpoch(int64_t epoch) const {
  std::vector<Sample> rows;
  for (size_t i = 0; i < pieces_.size(); ++i)
    if (static_cast<int64_t>(i) % counts_.shares == epoch % counts_.shares)
      rows.push_back(pieces_[i]);
  if (common_ > 0 && mostShared_)
    rows = behindOneContext(rows);
  if (epoch >= plan_.segmentEpochs)
    for (auto make : {&LiftRows::questionsOf, &LiftRows::othersOf})
      std::ranges::move((this->*make)(epoch), std::back_inserter(rows));
  return rows;
}

} // namespace longc
