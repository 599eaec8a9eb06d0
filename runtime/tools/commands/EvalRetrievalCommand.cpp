// `eval passkey` and `eval needle`: what the model finds of what was hidden in texts of several lengths. Filler is the same for
// all prompts, so with windows that are read alone it is read once, and then only the windows that hold what is hidden.
#include "runtime/core/Format.h"
#include "runtime/core/Log.h"
#include "runtime/tools/commands/AnswerJudge.h"
#include "runtime/tools/commands/EvalLengths.h"
#include "runtime/tools/commands/Evaluation.h"
#include "runtime/tools/commands/PasskeyPrompt.h"

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
};

class Retrieval final : public Evaluation {
public:
  /// `depths`: where in a text, 0 to 1; none: anywhere.
  Retrieval(EvaluationSetting setting, const Task &task, std::vector<int64_t> lengths, std::vector<double> depths, std::vector<int32_t> text)
      : setting_(setting), task_(task), lengths_(std::move(lengths)), depths_(std::move(depths)), text_(std::move(text)) {}

  Status run() override {
    for (int64_t length : lengths_)
      for (double depth : depths_.empty() ? std::vector<double>{-1} : depths_) {
        LONGC_TRY(runRow(length, depth, setting_.count));
        if (!setting_.quiet)
          LONGC_TRY(printText(describe(rows_.back())));
      }
    return {};
  }

  void write(JsonWriter &json) const override {
    json.key("windows_read").integer(setting_.reader.windows().windowsRead());
    if (comparesWholeRead())
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
    json.endArray();
  }

  Chart chart() const override {
    static const char *const colors[] = {"#1f5fbf", "#c0392b", "#2e8b57", "#8e44ad", "#d68910"};
    Chart chart{std::string("eval ") + task_.name, "tokens", "% right", {}, true};
    for (const Row &row : rows_) {
      std::string name = row.depth < 0 ? std::string("all places") : formatText("depth %.0f %%", 100 * row.depth);
      auto line = std::ranges::find(chart.lines, name, &ChartLine::name);
      if (line == chart.lines.end())
        line = chart.lines.insert(line, {name, colors[chart.lines.size() % 5], 2, {}});
      line->points.push_back({static_cast<double>(row.length), 100 * row.accuracy()});
    }
    return chart;
  }

private:
  static std::string describe(const Row &row) {
    return formatText("%10s tokens%s: %lld of %lld right, log-probability %.3f (%.1f s)\n", formatCount(row.length).c_str(),
                      row.depth < 0 ? "" : formatText(", depth %3.0f %%", 100 * row.depth).c_str(), static_cast<long long>(row.correct),
                      static_cast<long long>(row.count), row.meanLogProbability(), row.seconds);
  }

  Status runRow(int64_t length, double depth, int64_t count) {
    Row row{.length = length, .depth = depth, .count = count};
    PasskeyPrompts prompts(setting_.model.tokenizer, length, setting_.seed + static_cast<uint64_t>(length), text_, task_.words);
    const auto start = std::chrono::steady_clock::now();
    for (int64_t index = 0; index < count; ++index) {
      auto prompt = prompts.nextInPlace(depth);
      if (!prompt.ok())
        return prompt.status();
      if (rows_.empty() && index == 0 && comparesWholeRead())
        LONGC_TRY(compareWholeRead(prompt->tokens));
      const std::span<const int32_t> tokens = prompt->tokens;
      const size_t asked = tokens.size() - static_cast<size_t>(prompt->question);
      auto session = setting_.reader.session(tokens.first(asked), tokens.subspan(asked));
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

  bool comparesWholeRead() const { return setting_.reader.windows().isAlone() && setting_.reader.pieces() == 0; }

  // Once: the way prompts are put together here changes no bit.
  Status compareWholeRead(std::span<const int32_t> tokens) {
    auto equal = setting_.reader.windows().equalsWholeRead(tokens);
    if (!equal.ok())
      return equal.status();
    wholeReadEqual_ = *equal;
    if (!*equal && setting_.model.options.policy.window % pageRows == 0)
      return Status::error(5302, "windows that were put together gave other logits than a whole read", "please report this");
    return {};
  }

  EvaluationSetting setting_;
  const Task &task_;
  std::vector<int64_t> lengths_;
  std::vector<double> depths_;
  std::vector<int32_t> text_;
  std::vector<Row> rows_;
  bool wholeReadEqual_ = false;
};

Result<std::vector<double>> depthsOf(const Arguments &arguments) {
  auto percents = numbersOf(arguments, "depths");
  if (!percents.ok())
    return percents.status();
  std::vector<double> depths;
  for (int64_t percent : *percents) {
    if (percent > 100)
      return Status::error(1003, "--depths: expected percents from 0 to 100", "for example 0,50,100");
    depths.push_back(static_cast<double>(percent) / 100);
  }
  return depths;
}

Status runRetrieval(const Arguments &arguments, const Task &task, std::vector<double> depths) {
  auto lengths = numbersOf(arguments, "lengths");
  if (!lengths.ok())
    return lengths.status();
  return evaluate(arguments, task.name, [&](const EvaluationSetting &setting) -> Result<std::unique_ptr<Evaluation>> {
    auto text = setting.model.fillerText(arguments);
    if (!text.ok())
      return text.status();
    return std::unique_ptr<Evaluation>(std::make_unique<Retrieval>(setting, task, *lengths, depths, std::move(*text)));
  });
}

Status runPasskeys(const Arguments &arguments) { return runRetrieval(arguments, {"passkey", passkeyWords}, {}); }

Status runNeedles(const Arguments &arguments) {
  auto depths = depthsOf(arguments);
  return depths.ok() ? runRetrieval(arguments, {"needle", needleWords}, *depths) : depths.status();
}

} // namespace

const Command evalNeedleCommand = {"eval needle", "a number hidden at several depths of texts of several lengths",
                                   modelOptions({"count", "depths", "json", "lengths", "plot", "retrieve", "seed", "text"}), runNeedles};

const Command evalPasskeyCommand = {"eval passkey", "pass keys hidden anywhere in texts of several lengths",
                                    modelOptions({"count", "json", "lengths", "plot", "retrieve", "seed", "text"}), runPasskeys,
                                    "\nFiller is read once for all prompts where windows are read alone (--ingest window); then only the windows with the key.\n"};

} // namespace longc
