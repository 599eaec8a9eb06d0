// Checkpoints of a folder, seen by a command.
#include "runtime/tools/commands/TrainFolder.h"

#include "runtime/core/ExitCode.h"
#include "runtime/core/Format.h"
#include "runtime/core/Log.h"
#include "runtime/core/OutputFile.h"

#include <filesystem>

namespace longc {
namespace {

constexpr int folderInUse = 8061;

} // namespace

Status prepareTrainFolder(const std::string &folder, bool resume) {
  if (!checkpointSteps(folder).empty() && !resume)
    return Status::error(folderInUse, longc::quoted(folder) + " holds the state of a training",
                         "--resume goes on with it; else give another --out, or remove the folder");
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error)
    return Status::error(4001, "cannot write '" + folder + "': " + error.message(), "check the path and its permissions");
  return OutputFile::check(folder + "/train.jsonl");
}

Status goOnFrom(const std::string &folder, const ParameterList &list, const TrainSettings &settings, Trainer &trainer) {
  auto loaded = loadCheckpoint(folder, list, settings, trainer.state());
  if (!loaded.ok())
    return loaded.status();
  if (!trainer.hasPlace())
    return Status::error(checkpointDamaged, longc::quoted(folder) + ": its state stands at a step that the data does not have",
                         "remove its checkpoints to begin again, or put back those that training wrote");
  for (const Status &damaged : loaded->passedOver)
    logWarning(damaged.message() + "; an older checkpoint is taken");
  logNote(loaded->found ? formatText("going on from step %lld", static_cast<long long>(trainer.state().step))
                        : "no checkpoint in " + longc::quoted(folder) + ": beginning at step 0");
  return {};
}

Status cancelledTraining(const std::string &folder, int64_t step) {
  if (step == 0)
    return Status::error(cancelledCode, "cancelled before the first step: nothing was learnt");
  return Status::error(cancelledCode, formatText("cancelled after step %lld; its state is in ", static_cast<long long>(step)) + longc::quoted(folder),
                       "the same command with --resume goes on from there");
}

} // namespace longc
