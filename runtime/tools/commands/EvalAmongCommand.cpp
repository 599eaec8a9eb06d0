// `eval dictionary`, `eval distraction` and `eval two-hop`: what the model finds of many things of one kind. A dictionary is nothing but facts;
// for distraction they stand in a text of one length, so that what grows is the number of facts that are not asked about
// (the issue of arXiv 2307.03170, section 3.2); for two-hop what is asked needs two of them, from the two halves of the text.
#include "runtime/core/Format.h"
#include "runtime/core/Log.h"
#include "runtime/tools/commands/AnswerJudge.h"
#include "runtime/tools/commands/EvalLengths.h"
#include "runtime/tools/commands/Evaluation.h"
#include "runtime/tools/commands/PasskeyPrompt.h"
#include "runtime/train/Facts.h"

#include <algorithm>
#include <chrono>

namespace longc {
namespace {

struct Row {
  int64_t facts = 0, tokens = 0; // of a text
  int64_t count = 0, correct = 0;
  double logProbability = 0, seconds = 0; // sums

  double accuracy() const { return static_cast<double>(correct) / static_cast<double>(count); }
  double meanLogProbability() const { return logProbability / static_cast<double>(count); }
};

// What a text tells, and what can be asked about it.
struct Lookup {
  std::vector<Fact> told, asked;
};

Lookup singleFacts(int64_t count, uint64_t seed) {
  std::vector<Fact> facts = makeFacts(count, seed);
  return {facts, facts};
}

// Who looks after whom first, then the numbers.
Lookup chainedFacts(int64_t count, uint64_t seed) {
  Lookup lookup;
  std::vector<FactChain> chains = makeFactChains(count, seed);
  for (const FactChain &chain : chains)
    lookup.told.push_back(chain.link);
  for (const FactChain &chain : chains) {
    lookup.told.push_back(chain.fact);
    lookup.asked.push_back(chain.asked);
  }
  return lookup;
}

struct Task {
  const char *name;
  const char *option; // the numbers of facts
  bool inText;
  int64_t most; // facts that there are names for
  Lookup (*lookup)(int64_t count, uint64_t seed);
};

class Lookups final : public Evaluation {
public:
  Lookups(EvaluationSetting setting, const Task &task, std::vector<int64_t> numbers, std::string filler)
      : setting_(setting), task_(task), numbers_(std::move(numbers)), filler_(std::move(filler)) {}

  Status run() override {
    for (int64_t facts : numbers_) {
      Row row{.facts = facts};
      const auto start = std::chrono::steady_clock::now();
      for (uint64_t seed = setting_.seed; row.count < setting_.count; ++seed) // few facts: several texts
        LONGC_TRY(askAbout(task_.lookup(facts, seed), seed, std::min(facts, setting_.count - row.count), row));
      row.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
      rows_.push_back(row);
      if (!setting_.quiet)
        LONGC_TRY(printText(formatText("%10s facts in %s tokens: %lld of %lld right, log-probability %.3f (%.1f s)\n",
                                       formatCount(row.facts).c_str(), formatCount(row.tokens).c_str(), static_cast<long long>(row.correct),
                                       static_cast<long long>(row.count), row.meanLogProbability(), row.seconds)));
    }
    return {};
  }

  void write(JsonWriter &json) const override {
    json.key("rows").beginArray();
    for (const Row &row : rows_) {
      json.beginObject();
      json.key("facts").integer(row.facts);
      json.key("tokens").integer(row.tokens);
      json.key("count").integer(row.count);
      json.key("correct").integer(row.correct);
      json.key("accuracy").number(row.accuracy());
      json.key("log_probability").number(row.meanLogProbability());
      json.key("seconds").number(row.seconds).endObject();
    }
    json.endArray();
  }

  Chart chart() const override {
    Chart chart{std::string("eval ") + task_.name, "facts", "% right", {{"right", "#1f5fbf", 2, {}}}, true};
    for (const Row &row : rows_)
      chart.lines.front().points.push_back({static_cast<double>(row.facts), 100 * row.accuracy()});
    return chart;
  }

private:
  std::string textOf(const std::vector<Fact> &facts, uint64_t seed) const {
    if (task_.inText)
      return plantFacts(filler_, facts, seed);
    std::string text;
    for (const Fact &fact : facts)
      text += fact.sentence + "\n";
    return text;
  }

  // Questions about `count` facts of a text, spread over it. Each is followed by its answer's beginning, as in a text.
  Status askAbout(const Lookup &lookup, uint64_t seed, int64_t count, Row &row) {
    const Tokenizer &tokenizer = setting_.model.tokenizer;
    std::vector<int32_t> text = tokenizer.encode(textOf(lookup.told, seed), false);
    tokenizer.beginText(text);
    row.tokens = static_cast<int64_t>(text.size());
    for (int64_t i = 0; i < count; ++i) {
      const Fact &fact = lookup.asked[static_cast<size_t>(i * static_cast<int64_t>(lookup.asked.size()) / count)];
      const std::string begun = fact.sentence.substr(0, fact.sentence.find(" " + fact.answer));
      auto session = setting_.reader.session(text, tokenizer.encode("\n" + fact.question + " " + begun, false));
      if (!session.ok())
        return session.status();
      auto judgement = judgeAnswer(**session, {}, tokenizer.encode(" " + fact.answer, false));
      if (!judgement.ok())
        return judgement.status();
      row.correct += judgement->right;
      row.logProbability += judgement->logProbability;
      ++row.count;
    }
    return {};
  }

  EvaluationSetting setting_;
  const Task &task_;
  std::vector<int64_t> numbers_;
  std::string filler_;
  std::vector<Row> rows_;
};

// The beginning of the text, or as much of the standard filler.
Result<std::string> fillerOf(const OpenedModel &model, const Arguments &arguments, int64_t length) {
  auto tokens = model.fillerText(arguments);
  if (!tokens.ok())
    return tokens.status();
  if (tokens->empty()) {
    const auto sentences = static_cast<int64_t>(model.tokenizer.encode(std::string(standardFiller), false).size());
    std::string filler;
    for (int64_t i = 0; i <= length / std::max<int64_t>(sentences, 1) + 1; ++i)
      filler += standardFiller;
    *tokens = model.tokenizer.encode(filler, false);
  }
  if (static_cast<int64_t>(tokens->size()) < length)
    return Status::error(5403, formatText("the text has %s tokens; --length asks for %s", formatCount(static_cast<int64_t>(tokens->size())).c_str(),
                                          formatCount(length).c_str()),
                         "give a longer text or a smaller --length");
  tokens->resize(static_cast<size_t>(length));
  return model.tokenizer.decode(*tokens, true);
}

Result<std::vector<int64_t>> factNumbersOf(const Arguments &arguments, const Task &task) {
  auto numbers = numbersOf(arguments, task.option);
  if (numbers.ok())
    for (int64_t number : *numbers)
      if (number < 1 || number > task.most)
        return Status::error(1003, formatText("--%s: expected numbers from 1 to %s", task.option, formatCount(task.most).c_str()), "for example 1,8,64");
  return numbers;
}

Status runLookups(const Arguments &arguments, const Task &task) {
  auto numbers = factNumbersOf(arguments, task);
  if (!numbers.ok())
    return numbers.status();
  auto length = task.inText ? arguments.integer("length", 1, 100000000) : Result<int64_t>(0);
  if (!length.ok())
    return length.status();
  return evaluate(arguments, task.name, [&](const EvaluationSetting &setting) -> Result<std::unique_ptr<Evaluation>> {
    auto filler = task.inText ? fillerOf(setting.model, arguments, *length) : Result<std::string>("");
    if (!filler.ok())
      return filler.status();
    return std::unique_ptr<Evaluation>(std::make_unique<Lookups>(setting, task, *numbers, std::move(*filler)));
  });
}

Status runDictionary(const Arguments &arguments) { return runLookups(arguments, {"dictionary", "records", false, mostFacts, singleFacts}); }

Status runDistraction(const Arguments &arguments) { return runLookups(arguments, {"distraction", "among", true, mostFacts, singleFacts}); }

Status runTwoHop(const Arguments &arguments) { return runLookups(arguments, {"two-hop", "among", true, mostFacts / 2, chainedFacts}); }

} // namespace

const Command evalDictionaryCommand = {"eval dictionary", "facts looked up in texts that are nothing but facts, by their number",
                                       modelOptions({"count", "json", "plot", "records", "retrieve", "seed"}), runDictionary,
                                       "\n--count questions are asked for each number of facts.\n"};

const Command evalDistractionCommand = {"eval distraction", "a fact looked up in a text among more and more of its kind",
                                        modelOptions({"among", "count", "json", "length", "plot", "retrieve", "seed", "text"}), runDistraction,
                                        "\n--count questions are asked for each number of facts; fewer facts than that stand in several texts.\n"};

const Command evalTwoHopCommand = {"eval two-hop", "questions that need a fact of a text's first half to find one in its second",
                                   modelOptions({"among", "count", "json", "length", "plot", "retrieve", "seed", "text"}), runTwoHop,
                                   "\n--among are pairs of facts: who looks after whom, and a number of the one who does.\n"};

} // namespace longc
