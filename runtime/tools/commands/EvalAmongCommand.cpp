// `eval dictionary` and `eval distraction`: what the model finds of many things of one kind. A dictionary is nothing but facts; for
// distraction they stand in a text of one length, so that what grows is the number of facts that are not asked about
// (the issue of arXiv 2307.03170, section 3.2).
#include "runtime/core/Chart.h"
#include "runtime/core/Format.h"
#include "runtime/core/Json.h"
#include "runtime/core/Log.h"
#include "runtime/core/OutputFile.h"
#include "runtime/tools/commands/AnswerJudge.h"
#include "runtime/tools/commands/EvalLengths.h"
#include "runtime/tools/commands/PasskeyPrompt.h"
#include "runtime/tools/commands/ReadWindows.h"
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

struct Task {
  const char *name;
  const char *option; // the numbers of facts
  bool inText;
};

class Lookups {
public:
  Lookups(const OpenedModel &model, const Task &task, std::string filler, uint64_t seed, ReadWindows windows)
      : model_(model), task_(task), filler_(std::move(filler)), seed_(seed), windows_(std::move(windows)) {}

  Status run(const std::vector<int64_t> &numbers, int64_t count, bool quiet) {
    for (int64_t facts : numbers) {
      Row row{.facts = facts};
      const auto start = std::chrono::steady_clock::now();
      for (uint64_t seed = seed_; row.count < count; ++seed) // few facts: several texts
        LONGC_TRY(askAbout(makeFacts(facts, seed), seed, std::min(facts, count - row.count), row));
      row.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
      rows_.push_back(row);
      if (!quiet)
        LONGC_TRY(printText(formatText("%10s facts in %s tokens: %lld of %lld right, log-probability %.3f (%.1f s)\n",
                                       formatCount(facts).c_str(), formatCount(row.tokens).c_str(), static_cast<long long>(row.correct),
                                       static_cast<long long>(row.count), row.meanLogProbability(), row.seconds)));
    }
    return {};
  }

  std::string toJson() const {
    JsonWriter json;
    json.beginObject();
    json.key("task").text(task_.name);
    json.key("seed").integer(static_cast<int64_t>(seed_));
    json.key("ingest").text(ingestName(model_.options.ingest));
    json.key("memory").boolean(model_.options.policy.memory);
    json.key("window").integer(model_.options.policy.window);
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
    return json.endArray().endObject().str() + "\n";
  }

  std::string plot() const {
    Chart chart{std::string("eval ") + task_.name, "facts", "% right", {{"right", "#1f5fbf", 2, {}}}, true};
    for (const Row &row : rows_)
      chart.lines.front().points.push_back({static_cast<double>(row.facts), 100 * row.accuracy()});
    return draw(chart);
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
  Status askAbout(const std::vector<Fact> &facts, uint64_t seed, int64_t count, Row &row) {
    std::vector<int32_t> text = model_.tokenizer.encode(textOf(facts, seed), false);
    model_.tokenizer.beginText(text);
    row.tokens = static_cast<int64_t>(text.size());
    for (int64_t i = 0; i < count; ++i) {
      const Fact &fact = facts[static_cast<size_t>(i * static_cast<int64_t>(facts.size()) / count)];
      const std::string begun = fact.sentence.substr(0, fact.sentence.find(" " + fact.answer));
      std::vector<int32_t> tokens = text, asked = model_.tokenizer.encode("\n" + fact.question + " " + begun, false);
      tokens.insert(tokens.end(), asked.begin(), asked.end());
      auto session = windows_.session(tokens);
      if (!session.ok())
        return session.status();
      auto judgement = judgeAnswer(**session, {}, model_.tokenizer.encode(" " + fact.answer, false));
      if (!judgement.ok())
        return judgement.status();
      row.correct += judgement->right;
      row.logProbability += judgement->logProbability;
      ++row.count;
    }
    return {};
  }

  const OpenedModel &model_;
  const Task &task_;
  std::string filler_;
  uint64_t seed_;
  ReadWindows windows_;
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
      if (number < 1 || number > mostFacts)
        return Status::error(1003, formatText("--%s: expected numbers from 1 to %s", task.option, formatCount(mostFacts).c_str()), "for example 1,8,64");
  return numbers;
}

Status runLookups(const Arguments &arguments, const Task &task) {
  auto numbers = factNumbersOf(arguments, task);
  if (!numbers.ok())
    return numbers.status();
  auto count = arguments.integer("count", 1, 100000);
  if (!count.ok())
    return count.status();
  auto length = task.inText ? arguments.integer("length", 1, 100000000) : Result<int64_t>(0);
  if (!length.ok())
    return length.status();
  auto seed = seedOf(arguments);
  if (!seed.ok())
    return seed.status();
  if (arguments.has("plot"))
    LONGC_TRY(OutputFile::check(arguments.text("plot")));
  auto model = OpenedModel::open(arguments);
  if (!model.ok())
    return model.status();
  auto filler = task.inText ? fillerOf(*model, arguments, *length) : Result<std::string>("");
  if (!filler.ok())
    return filler.status();
  auto windows = ReadWindows::create(*model);
  if (!windows.ok())
    return windows.status();
  logNote(model->engine().device().describe());
  Lookups lookups(*model, task, std::move(*filler), *seed, std::move(*windows));
  LONGC_TRY(lookups.run(*numbers, *count, arguments.flag("json")));
  model->loaded.report();
  if (arguments.has("plot"))
    LONGC_TRY(OutputFile::write(arguments.text("plot"), lookups.plot()));
  return arguments.flag("json") ? printText(lookups.toJson()) : Status();
}

Status runDictionary(const Arguments &arguments) { return runLookups(arguments, {"dictionary", "records", false}); }

Status runDistraction(const Arguments &arguments) { return runLookups(arguments, {"distraction", "among", true}); }

} // namespace

const Command evalDictionaryCommand = {"eval dictionary", "facts looked up in texts that are nothing but facts, by their number",
                                       modelOptions({"count", "json", "plot", "records", "seed"}), runDictionary,
                                       "\n--count questions are asked for each number of facts.\n"};

const Command evalDistractionCommand = {"eval distraction", "a fact looked up in a text among more and more of its kind",
                                        modelOptions({"among", "count", "json", "length", "plot", "seed", "text"}), runDistraction,
                                        "\n--count questions are asked for each number of facts; fewer facts than that stand in several texts.\n"};

} // namespace longc
