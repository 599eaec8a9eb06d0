// Optimizer steps over a set of samples, one call at a time. Whoever calls decides about files, logs and when to end.
//
// Everything is a function of samples, options and step: the order of the data and the first values come from a
// counter-based generator, sums are of fixed pieces. So a training that goes on from a saved state goes on bit for bit.
#pragma once

#include "runtime/train/AdamW.h"
#include "runtime/train/Batching.h"
#include "runtime/train/CrossRows.h"
#include "runtime/train/LossNorm.h"
#include "runtime/train/Schedule.h"
#include "runtime/train/TrainStep.h"

#include <functional>
#include <memory>
#include <optional>

namespace longc {

struct TrainOptions {
  BatchOptions batch; // its seed is that of everything random
  LossNorm norm = LossNorm::sequence;
  AdamWOptions optimizer;
  Schedule schedule;
  double clip = 1;           // most norm of a step's gradient; 0: no limit
  int64_t callTokens = 2048; // packs go through the model together up to so many; a longer one goes alone
  /// Rows of a step (from 0), instead of samples in packs: a function of the step alone. They share one call of the model.
  std::function<Result<RowBatch>(int64_t step)> rows;
  std::function<void(const TrainBatch &)> onCall; // before each call of the model
};

/// Where a training stands. Files carry all of it.
struct TrainState {
  int64_t step = 0;                // optimizer steps done
  int64_t epoch = 0, position = 0; // of the next one: which pass over the samples, which step of its plan
  ParameterArray values;
  Moments moments;
  // Of evaluations: the best one's loss, its values, and how many have come since.
  std::optional<double> bestLoss;
  std::optional<ParameterArray> bestValues;
  int64_t notBetter = 0;

  static Result<TrainState> create(const ParameterList &list);
};

struct StepReport {
  int64_t step = 0;  // from 1
  int64_t epoch = 0; // from 0
  double loss = 0, gradientNorm = 0, rate = 0;
  int64_t sequences = 0, tokens = 0, targets = 0, calls = 0;
  double squares = 0; // the sum of squared lengths: what attention costs
  int64_t range = 0;  // earlier rows that a row reads
};

/// Codes of its errors: a loss or a gradient that is no finite number.
inline constexpr int lossNotFinite = 8031, gradientNotFinite = 8032;

class Trainer {
public:
  /// True when the work at hand should end; asked between calls of the model.
  using Stop = std::function<bool()>;
  /// An error for a step that is not to be done; its loss and gradient are known.
  using Refusal = std::function<Status(const StepReport &)>;

  /// `step` and `samples` must outlive this. A sample that is longer than a pack is one of its own.
  static Result<Trainer> create(TrainStep &step, std::span<const Sample> samples, const TrainOptions &options);

  /// Takes other samples, from the beginning of the pass that comes next. They must outlive this.
  void goOnWith(std::span<const Sample> samples);
  /// Another rate from the next step on, where the schedule is constant.
  void setRate(double rate) { options_.schedule.rate = rate; }

  /// One optimizer step. After an error, that of a stop included, the state is what it was before.
  Result<StepReport> run(const Stop &stop, const Refusal &refusal = {});

  /// Tokens of the step that comes next, of samples.
  int64_t nextTokens();
  /// Seconds of one call of the model with the first `tokens` of them, gradients too, of which nothing stays.
  Result<double> timeCall(int64_t tokens);

  /// The loss of all samples as one step of packs, or of rows as one call, with the values as they are.
  Result<StepReport> judge(std::span<const Sample> samples);
  Result<StepReport> judgeRows(const RowBatch &batch);

  /// With a device that has memory of its own, values and moments lie there from the first step on: brings them into the state. What is
  /// written into those of the state counts before the first step.
  Status fetch();
  /// From now on the values before each step are kept.
  Status keepLast();
  /// Back to those before the last step, if there was one; moments and all else stay.
  Status goBack();

  /// Whether the state stands at a step of the plan of its pass: one that was read from a file might not.
  bool hasPlace();

  TrainState &state() { return state_; }
  const TrainOptions &options() const { return options_; }

private:
  Trainer(TrainStep &step, std::span<const Sample> samples, const TrainOptions &options);
  const BatchPlan &plan();
  Result<StepReport> gradients(const Stop &stop);
  Result<double> lossOf(const TrainBatch &batch);
  Status prepare();
  Result<double> norm();
  Status checkFinite(double loss, double norm);
  Status keep();
  Status update(const StepReport &report);
  void advance();

  TrainStep *step_;
  std::span<const Sample> samples_;
  TrainOptions options_;
  std::vector<int64_t> lengths_;
  BatchPlan plan_; // of epoch `planned_`
  int64_t planned_ = -1;
  TrainState state_;
  ParameterArray gradients_;
  std::optional<ParameterArray> last_;
  bool keepsLast_ = false, hasLast_ = false; // on the device where steps are made there
  std::unique_ptr<HeldTraining> held_; // where steps are made on the device
  bool isHeld_ = false, isFetched_ = true; // which of device and host have the newest values and moments
};

/// The loss of all samples as one step of packs, and with `gradients` the gradients of it (added). Values are only read.
Result<StepReport> judge(TrainStep &step, std::span<const Sample> samples, const TrainOptions &options,
                         const ParameterArray &values, ParameterArray *gradients, const Trainer::Stop &stop);

} // namespace longc
