// Steps: packs to calls, calls to one gradient, the gradient to an update.
#include "runtime/train/Trainer.h"

#include "runtime/core/ExitCode.h"
#include "runtime/core/Format.h"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace longc {
namespace {

std::vector<int64_t> lengthsOf(std::span<const Sample> samples) {
  std::vector<int64_t> lengths;
  for (const Sample &sample : samples)
    lengths.push_back(sample.size());
  return lengths;
}

/// The loss of a batch; may keep its gradients.
using Call = std::function<Result<double>(const TrainBatch &batch)>;

/// Calls for packs that make up a whole step; `crossRows` are numbers of their sequences, which then share a call.
Result<StepReport> pass(std::span<const Sample> samples, const std::vector<Pack> &packs, const TrainOptions &options, const Call &call,
                        const Trainer::Stop &stop, std::span<const int32_t> crossRows = {}) {
  StepReport report;
  for (const Pack &pack : packs) {
    report.sequences += static_cast<int64_t>(pack.sequences.size());
    report.tokens += pack.tokens;
    report.squares += pack.squares;
    for (int32_t sequence : pack.sequences)
      report.targets += samples[static_cast<size_t>(sequence)].targets();
  }
  const std::vector<float> weights = lossWeights(packs, samples, options.norm);
  const int64_t callTokens = crossRows.empty() ? options.callTokens : INT64_MAX;
  for (TrainBatch &batch : makeBatches(packs, samples, weights, callTokens)) {
    batch.crossRows.insert(batch.crossRows.end(), crossRows.begin(), crossRows.end());
    if (stop && stop())
      return Status::error(cancelledCode, "cancelled");
    if (options.onCall)
      options.onCall(batch);
    auto loss = call(batch);
    if (!loss.ok())
      return loss.status();
    report.loss += *loss;
    ++report.calls;
  }
  return report;
}

/// Each row a pack of its own, in their order.
Result<StepReport> passOfRows(const RowBatch &batch, const TrainOptions &options, const Call &call, const Trainer::Stop &stop) {
  std::vector<Pack> packs;
  for (const Sample &row : batch.rows) {
    const auto length = static_cast<double>(row.size());
    packs.push_back({{static_cast<int32_t>(packs.size())}, row.size(), length * length});
  }
  auto report = pass(batch.rows, packs, options, call, stop, batch.crossRows);
  if (report.ok())
    report->range = batch.range;
  return report;
}

/// All samples, packed, in one step.
Result<StepReport> passOfAll(std::span<const Sample> samples, const TrainOptions &options, const Call &call, const Trainer::Stop &stop) {
  BatchOptions batch = options.batch;
  batch.method = BatchMethod::packed;
  batch.batch = static_cast<int64_t>(samples.size());
  return pass(samples, planBatches(lengthsOf(samples), batch).front(), options, call, stop);
}

} // namespace

Result<TrainState> TrainState::create(const ParameterList &list) {
  TrainState state;
  auto values = ParameterArray::create(list, "the trained parameters");
  if (!values.ok())
    return values.status();
  auto moments = Moments::create(list);
  if (!moments.ok())
    return moments.status();
  state.values = std::move(*values);
  state.moments = std::move(*moments);
  return state;
}

Trainer::Trainer(TrainStep &step, std::span<const Sample> samples, const TrainOptions &options)
    : step_(&step), samples_(samples), options_(options), lengths_(lengthsOf(samples)) {}

Result<Trainer> Trainer::create(TrainStep &step, std::span<const Sample> samples, const TrainOptions &options) {
  Trainer trainer(step, samples, options);
  auto state = TrainState::create(step.parameters());
  if (!state.ok())
    return state.status();
  trainer.state_ = std::move(*state);
  auto held = step.hold();
  if (!held.ok())
    return held.status();
  trainer.held_ = std::move(*held);
  auto gradients = ParameterArray::create(step.parameters(), "gradients"); // of a step on the device, when one is not finite
  if (!gradients.ok())
    return gradients.status();
  trainer.gradients_ = std::move(*gradients);
  begin(step.parameters(), options.batch.seed, trainer.state_.values, &step.pool());
  return trainer;
}

void Trainer::goOnWith(std::span<const Sample> samples) {
  samples_ = samples;
  lengths_ = lengthsOf(samples);
  planned_ = -1;
}

// Each pass over the samples has an order of its own; the first is that of the seed itself.
const BatchPlan &Trainer::plan() {
  if (planned_ != state_.epoch) {
    BatchOptions options = options_.batch;
    options.seed += static_cast<uint64_t>(state_.epoch) * 0x9E3779B97F4A7C15u;
    plan_ = planBatches(lengths_, options);
    planned_ = state_.epoch;
  }
  return plan_;
}

bool Trainer::hasPlace() { return options_.rows || static_cast<size_t>(state_.position) < plan().size(); }

void Trainer::advance() {
  ++state_.step;
  if (options_.rows)
    return;
  if (++state_.position < static_cast<int64_t>(plan_.size()))
    return;
  ++state_.epoch;
  state_.position = 0;
}

Status Trainer::checkFinite(double loss, double norm) {
  if (std::isfinite(loss) && std::isfinite(norm))
    return {};
  LONGC_TRY(fetch());
  if (held_)
    LONGC_TRY(held_->gradients(gradients_));
  const ParameterList &list = step_->parameters();
  const TrainedParameter *value = firstNotFinite(list, state_.values), *gradient = firstNotFinite(list, gradients_);
  std::string where = value      ? "; '" + value->name + "' already holds a number that is not finite"
                      : gradient ? "; the first gradient that is not finite is that of '" + gradient->name + "'"
                                 : "";
  const auto number = static_cast<long long>(state_.step + 1);
  const char *hint = "the state before this step is kept; begin anew in another --out, with a lower --lr, a --clip or a --warmup";
  if (!std::isfinite(loss))
    return Status::error(lossNotFinite, formatText("step %lld: the loss is %g", number, loss) + where, hint);
  return Status::error(gradientNotFinite, formatText("step %lld: the norm of the gradient is %g", number, norm) + where, hint);
}

// Of the next step.
Result<StepReport> Trainer::gradients(const Stop &stop) {
  const Call call = [this](const TrainBatch &batch) {
    return held_ ? step_->lossAndGradients(batch, *held_) : step_->lossAndGradients(batch, state_.values, gradients_);
  };
  if (!options_.rows)
    return pass(samples_, plan()[static_cast<size_t>(state_.position)], options_, call, stop);
  auto batch = options_.rows(state_.step);
  return batch.ok() ? passOfRows(*batch, options_, call, stop) : batch.status();
}

// The state is where the step is made, and there are no gradients.
Status Trainer::prepare() {
  if (!held_) {
    std::ranges::fill(gradients_.all(), 0.0f);
    return {};
  }
  if (!isHeld_)
    LONGC_TRY(held_->load(state_.values, state_.moments));
  isHeld_ = true;
  held_->begin();
  return {};
}

Result<double> Trainer::norm() { return held_ ? held_->norm() : Result<double>(normOf(gradients_, step_->pool())); }

Status Trainer::keepLast() {
  keepsLast_ = true;
  if (held_)
    return {};
  auto last = ParameterArray::create(step_->parameters(), "the last good parameters");
  if (last.ok())
    last_ = std::move(*last);
  return last.status();
}

Status Trainer::keep() {
  if (!keepsLast_)
    return {};
  hasLast_ = true;
  if (held_)
    return held_->keep();
  const std::span<const float> from = std::as_const(state_.values).all();
  step_->pool().forRanges(static_cast<int64_t>(from.size()), [&](int, int64_t begin, int64_t end) {
    std::copy(from.begin() + begin, from.begin() + end, last_->all().begin() + begin);
  });
  return {};
}

Status Trainer::update(const StepReport &report) {
  const double scale = clipScale(report.gradientNorm, options_.clip);
  if (!held_) {
    updateAdamW(step_->parameters(), options_.optimizer, report.rate, report.step, scale, gradients_, state_.moments, state_.values, step_->pool());
    return {};
  }
  isFetched_ = false;
  return held_->update(options_.optimizer, report.rate, report.step, scale);
}

Status Trainer::fetch() {
  if (!isFetched_)
    LONGC_TRY(held_->store(state_.values, state_.moments));
  isFetched_ = true;
  return {};
}

Status Trainer::goBack() {
  LONGC_TRY(fetch());
  if (!hasLast_)
    return {};
  isHeld_ = hasLast_ = false;
  if (held_)
    return held_->kept(state_.values);
  std::ranges::copy(std::as_const(*last_).all(), state_.values.all().begin());
  return {};
}

Result<StepReport> Trainer::run(const Stop &stop, const Refusal &refusal) {
  LONGC_TRY(prepare());
  auto report = gradients(stop);
  if (!report.ok())
    return report;
  report->step = state_.step + 1;
  report->epoch = state_.epoch;
  report->rate = options_.schedule.at(state_.step);
  auto norm = this->norm();
  if (!norm.ok())
    return norm.status();
  report->gradientNorm = *norm;
  LONGC_TRY(checkFinite(report->loss, report->gradientNorm));
  if (refusal)
    LONGC_TRY(refusal(*report));
  LONGC_TRY(keep());
  LONGC_TRY(update(*report));
  advance();
  return report;
}

int64_t Trainer::nextTokens() {
  int64_t tokens = 0;
  for (const Pack &pack : plan()[static_cast<size_t>(state_.position)])
    tokens += pack.tokens;
  return tokens;
}

// What it leaves in gradients the next step begins without.
Result<double> Trainer::timeCall(int64_t tokens) {
  const auto start = std::chrono::steady_clock::now();
  LONGC_TRY(prepare());
  TrainBatch batch;
  for (const Pack &pack : plan()[static_cast<size_t>(state_.position)])
    for (int32_t number : pack.sequences) {
      const std::span<const int32_t> ids = samples_[static_cast<size_t>(number)].tokens;
      const auto size = std::min(ids.size(), static_cast<size_t>(std::max<int64_t>(0, tokens - batch.size())));
      if (size > 0)
        batch.add(ids.first(size), std::vector<float>(size, 1));
    }
  auto loss = held_ ? step_->lossAndGradients(batch, *held_) : step_->lossAndGradients(batch, state_.values, gradients_);
  if (!loss.ok())
    return loss.status();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

Result<double> Trainer::lossOf(const TrainBatch &batch) {
  return held_ && isHeld_ ? step_->loss(batch, *held_) : step_->loss(batch, state_.values);
}

Result<StepReport> Trainer::judge(std::span<const Sample> samples) {
  return passOfAll(samples, options_, [this](const TrainBatch &batch) { return lossOf(batch); }, nullptr);
}

Result<StepReport> Trainer::judgeRows(const RowBatch &batch) { return passOfRows(batch, options_, [this](const TrainBatch &one) { return lossOf(one); }, nullptr); }

Result<StepReport> judge(TrainStep &step, std::span<const Sample> samples, const TrainOptions &options,
                         const ParameterArray &values, ParameterArray *gradients, const Trainer::Stop &stop) {
  const Call call = [&](const TrainBatch &batch) {
    return gradients ? step.lossAndGradients(batch, values, *gradients) : step.loss(batch, values);
  };
  return passOfAll(samples, options, call, stop);
}

} // namespace longc
