// `eval perplexity-vs-context`: how well passages of a text are predicted with more and more of what stands before them in memory.
#include "runtime/core/Chart.h"
#include "runtime/core/Format.h"
#include "runtime/core/Json.h"
#include "runtime/core/Log.h"
#include "runtime/core/OutputFile.h"
#include "runtime/tools/commands/AnswerJudge.h"
#include "runtime/tools/commands/EvalLengths.h"
#include "runtime/tools/commands/ReadWindows.h"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace longc {
namespace {

struct Row {
  int64_t context = 0, tokens = 0;
  double surprise = 0, seconds = 0;
  double mean() const { return surprise / static_cast<double>(std::max<int64_t>(tokens, 1)); }
};

// Sums the surprise of a passage's tokens after its first, read into the window behind a memory.
Status judgePassage(Session &session, std::span<const int32_t> passage, Row &row) {
  const auto piece = static_cast<size_t>(session.marks().policy().lastContext);
  for (size_t begin = 0; begin < passage.size(); begin += piece) {
    IngestOptions options;
    options.rows = IngestOptions::Rows::all;
    options.onLogits = [&](int64_t index, std::span<const float> logits) {
      const size_t next = begin + static_cast<size_t>(index) + 1;
      if (next < passage.size()) {
        row.surprise += surpriseOf(logits, passage[next]);
        ++row.tokens;
      }
      return Status();
    };
    LONGC_TRY(session.ingest(passage.subspan(begin, std::min(piece, passage.size() - begin)), options));
  }
  return {};
}

struct Plan {
  std::vector<int64_t> contexts;
  int64_t passages, passageTokens;
};

// Passages spread evenly over what has enough text before it, the same for all lengths.
Result<std::vector<int64_t>> placesOf(const Plan &plan, int64_t size) {
  const int64_t longest = *std::ranges::max_element(plan.contexts), room = size - longest - plan.passageTokens;
  if (room < 0)
    return Status::error(5403, formatText("the text has %s tokens; a context of %s and a passage of %s need %s", formatCount(size).c_str(),
                                          formatCount(longest).c_str(), formatCount(plan.passageTokens).c_str(),
                                          formatCount(longest + plan.passageTokens).c_str()),
                         "give a longer text or smaller --lengths");
  std::vector<int64_t> places;
  for (int64_t i = 0; i < plan.passages; ++i)
    places.push_back(longest + (plan.passages > 1 ? room * i / (plan.passages - 1) : room));
  return places;
}

std::string toJson(const std::vector<Row> &rows, const OpenedModel &model, const Plan &plan) {
  JsonWriter json;
  json.beginObject();
  json.key("task").text("perplexity-vs-context");
  json.key("ingest").text(ingestName(model.options.ingest));
  json.key("memory_temperature").text(model.options.temperature.text());
  json.key("window").integer(model.options.policy.window);
  json.key("overlap").integer(model.options.overlap);
  json.key("passages").integer(plan.passages);
  json.key("passage_tokens").integer(plan.passageTokens);
  json.key("lengths").beginArray();
  for (const Row &row : rows) {
    json.beginObject();
    json.key("context").integer(row.context);
    json.key("tokens").integer(row.tokens);
    json.key("mean_surprise").number(row.mean());
    json.key("perplexity").number(std::exp(row.mean()));
    json.key("seconds").number(row.seconds).endObject();
  }
  return json.endArray().endObject().str() + "\n";
}

std::string plotOf(const std::vector<Row> &rows) {
  Chart chart{"perplexity against context in memory", "tokens of memory (1: none)", "perplexity", {{"perplexity", "#1f5fbf", 2, {}}}, true};
  for (const Row &row : rows)
    chart.lines.front().points.push_back({static_cast<double>(std::max<int64_t>(row.context, 1)), std::exp(row.mean())});
  return draw(chart);
}

Result<Plan> planOf(const Arguments &arguments) {
  auto lengths = numbersOf(arguments, "lengths");
  if (!lengths.ok())
    return lengths.status();
  auto count = arguments.integer("count", 1, 100000);
  if (!count.ok())
    return count.status();
  if (!arguments.has("text"))
    return Status::error(1006, "there is no text", "give --text FILE");
  return Plan{std::move(*lengths), *count, 0};
}

Status measureRow(ReadWindows &windows, const std::vector<int32_t> &text, const std::vector<int64_t> &places, int64_t tokens, Row &row) {
  const auto start = std::chrono::steady_clock::now();
  const std::span<const int32_t> all(text);
  for (int64_t place : places) {
    auto session = windows.sessionBehind(all.subspan(static_cast<size_t>(place - row.context), static_cast<size_t>(row.context)));
    if (!session.ok())
      return session.status();
    LONGC_TRY(judgePassage(**session, all.subspan(static_cast<size_t>(place), static_cast<size_t>(tokens)), row));
  }
  row.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return {};
}

Status runContext(const Arguments &arguments) {
  auto plan = planOf(arguments);
  if (!plan.ok())
    return plan.status();
  if (arguments.has("plot"))
    LONGC_TRY(OutputFile::check(arguments.text("plot")));
  auto model = OpenedModel::open(arguments);
  if (!model.ok())
    return model.status();
  auto text = model->encodeFile(arguments.text("text"));
  if (!text.ok())
    return text.status();
  plan->passageTokens = model->options.policy.window;
  auto places = placesOf(*plan, static_cast<int64_t>(text->size()));
  if (!places.ok())
    return places.status();
  auto windows = ReadWindows::create(*model);
  if (!windows.ok())
    return windows.status();
  logNote(model->engine().device().describe());
  std::vector<Row> rows;
  for (int64_t context : plan->contexts) {
    Row row{.context = context};
    LONGC_TRY(measureRow(*windows, *text, *places, plan->passageTokens, row));
    rows.push_back(row);
    if (!arguments.flag("json"))
      LONGC_TRY(printText(formatText("%10s tokens of context: perplexity %.4f over %s tokens (%.1f s)\n", formatCount(context).c_str(),
                                     std::exp(row.mean()), formatCount(row.tokens).c_str(), row.seconds)));
  }
  LONGC_TRY(model->loaded.report());
  if (arguments.has("plot"))
    LONGC_TRY(OutputFile::write(arguments.text("plot"), plotOf(rows)));
  return arguments.flag("json") ? printText(toJson(rows, *model, *plan)) : Status();
}

} // namespace

const Command evalContextCommand = {"eval perplexity-vs-context", "how passages of a text are predicted with more and more of it in memory",
                                    modelOptions({"count", "json", "lengths", "plot", "text"}), runContext,
                                    "\n--lengths are the tokens of memory before a passage of one window (0: none); --count passages are spread over --text.\n"};

} // namespace longc
