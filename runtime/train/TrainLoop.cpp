// Steps, and what is written of them.
#include "runtime/train/TrainLoop.h"

#include "runtime/core/ExitCode.h"
#include "runtime/core/Format.h"
#include "runtime/core/Json.h"
#include "runtime/core/OutputFile.h"
#include "runtime/train/LossCurve.h"

#include <cmath>

namespace longc {
namespace {

constexpr double mostSavingShare = 0.02;

double secondsSince(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

} // namespace

TrainLoop::TrainLoop(Trainer &trainer, TrainStep &step, LoopOptions options)
    : trainer_(trainer), step_(step), options_(std::move(options)) {}

Result<LoopResult> TrainLoop::run() {
  auto log = TrainLog::open(options_.folder + "/train.jsonl", trainer_.state().step);
  if (!log.ok())
    return log.status();
  log_ = std::move(*log);
  auto events = EventFile::create(options_.folder);
  if (!events.ok())
    return events.status();
  events_ = std::move(*events);
  saved_ = Clock::now();
  savedStep_ = trainer_.state().step;
  LoopResult result;
  const Status ended = steps(result);
  if (ended.code() == cancelledCode && trainer_.state().step == 0) { // nothing to keep
    result.end = LoopEnd::interrupted;
    return result;
  }
  const bool good = ended.ok() || ended.code() == lossNotFinite || ended.code() == gradientNotFinite;
  if (good || ended.code() == cancelledCode)
    LONGC_TRY(finish());
  if (!ended.ok() && ended.code() != cancelledCode)
    return ended;
  if (!ended.ok())
    result.end = LoopEnd::interrupted;
  if (const std::vector<LoggedStep> &logged = log_->steps(); !logged.empty()) {
    result.firstLoss = logged.front().loss;
    result.lastLoss = logged.back().loss;
  }
  return result;
}

Status TrainLoop::steps(LoopResult &result) {
  const auto start = Clock::now();
  while (trainer_.state().step < trainer_.options().schedule.steps) {
    if (options_.patience > 0 && trainer_.state().notBetter >= options_.patience) {
      result.end = LoopEnd::stoppedEarly;
      return {};
    }
    const auto began = Clock::now();
    auto report = trainer_.run(options_.stop);
    result.seconds = secondsSince(start);
    if (!report.ok())
      return report.status();
    ++result.steps;
    result.tokens += report->tokens;
    LoggedStep logged{report->step, report->loss, std::nullopt};
    const double seconds = secondsSince(began);
    parts_.clear();
    takeParts("");
    const bool judged = options_.evalEvery > 0 && report->step % options_.evalEvery == 0;
    if (judged || (options_.evalEvery > 0 && report->step == trainer_.options().schedule.steps))
      LONGC_TRY(evaluate(logged, judged));
    const std::optional<double> &best = trainer_.state().bestLoss;
    result.bestEvaluation = best && !(logged.evalLoss && *logged.evalLoss < *best) ? best : logged.evalLoss;
    LONGC_TRY(log(*report, seconds, logged));
    LONGC_TRY(saveWhenDue());
    if (options_.onStep)
      options_.onStep(*report);
    if (options_.seconds > 0 && secondsSince(start) >= options_.seconds) {
      result.end = LoopEnd::outOfTime;
      return {};
    }
  }
  return {};
}

void TrainLoop::takeParts(const std::string &prefix) {
  if (options_.partLosses)
    for (const auto &[name, loss] : options_.partLosses())
      parts_.emplace_back(prefix + name + "_loss", loss);
}

Status TrainLoop::takeAccuracies() {
  if (!options_.partAccuracies)
    return {};
  LONGC_TRY(trainer_.fetch());
  auto shares = options_.partAccuracies(trainer_.state().values);
  if (!shares.ok())
    return shares.status();
  for (const auto &[name, share] : *shares)
    parts_.emplace_back("eval_" + name + "_accuracy", share);
  return {};
}

// Only what is due anyway counts: one behind the last step would be none if there were more steps.
Status TrainLoop::evaluate(LoggedStep &logged, bool counts) {
  TrainState &state = trainer_.state();
  auto report = options_.evaluationRows
                    ? trainer_.judgeRows(*options_.evaluationRows)
                    : trainer_.judge(options_.evaluation);
  if (!report.ok())
    return report.status();
  logged.evalLoss = report->loss;
  takeParts("eval_");
  LONGC_TRY(takeAccuracies());
  if (!counts) {
    lastIsBest_ = !state.bestLoss || report->loss < *state.bestLoss;
    return {};
  }
  if (!std::isfinite(report->loss) || (state.bestLoss && report->loss >= *state.bestLoss)) {
    ++state.notBetter;
    return {};
  }
  state.bestLoss = report->loss;
  state.notBetter = 0;
  if (options_.patience == 0)
    return {};
  if (!state.bestValues) {
    auto best = ParameterArray::create(step_.parameters(), "the best parameters");
    if (!best.ok())
      return best.status();
    state.bestValues = std::move(*best);
  }
  LONGC_TRY(trainer_.fetch());
  std::ranges::copy(std::as_const(state.values).all(), state.bestValues->all().begin());
  return {};
}

Status TrainLoop::log(const StepReport &report, double seconds, LoggedStep &logged) {
  constexpr int allDigits = 17; // a loss that is read back is the one that was written
  const double operations = options_.cost.operations(report.tokens, report.squares) / seconds;
  JsonWriter json;
  json.beginObject();
  json.key("step").integer(report.step);
  json.key("loss").number(report.loss, allDigits);
  if (logged.evalLoss)
    json.key("eval_loss").number(*logged.evalLoss, allDigits);
  for (const auto &[name, loss] : parts_)
    json.key(name).number(loss, allDigits);
  json.key("grad_norm").number(report.gradientNorm, allDigits);
  json.key("lr").number(report.rate);
  json.key("epoch").integer(report.epoch);
  if (trainer_.options().rows)
    json.key("cross_rows").integer(report.range);
  json.key("sequences").integer(report.sequences);
  json.key("tokens").integer(report.tokens);
  json.key("target_tokens").integer(report.targets);
  json.key("seconds").number(seconds);
  json.key("tokens_per_second").number(static_cast<double>(report.tokens) / seconds);
  json.key("tflops").number(operations / 1e12);
  if (options_.peak > 0)
    json.key("mfu").number(operations / options_.peak);
  json.key("flops_formula").text(StepCost::formula);
  LONGC_TRY(log_->add(logged, json.endObject().str()));
  EventFile::Scalars scalars = {{"train/loss", report.loss},
                                {"train/grad_norm", report.gradientNorm},
                                {"train/lr", report.rate},
                                {"speed/tokens_per_second", static_cast<double>(report.tokens) / seconds}};
  if (logged.evalLoss)
    scalars.emplace_back("eval/loss", *logged.evalLoss);
  if (options_.peak > 0)
    scalars.emplace_back("speed/mfu", operations / options_.peak);
  return events_->add(report.step, scalars);
}

Status TrainLoop::saveWhenDue() {
  const bool due = options_.saveEvery > 0 ? trainer_.state().step % options_.saveEvery == 0
                                          : secondsSince(saved_) * mostSavingShare > std::max(saveSeconds_, 0.05);
  return due ? save() : Status();
}

Status TrainLoop::save() {
  const auto start = Clock::now();
  LONGC_TRY(trainer_.fetch());
  LONGC_TRY(saveCheckpoint(options_.folder, step_.parameters(), trainer_.state(), options_.settings));
  saved_ = Clock::now();
  saveSeconds_ = secondsSince(start);
  savedStep_ = trainer_.state().step;
  return {};
}

// What was learnt: the best of the evaluations where those decide, else the newest.
Status TrainLoop::finish() {
  const TrainState &state = trainer_.state();
  if (savedStep_ != state.step)
    LONGC_TRY(save());
  LONGC_TRY(trainer_.fetch());
  LONGC_TRY(options_.write(state.bestValues && !lastIsBest_ ? *state.bestValues : state.values));
  const std::string curve = drawLossCurve(log_->steps(), "loss over " + std::to_string(log_->steps().size()) + " steps");
  return curve.empty() ? Status() : OutputFile::write(options_.folder + "/loss.svg", curve);
}

} // namespace longc
