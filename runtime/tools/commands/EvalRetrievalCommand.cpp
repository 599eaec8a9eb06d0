// `eval passkey` and `eval needle`: what the model finds of what was hidden in texts of several lengths. Filler is the same for
// all prompts, so with windows that are read alone it is read once, and then only the windows that hold what is hidden.
#include "runtime/core/Chart.h"
#include "runtime/core/Format.h"
#include "runtime/core/Json.h"
#include "runtime/core/Log.h"
#include "runtime/core/OutputFile.h"
#include "runtime/tools/commands/AnswerJudge.h"
#include "runtime/tools/commands/EvalLengths.h"
#include "runtime/tools/commands/PasskeyPrompt.h"
#include "runtime/tools/commands/ReadWindows.h"

#include <chrono>

namespace longc {
namespace {

constexpr PasskeyWords needleWords = {
    "\nThe harbour of Velmora has the number ", ". Ships ask for it at night.\n", "\nWhich number has the harbour of Velmora? The harbour of Velmora has the number", ""};

struct Row {
  int64_t length = 0;
  double depth = -1; // of a needle, 0 to 1
  int64_t count = 0, correct = 0, begun = 0;
  double logProbability = 0, seconds = 0; // sums

  double accuracy() const { return static_cast<double>(correct) / static_cast<double>(count); }
  double meanLogProbability() const { return logProbability / static_cast<double>(count); }
};

struct Task {
  const char *name;
  PasskeyWords words;
  std::vector<double> depths; // none: anywhere
};

class Retrieval {
public:
  Retrieval(const OpenedModel &model, const Task &task, std::vector<int32_t> text, uint64_t seed, ReadWindows windows)
      : model_(model), task_(task), text_(std::move(text)), seed_(seed), windows_(std::move(windows)) {}

  Status run(const std::vector<int64_t> &lengths, int64_t count, bool quiet) {
    for (int64_t length : lengths)
      for (double depth : task_.depths.empty() ? std::vector<double>{-1} : task_.depths) {
        LONGC_TRY(runRow(length, depth, count));
        if (!quiet)
          LONGC_TRY(printText(describe(rows_.back())));
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
    json.key("windows_read").integer(windows_.windowsRead());
    if (windows_.isAlone())
      json.key("whole_read_equal").boolean(wholeReadEqual_);
    json.key("lengths").beginArray();
    for (const Row &row : rows_) {
      json.beginObject();
      json.key("length").integer(row.length);
      if (row.depth >= 0)
        json.key("depth").number(row.depth);
      json.key("count").integer(row.count);
      json.key("correct").integer(row.correct);
      json.key("correct_once_begun").integer(row.begun);
      json.key("accuracy").number(row.accuracy());
      json.key("log_probability").number(row.meanLogProbability());
      json.key("seconds").number(row.seconds).endObject();
    }
    return json.endArray().endObject().str() + "\n";
  }

  std::string plot() const {
    static const char *const colors[] = {"#1f5fbf", "#c0392b", "#2e8b57", "#8e44ad", "#d68910"};
    Chart chart{std::string("eval ") + task_.name, "tokens", "% right", {}, true};
    for (const Row &row : rows_) {
      std::string name = row.depth < 0 ? std::string("all places") : formatText("depth %.0f %%", 100 * row.depth);
      auto line = std::ranges::find(chart.lines, name, &ChartLine::name);
      if (line == chart.lines.end())
        line = chart.lines.insert(line, {name, colors[chart.lines.size() % 5], 2, {}});
      line->points.push_back({static_cast<double>(row.length), 100 * row.accuracy()});
    }
    return draw(chart);
  }

private:
  static std::string describe(const Row &row) {
    return formatText("%10s tokens%s: %lld of %lld right, log-probability %.3f (%.1f s)\n", formatCount(row.length).c_str(),
                      row.depth < 0 ? "" : formatText(", depth %3.0f %%", 100 * row.depth).c_str(), static_cast<long long>(row.correct),
                      static_cast<long long>(row.count), row.meanLogProbability(), row.seconds);
  }

  Status runRow(int64_t length, double depth, int64_t count) {
    Row row{.length = length, .depth = depth, .count = count};
    PasskeyPrompts prompts(model_.tokenizer, length, seed_ + static_cast<uint64_t>(length), text_, task_.words);
    const auto start = std::chrono::steady_clock::now();
    for (int64_t index = 0; index < count; ++index) {
      auto prompt = prompts.nextInPlace(depth);
      if (!prompt.ok())
        return prompt.status();
      if (rows_.empty() && index == 0 && windows_.isAlone())
        LONGC_TRY(compareWholeRead(prompt->tokens));
      auto session = windows_.session(prompt->tokens);
      if (!session.ok())
        return session.status();
      auto judgement = judgeAnswer(**session, {}, prompt->expected);
      if (!judgement.ok())
        return judgement.status();
      row.correct += judgement->right;
      row.begun += judgement->rightOnceBegun;
      row.logProbability += judgement->logProbability;
    }
    row.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    rows_.push_back(row);
    return {};
  }

  // Once: the way prompts are put together here changes no bit.
  Status compareWholeRead(std::span<const int32_t> tokens) {
    auto equal = windows_.equalsWholeRead(tokens);
    if (!equal.ok())
      return equal.status();
    wholeReadEqual_ = *equal;
    if (!*equal && model_.options.policy.window % pageRows == 0)
      return Status::error(5302, "windows that were put together gave other logits than a whole read", "please report this");
    return {};
  }

  const OpenedModel &model_;
  const Task &task_;
  std::vector<int32_t> text_;
  uint64_t seed_;
  ReadWindows windows_;
  std::vector<Row> rows_;
  bool wholeReadEqual_ = false;
};

Status runRetrieval(const Arguments &arguments, const Task &task) {
  auto lengths = numbersOf(arguments, "lengths");
  if (!lengths.ok())
    return lengths.status();
  auto count = arguments.integer("count", 1, 100000);
  if (!count.ok())
    return count.status();
  auto seed = seedOf(arguments);
  if (!seed.ok())
    return seed.status();
  if (arguments.has("plot"))
    LONGC_TRY(OutputFile::check(arguments.text("plot")));
  auto model = OpenedModel::open(arguments);
  if (!model.ok())
    return model.status();
  auto text = model->fillerText(arguments);
  if (!text.ok())
    return text.status();
  auto windows = ReadWindows::create(*model);
  if (!windows.ok())
    return windows.status();
  logNote(model->engine().device().describe());
  Retrieval retrieval(*model, task, std::move(*text), *seed, std::move(*windows));
  LONGC_TRY(retrieval.run(*lengths, *count, arguments.flag("json")));
  model->loaded.report();
  if (arguments.has("plot"))
    LONGC_TRY(OutputFile::write(arguments.text("plot"), retrieval.plot()));
  return arguments.flag("json") ? printText(retrieval.toJson()) : Status();
}

Status runPasskeys(const Arguments &arguments) { return runRetrieval(arguments, {"passkey", passkeyWords, {}}); }

Status runNeedles(const Arguments &arguments) { return runRetrieval(arguments, {"needle", needleWords, {0, 0.25, 0.5, 0.75, 1}}); }

} // namespace

const Command evalNeedleCommand = {"eval needle", "a number hidden at five depths of texts of several lengths",
                                   modelOptions({"count", "json", "lengths", "plot", "seed", "text"}), runNeedles};

const Command evalPasskeyCommand = {"eval passkey", "pass keys hidden anywhere in texts of several lengths",
                                    modelOptions({"count", "json", "lengths", "plot", "seed", "text"}), runPasskeys,
                                    "\nFiller is read once for all prompts where windows are read alone (--ingest window); then only the windows with the key.\n"};

} // namespace longc
