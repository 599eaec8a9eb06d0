// `lift fit`: a text becomes an adapter.
#include "runtime/core/ExitCode.h"
#include "runtime/core/Format.h"
#include "runtime/core/Json.h"
#include "runtime/core/Log.h"
#include "runtime/core/OutputFile.h"
#include "runtime/tools/commands/LiftTask.h"
#include "runtime/train/AdapterFiles.h"

#include <filesystem>

namespace longc {
namespace {

const char *endName(LiftEnd end) {
  switch (end) {
  case LiftEnd::finished: return "finished";
  case LiftEnd::outOfTime: return "out of time";
  case LiftEnd::interrupted: return "interrupted";
  case LiftEnd::exploded: return "exploded";
  }
  return "";
}

// States of a fit lie beside its folder, and only until it ends.
class Removed {
public:
  Removed(std::string path, bool atOnce) : path_(std::move(path)) {
    if (atOnce && !checkpointSteps(path_).empty())
      remove();
  }
  ~Removed() { remove(); }
  Removed(const Removed &) = delete;
  Removed &operator=(const Removed &) = delete;

private:
  void remove() const {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  std::string path_;
};

Status report(const Arguments &arguments, const LiftTask &task, const LiftFitResult &result, const LiftAbout &about, const std::string &folder) {
  const LiftCounts &counts = task.rows().counts();
  if (result.end == LiftEnd::outOfTime)
    logNote(formatText("%s s allowed %lld steps, %lld of %lld passes", arguments.text("seconds").c_str(), static_cast<long long>(result.steps),
                       static_cast<long long>(result.epochs), static_cast<long long>(task.plan().epochs)));
  if (!about.readAll)
    logNote(formatText("%lld passes read %lld of the text's %lld parts", static_cast<long long>(result.epochs),
                       static_cast<long long>(result.epochs), static_cast<long long>(counts.shares)));
  if (!arguments.flag("json"))
    return printText(formatText("%lld steps, %lld passes, %s tokens in %.1f s, loss %.4f -> %.4f, wrote %s\n", static_cast<long long>(result.steps),
                                static_cast<long long>(result.epochs), formatCount(result.tokens).c_str(), about.seconds, result.firstLoss,
                                result.lastLoss, folder.c_str()));
  JsonWriter json;
  json.beginObject();
  json.key("seconds").number(about.seconds);
  json.key("tokens").integer(result.tokens);
  json.key("steps").integer(result.steps);
  json.key("loss_first").number(result.firstLoss, 9);
  json.key("loss_last").number(result.lastLoss, 9);
  json.key("epochs").integer(result.epochs);
  json.key("document_tokens").integer(counts.tokens);
  json.key("sentences").integer(counts.sentences);
  json.key("questions").integer(counts.questions);
  json.key("read_all").boolean(about.readAll);
  json.key("load_seconds").number(result.loadSeconds); // of `seconds`, before the first step
  json.key("step_seconds").number(result.stepSeconds); // of the median step
  json.key("recipe").text(about.recipe);
  json.key("end").text(endName(result.end));
  json.key("out").text(folder);
  return printText(json.endObject().str() + "\n");
}

Status runLiftFit(const Arguments &arguments) {
  setQuiet(arguments.flag("quiet"));
  for (const char *name : {"file", "output"})
    if (!arguments.has(name))
      return Status::error(1006, std::string("expected ") + (name[0] == 'f' ? "the text's FILE" : "--output FOLDER"), "see `lift fit --help`");
  auto saveEvery = arguments.integer("save-every", 0, INT32_MAX);
  if (!saveEvery.ok())
    return saveEvery.status();
  const std::string folder = arguments.text("output");
  auto task = LiftTask::of(arguments, arguments.text("file"));
  if (!task.ok())
    return task.status();
  LONGC_TRY(checkAbsorbedPlace(folder));
  if (arguments.has("write-rows"))
    LONGC_TRY(OutputFile::check(arguments.text("write-rows")));
  auto program = openProgram(arguments);
  if (!program.ok())
    return program.status();
  LONGC_TRY(task->prepare(**program));
  const std::string states = folder + ".fit";
  if (arguments.flag("resume"))
    LONGC_TRY(task->goOnFrom(states)); // refused, they stay
  const Removed removed(states, !arguments.flag("resume"));
  auto result = task->fit(states, *saveEvery);
  if (!result.ok())
    return result.status();
  const LiftAbout about = task->about(*result);
  if (arguments.has("write-rows"))
    LONGC_TRY(OutputFile::write(arguments.text("write-rows"), task->recordedRows()));
  LONGC_TRY(writeAbsorbed(folder, **program, task->parameters(), task->values(), about));
  if (result->end == LiftEnd::exploded)
    return Status::error(result->failure.code(), result->failure.message() + formatText("; the adapter of the %lld steps before is in ", static_cast<long long>(result->steps)) +
                                                     longc::quoted(folder),
                         "give a lower --lr");
  LONGC_TRY(report(arguments, *task, *result, about, folder));
  if (result->end == LiftEnd::interrupted)
    return Status::error(cancelledCode, formatText("cancelled after %lld steps: what was learnt so far is in ", static_cast<long long>(result->steps)) + longc::quoted(folder));
  return {};
}

} // namespace

const Command liftFitCommand = {"lift fit",
                                "absorbs a text into an adapter, which `lift ask` asks (programs compiled with --train)",
                                liftOptions({"file", "output", "resume", "save-every", "write-rows"}),
                                runLiftFit,
                                "\nWithout --seconds it takes all passes of its recipe. States to --resume from lie in FOLDER.fit until it ends.\n",
                                "file"};

} // namespace longc
