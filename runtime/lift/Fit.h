// Passes over a text's rows until they are done, the time is up, or somebody asks to stop.
#pragma once

#include "runtime/lift/Rows.h"
#include "runtime/train/Checkpoint.h"
#include "runtime/train/Trainer.h"

#include <chrono>
#include <functional>
#include <string>

namespace longc {

struct LiftFitOptions {
  using Clock = std::chrono::steady_clock;

  double seconds = 0;                   // from `start` on; 0: no limit, all passes of the plan
  Clock::time_point start = Clock::now();
  std::string checkpoints;              // folder of states to go on from; empty: none are written
  int64_t saveEvery = 0;                // steps between them; 0: as often as takes less than 2 % of the time
  TrainSettings settings;               // what a state must have been made with
  double mostLoss = 0;                  // a loss above it has exploded; 0: none is too large
  Trainer::Stop stop;
  /// Of each step that was good, with how many are planned so far.
  std::function<void(const StepReport &report, int64_t planned)> onStep;
};

enum class LiftEnd { finished, outOfTime, interrupted, exploded };

struct LiftFitResult {
  LiftEnd end = LiftEnd::finished;
  Status failure;              // what exploded
  int64_t steps = 0, epochs = 0; // of the whole fit; passes that were completed
  int64_t tokens = 0;          // of all rows that were learnt from
  double firstLoss = 0, lastLoss = 0;
  double loadSeconds = 0, stepSeconds = 0; // from `start` to the first step; of the median step
};

/// Codes of its errors: a budget that is over before a step is done, or would be by what smaller calls took; a loss over `mostLoss`.
inline constexpr int budgetTooShort = 8102, lossTooLarge = 8103;

/// Trains `trainer`, which stands at its beginning or at a state that was loaded. An error means that nothing was learnt; else
/// the values of `trainer.state()` are the last good ones.
Result<LiftFitResult> fitText(Trainer &trainer, TrainStep &step, const LiftRows &rows, const LiftPlan &plan, const LiftFitOptions &options);

} // namespace longc
