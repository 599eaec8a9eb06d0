// Passages, facts and questions put together.
#include "runtime/train/FactRows.h"

#include "runtime/core/Format.h"
#include "runtime/train/Draws.h"

#include <algorithm>
#include <numeric>

namespace longc {
namespace {

// What counts: the answers and that they end. The words of facts and questions are few and alike; a text is a text.
constexpr float textWeight = 1, wordWeight = 0.1f, answerWeight = 20;
constexpr double chatShare = 0.25; // of the questions, where there is a template
constexpr double namelessBatches = 0.5, namelessShare = 0.25; // of the rows that read the one that tells it

// So many facts and questions in a row of 2,048 tokens, in shorter ones two at least.
int64_t factsOf(int64_t length) { return std::max<int64_t>(2, length * 6 / 2048); }
int64_t questionsOf(int64_t length) { return std::max<int64_t>(2, length * 8 / 2048); }

constexpr uint64_t apart = 0x9E3779B97F4A7C15u, judgedStep = 1ull << 40;

} // namespace

std::vector<int32_t> readRowsAlone(int64_t rows, int64_t range) {
  std::vector<int32_t> pairs;
  for (int64_t reader = 1; reader < rows; reader += 2)
    for (int64_t read = std::max<int64_t>(0, reader + 1 - 2 * range); read < reader; read += 2)
      pairs.insert(pairs.end(), {static_cast<int32_t>(reader), static_cast<int32_t>(read)});
  return pairs;
}

struct FactRowMaker::Piece {
  std::vector<int32_t> tokens;
  std::vector<float> weights;

  void add(const std::vector<int32_t> &more, float weight) {
    tokens.insert(tokens.end(), more.begin(), more.end());
    weights.insert(weights.end(), more.size(), weight);
  }
};

Result<FactRowMaker> FactRowMaker::create(const Tokenizer &tokenizer, std::vector<FactText> texts, const FactRowOptions &options,
                                          Chat chat) {
  for (const FactText &text : texts)
    if (static_cast<int64_t>(text.tokens.size()) < options.length)
      return Status::error(factTextTooShort,
                           quoted(text.name) + formatText(": its %s tokens are fewer than a row's %s", formatCount(text.tokens.size()).c_str(),
                                                          formatCount(options.length).c_str()),
                           "give longer texts or a smaller --seq-len");
  return FactRowMaker(tokenizer, std::move(texts), options, std::move(chat));
}

FactRowMaker::Piece FactRowMaker::told(const Fact &fact) const {
  Piece piece;
  piece.add(tokenizer_->encode("\n" + fact.sentence + "\n", false), wordWeight);
  return piece;
}

// In the text, the question is followed by the fact's own sentence, as far as the answer.
Result<FactRowMaker::Piece> FactRowMaker::asked(const Fact &fact, bool asChat) const {
  Piece piece;
  if (!asChat) {
    const size_t before = fact.sentence.find(fact.answer) - 1; // behind a space
    piece.add(tokenizer_->encode("\n" + fact.question + " " + fact.sentence.substr(0, before), false), wordWeight);
    piece.add(tokenizer_->encode(" " + fact.answer + ".", false), answerWeight);
    piece.add(tokenizer_->encode("\n", false), wordWeight);
    return piece;
  }
  auto chat = chat_(fact);
  if (!chat.ok())
    return chat.status();
  piece.tokens = std::move(chat->tokens);
  for (float weight : chat->weights)
    piece.weights.push_back(weight * answerWeight);
  return piece;
}

// What the row tells and asks, at random places of the passage that it goes on with.
Result<Sample> FactRowMaker::write(FactRow &row, Draws &draws) const {
  std::vector<Piece> pieces;
  for (const Fact &fact : row.facts)
    pieces.push_back(told(fact));
  for (const AskedFact &question : row.questions) {
    auto piece = asked(question.fact, chat_ && draws.uniform() < chatShare);
    if (!piece.ok())
      return piece.status();
    pieces.push_back(std::move(*piece));
  }
  const std::vector<int32_t> &text = texts_[row.text].tokens;
  auto room = options_.length;
  for (const Piece &piece : pieces)
    room -= static_cast<int64_t>(piece.tokens.size());
  if (room < 1)
    return Status::error(factRowsTooShort,
                         formatText("rows of %lld tokens have no room for %zu facts and questions of %lld", static_cast<long long>(options_.length),
                                    pieces.size(), static_cast<long long>(options_.length - room)),
                         "give a larger --seq-len");
  draws.shuffle(pieces);
  std::vector<size_t> places;
  for (size_t i = 0; i < pieces.size(); ++i)
    places.push_back(draws.below(static_cast<size_t>(room)));
  std::ranges::sort(places);
  Sample sample;
  size_t taken = 0;
  auto goOn = [&](size_t until) {
    for (; taken < until; ++taken) {
      sample.tokens.push_back(text[(static_cast<size_t>(row.begin) + taken) % text.size()]);
      sample.weights.push_back(textWeight);
    }
  };
  for (size_t i = 0; i < pieces.size(); ++i) {
    goOn(places[i]);
    sample.tokens.insert(sample.tokens.end(), pieces[i].tokens.begin(), pieces[i].tokens.end());
    sample.weights.insert(sample.weights.end(), pieces[i].weights.begin(), pieces[i].weights.end());
  }
  goOn(static_cast<size_t>(room));
  row.end = row.begin + room;
  sample.weights.front() = 0;
  return sample;
}

Result<FactBatch> FactRowMaker::make(int64_t step, int64_t range) const {
  const uint64_t seed = options_.seed + (static_cast<uint64_t>(step) + 1) * apart;
  Draws draws(seed);
  const int64_t perRow = factsOf(options_.length);
  const std::vector<Fact> facts = makeFacts(options_.rows * perRow, seed);
  std::vector<size_t> ends; // of the texts, side by side
  for (const FactText &text : texts_)
    ends.push_back((ends.empty() ? 0 : ends.back()) + text.tokens.size());
  std::optional<Fact> nameless;
  int64_t tells = -1; // the row
  if (options_.nameless && draws.uniform() < namelessBatches) {
    nameless = makeNamelessFact(*options_.nameless, seed);
    tells = static_cast<int64_t>(draws.below(static_cast<size_t>(std::max<int64_t>(1, options_.rows / 2))));
  }
  FactBatch made;
  made.batch.range = range;
  made.batch.crossRows = options_.alone ? readRowsAlone(options_.rows, range) : readEarlierRows(options_.rows, range);
  for (int64_t number = 0; number < options_.rows; ++number) {
    FactRow row;
    row.document = number / options_.together;
    if (number % options_.together == 0) {
      const size_t place = draws.below(ends.back());
      row.text = static_cast<size_t>(std::ranges::upper_bound(ends, place) - ends.begin());
      row.begin = static_cast<int64_t>(place - (ends[row.text] - texts_[row.text].tokens.size()));
    } else {
      row.text = made.rows.back().text;
      row.begin = made.rows.back().end;
    }
    row.facts.assign(facts.begin() + number * perRow, facts.begin() + (number + 1) * perRow);
    if (number == tells)
      row.facts.push_back(*nameless);
    const std::vector<int32_t> &pairs = made.batch.crossRows;
    for (size_t pair = 0; pair < pairs.size(); pair += 2)
      if (const int32_t earlier = pairs[pair + 1]; pairs[pair] == number)
        for (const Fact &fact : made.rows[static_cast<size_t>(earlier)].facts)
          row.questions.push_back({fact, earlier});
    draws.shuffle(row.questions);
    if (nameless && draws.uniform() < namelessShare) // first: one of so many is seldom asked for
      std::ranges::stable_partition(row.questions, [&](const AskedFact &asked) { return asked.fact.question == nameless->question; });
    row.questions.resize(std::min(row.questions.size(), static_cast<size_t>(questionsOf(options_.length))));
    auto sample = write(row, draws);
    if (!sample.ok())
      return sample.status();
    sample->line = number;
    made.batch.rows.push_back(std::move(*sample));
    made.rows.push_back(std::move(row));
  }
  return made;
}

Result<FactBatch> FactRowMaker::makeJudged(int64_t range) const {
  auto made = make(static_cast<int64_t>(judgedStep), range);
  if (made.ok())
    for (Sample &sample : made->batch.rows)
      for (float &weight : sample.weights)
        weight = weight == answerWeight ? 1 : 0;
  return made;
}

} // namespace longc
