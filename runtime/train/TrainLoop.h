// A training from its first step to its last, in a folder: log, curves, checkpoints, results.
//
//   train.jsonl                      one object a step
//   events.out.tfevents.*, loss.svg  curves
//   checkpoint-STEP.safetensors      the two newest states
//   adapter_model.safetensors, adapter_config.json, or model.safetensors    what was learnt
#pragma once

#include "runtime/train/Checkpoint.h"
#include "runtime/train/EventFile.h"
#include "runtime/train/StepCost.h"
#include "runtime/train/TrainLog.h"
#include "runtime/train/Trainer.h"

#include <chrono>
#include <functional>
#include <string>

namespace longc {

struct LoopOptions {
  std::string folder;
  TrainSettings settings;
  int64_t saveEvery = 0; // steps between checkpoints; 0: as often as costs less than 2 % of the time
  std::span<const Sample> evaluation;
  std::optional<RowBatch> evaluationRows; // instead
  int64_t evalEvery = 0; // steps between evaluations, one more behind the last step for the log; 0: never
  int64_t patience = 0;  // ends after so many evaluations without a better one, with the best values; 0: never
  double seconds = 0;    // ends after the step that reaches it; 0: no limit
  StepCost cost;
  double peak = 0; // operations a second of this machine, for MFU; 0: unknown
  Trainer::Stop stop;
  std::function<void(const StepReport &)> onStep;
  /// Losses of parts of the step, or of the evaluation, that was just run, by name: they are logged as "NAME_loss" and "eval_NAME_loss".
  std::function<std::vector<std::pair<std::string, double>>()> partLosses;
  /// Shares of what is to be said in parts of the evaluation that the values say rightly, by name: they are logged as "eval_NAME_accuracy".
  std::function<Result<std::vector<std::pair<std::string, double>>>(const ParameterArray &values)> partAccuracies;
  /// Writes what was learnt.
  std::function<Status(const ParameterArray &values)> write;
};

enum class LoopEnd { finished, stoppedEarly, outOfTime, interrupted };

struct LoopResult {
  LoopEnd end = LoopEnd::finished;
  int64_t steps = 0, tokens = 0; // of this run, as is the time
  double seconds = 0;
  double firstLoss = 0, lastLoss = 0; // of the whole training
  std::optional<double> bestEvaluation; // the one behind the last step included
};

class TrainLoop {
public:
  /// `trainer` and `step` must outlive this.
  TrainLoop(Trainer &trainer, TrainStep &step, LoopOptions options);

  /// Steps until there are `trainer.options().schedule.steps`, or something else ends it. Whatever ends it, a loss that is
  /// no number included, the last good state is saved and what was learnt is written.
  Result<LoopResult> run();

private:
  using Clock = std::chrono::steady_clock;
  Status steps(LoopResult &result);
  Status evaluate(LoggedStep &logged, bool counts);
  Status log(const StepReport &report, double seconds, LoggedStep &logged);
  void takeParts(const std::string &prefix);
  Status takeAccuracies();
  Status saveWhenDue();
  Status save();
  Status finish();

  Trainer &trainer_;
  TrainStep &step_;
  LoopOptions options_;
  std::optional<TrainLog> log_;
  std::optional<EventFile> events_;
  Clock::time_point saved_;
  double saveSeconds_ = 0; // what the last checkpoint cost
  int64_t savedStep_ = -1;
  bool lastIsBest_ = false; // by the evaluation behind the last step
  std::vector<std::pair<std::string, double>> parts_; // of the step, by key of the log
};

} // namespace longc
