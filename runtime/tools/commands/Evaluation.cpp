// Options, the model, the report.
#include "runtime/tools/commands/Evaluation.h"

#include "runtime/core/Log.h"
#include "runtime/core/OutputFile.h"
#include "runtime/text/PieceRanking.h"

namespace longc {
namespace {

constexpr int64_t pieceTokens = 128;

std::string toJson(const Evaluation &evaluation, const char *task, const EvaluationSetting &setting) {
  const SessionOptions &options = setting.model.options;
  JsonWriter json;
  json.beginObject();
  json.key("task").text(task);
  json.key("seed").integer(static_cast<int64_t>(setting.seed));
  json.key("ingest").text(ingestName(options.ingest));
  json.key("overlap").integer(options.overlap);
  json.key("memory_temperature").text(options.temperature.text());
  json.key("memory").boolean(options.policy.memory);
  json.key("window").integer(options.policy.window);
  if (setting.reader.pieces() > 0)
    json.key("retrieve").integer(setting.reader.pieces());
  evaluation.write(json);
  return json.endObject().str() + "\n";
}

} // namespace

Result<TextReader> TextReader::create(const OpenedModel &model, const Arguments &arguments) {
  auto pieces = arguments.integer("retrieve", 0, 100000);
  if (!pieces.ok())
    return pieces.status();
  auto windows = ReadWindows::create(model);
  return windows.ok() ? Result<TextReader>(TextReader(std::move(*windows), *pieces)) : windows.status();
}

Result<std::unique_ptr<Session>> TextReader::session(std::span<const int32_t> text, std::span<const int32_t> question) {
  std::vector<int32_t> tokens = pieces_ > 0 ? bestPieces(text, question, pieces_, pieceTokens) : std::vector<int32_t>(text.begin(), text.end());
  tokens.insert(tokens.end(), question.begin(), question.end());
  return windows_.session(tokens);
}

Status evaluate(const Arguments &arguments, const char *task, const MakeEvaluation &make) {
  auto trials = trialsOf(arguments);
  if (!trials.ok())
    return trials.status();
  if (arguments.has("plot"))
    LONGC_TRY(OutputFile::check(arguments.text("plot")));
  auto model = OpenedModel::open(arguments);
  if (!model.ok())
    return model.status();
  auto reader = TextReader::create(*model, arguments);
  if (!reader.ok())
    return reader.status();
  const EvaluationSetting setting{*model, *reader, trials->count, trials->seed, arguments.flag("json")};
  auto evaluation = make(setting);
  if (!evaluation.ok())
    return evaluation.status();
  logNote(model->engine().device().describe());
  LONGC_TRY((*evaluation)->run());
  LONGC_TRY(model->loaded.report());
  if (arguments.has("plot"))
    LONGC_TRY(OutputFile::write(arguments.text("plot"), draw((*evaluation)->chart())));
  return arguments.flag("json") ? printText(toJson(**evaluation, task, setting)) : Status();
}

} // namespace longc
