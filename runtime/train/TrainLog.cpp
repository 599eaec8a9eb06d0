// Reads a log back and goes on with it.
#include "runtime/train/TrainLog.h"

#include "runtime/core/JsonReader.h"
#include "runtime/core/OutputFile.h"

#include <fstream>

namespace longc {
namespace {

// A line that was cut off by the end of its process is none.
bool readLine(const std::string &line, LoggedStep &logged) {
  auto value = JsonValue::read(line);
  if (!value.ok())
    return false;
  const JsonValue *step = value->find("step"), *loss = value->find("loss"), *evalLoss = value->find("eval_loss");
  if (!step || !step->integer() || !loss || !loss->isNumber())
    return false;
  logged = {*step->integer(), loss->number(), std::nullopt};
  if (evalLoss && evalLoss->isNumber())
    logged.evalLoss = evalLoss->number();
  return true;
}

} // namespace

Result<TrainLog> TrainLog::open(const std::string &path, int64_t step) {
  std::string kept;
  std::vector<LoggedStep> steps;
  std::ifstream old(path);
  LoggedStep logged;
  for (std::string line; step > 0 && std::getline(old, line);)
    if (readLine(line, logged) && logged.step <= step) {
      kept += line + '\n';
      steps.push_back(logged);
    }
  LONGC_TRY(OutputFile::write(path, kept));
  auto file = GrowingFile::open(path);
  if (!file.ok())
    return file.status();
  return TrainLog(std::move(*file), std::move(steps));
}

Status TrainLog::add(const LoggedStep &logged, const std::string &line) {
  LONGC_TRY(file_.append(line + '\n'));
  steps_.push_back(logged);
  return {};
}

} // namespace longc
