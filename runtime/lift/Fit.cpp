// Passes, steps and the clock.
#include "runtime/lift/Fit.h"

#include "runtime/core/ExitCode.h"
#include "runtime/core/Format.h"

#include <algorithm>
#include <filesystem>

namespace longc {
namespace {

using Clock = LiftFitOptions::Clock;

double secondsSince(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

int64_t tokensOf(const std::vector<Sample> &rows) {
  int64_t sum = 0;
  for (const Sample &row : rows)
    sum += row.size();
  return sum;
}

class Fitting {
public:
  Fitting(Trainer &trainer, TrainStep &step, const LiftRows &rows, const LiftPlan &plan, const LiftFitOptions &options)
      : trainer_(trainer), step_(step), rows_(rows), plan_(plan), options_(options) {}

  Result<LiftFitResult> run() {
    LONGC_TRY(trainer_.keepLast());
    began_ = saved_ = Clock::now();
    result_.loadSeconds = secondsSince(options_.start);
    while (trainer_.state().epoch < plan_.epochs) {
      const std::vector<Sample> rows = rows_.ofEpoch(trainer_.state().epoch);
      trainer_.goOnWith(rows);
      if (options_.seconds > 0 && stepSeconds_.empty())
        LONGC_TRY(expectStep());
      LONGC_TRY(pass(rows));
      if (ended_)
        break;
    }
    LONGC_TRY(trainer_.fetch());
    result_.steps = trainer_.state().step;
    result_.epochs = trainer_.state().epoch;
    if (result_.steps == 0)
      return nothingKept();
    std::ranges::nth_element(stepSeconds_, stepSeconds_.begin() + static_cast<std::ptrdiff_t>(stepSeconds_.size() / 2));
    result_.stepSeconds = stepSeconds_.empty() ? 0 : stepSeconds_[stepSeconds_.size() / 2];
    return result_;
  }

private:
  double left() const { return options_.seconds - secondsSince(options_.start); }
  bool isLate() const { return options_.seconds > 0 && left() <= 0; }
  bool isStopped() const { return options_.stop && options_.stop(); }

  // How long the first step takes, from calls of a sixteenth of it, but of 16 to 256 tokens, and of four times as many: only where as many of the first call as make it, in
  // which is whatever that waits for, might be too long. A fit that has learnt nothing yet is refused where it has no time for it; another one ends.
  Status expectStep() {
    constexpr int64_t few = 16, many = 256, parts = 16, larger = 4;
    const int64_t all = trainer_.nextTokens(), part = std::min(all, std::clamp(all / parts, few, many));
    const auto times = static_cast<double>(all) / static_cast<double>(part);
    double seconds[2] = {};
    auto measure = [&](double &taken, int64_t tokens) -> Status {
      auto timed = trainer_.timeCall(std::min(all, tokens));
      taken = timed.ok() ? *timed : 0;
      return timed.status();
    };
    if (!isLate() && !isStopped())
      LONGC_TRY(measure(seconds[0], part));
    if (isStopped() || left() > times * seconds[0])
      return {};
    for (size_t i = 0; i < 2 && !isLate() && !isStopped(); ++i)
      LONGC_TRY(measure(seconds[i], i == 0 ? part : larger * part));
    if (isStopped())
      return {};
    const double each = std::max(0.0, seconds[1] - seconds[0]) / (larger - 1); // of so many tokens more
    slowest_ = std::max(seconds[1], seconds[1] + each * (times - larger));
    mostTokens_ = all;
    if (left() > slowest_ || trainer_.state().step > 0)
      return {};
    return tooShort(result_.loadSeconds, "before it could begin" + (isLate() ? "" : formatText(", and by shorter ones it takes %.2g s", slowest_)));
  }

  // Nothing was learnt, or what was is not good.
  Status nothingKept() const {
    if (result_.end == LiftEnd::outOfTime)
      return tooShort(secondsSince(options_.start), "before it could begin");
    if (result_.failure.ok())
      return Status::error(cancelledCode, "cancelled before the first step");
    return Status::error(result_.failure.code(), result_.failure.message() + "; nothing is kept: no step before it is known to be good", result_.failure.hint());
  }

  // The rest of the pass that the trainer stands in.
  Status pass(const std::vector<Sample> &rows) {
    const int64_t epoch = trainer_.state().epoch;
    while (trainer_.state().epoch == epoch) {
      if (options_.seconds > 0 && left() < slowest_ * std::max(1.0, static_cast<double>(trainer_.nextTokens()) / static_cast<double>(std::max<int64_t>(1, mostTokens_))))
        return end(LiftEnd::outOfTime);
      trainer_.setRate(plan_.rateAt(std::max(static_cast<double>(epoch) / static_cast<double>(plan_.epochs), budgetSpent())));
      const auto start = Clock::now();
      auto report = trainer_.run([&] { return isLate() || isStopped(); },
                                 [&](const StepReport &step) { return options_.mostLoss > 0 && step.loss > options_.mostLoss ? tooLarge(step) : Status(); });
      if (!report.ok())
        return failed(report.status());
      stepSeconds_.push_back(secondsSince(start));
      slowest_ = std::max(slowest_, stepSeconds_.back());
      mostTokens_ = std::max(mostTokens_, report->tokens);
      LONGC_TRY(checkBudget());
      note(*report, tokensOf(rows));
      LONGC_TRY(saveWhenDue());
    }
    return {};
  }

  double budgetSpent() const { return options_.seconds > 0 ? secondsSince(options_.start) / options_.seconds : 0; }

  Status end(LiftEnd how) {
    ended_ = true;
    result_.end = how;
    return {};
  }

  Status failed(const Status &status) {
    if (status.code() == cancelledCode && isLate()) // between calls of a step
      return trainer_.state().step > 0 ? end(LiftEnd::outOfTime) : tooShortWithIt();
    if (status.code() == cancelledCode)
      return end(LiftEnd::interrupted);
    if (status.code() != lossNotFinite && status.code() != gradientNotFinite && status.code() != lossTooLarge)
      return status;
    return exploded(status);
  }

  static Status tooLarge(const StepReport &report) {
    return Status::error(lossTooLarge, formatText("step %lld: the loss is %.1f, worse than guessing", static_cast<long long>(report.step), report.loss));
  }

  // What was refused shows that the values before it are bad: those before the step before it were good.
  Status exploded(const Status &status) {
    LONGC_TRY(trainer_.goBack());
    trainer_.state().step = std::max<int64_t>(0, trainer_.state().step - 1);
    result_.failure = Status::error(status.code(), status.message(), "give a lower --lr");
    return end(LiftEnd::exploded);
  }

  // One step was more than there was time for: nobody asked for what it learnt.
  Status checkBudget() const { return isLate() && trainer_.state().step == 1 ? tooShortWithIt() : Status(); }

  Status tooShortWithIt() const { return tooShort(secondsSince(options_.start), "with it"); }
  Status tooShort(double seconds, const std::string &when) const {
    return Status::error(budgetTooShort, formatText("--seconds %g is too short for one step: %.2f s went by ", options_.seconds, seconds) + when, "give more time, or a shorter text");
  }

  void note(const StepReport &report, int64_t rowTokens) {
    if (result_.tokens == 0)
      result_.firstLoss = report.loss;
    result_.lastLoss = report.loss;
    result_.tokens += report.tokens;
    if (!options_.onStep)
      return;
    const int64_t perPass = std::max<int64_t>(1, rowTokens * trainer_.state().step / std::max<int64_t>(1, result_.tokens));
    int64_t planned = perPass * plan_.epochs;
    if (options_.seconds > 0) {
      const double rate = static_cast<double>(report.step) / std::max(1e-9, secondsSince(began_));
      planned = std::min(planned, report.step + static_cast<int64_t>(rate * std::max(0.0, left())));
    }
    options_.onStep(report, std::max(planned, report.step));
  }

  Status saveWhenDue() {
    constexpr double mostShare = 0.02, leastSeconds = 0.1;
    if (options_.checkpoints.empty())
      return {};
    const bool due = options_.saveEvery > 0 ? trainer_.state().step % options_.saveEvery == 0
                                            : secondsSince(saved_) * mostShare > std::max(saveSeconds_, leastSeconds);
    if (!due)
      return {};
    const auto start = Clock::now();
    std::error_code ignored; // writing says what is wrong
    std::filesystem::create_directories(options_.checkpoints, ignored);
    LONGC_TRY(trainer_.fetch());
    LONGC_TRY(saveCheckpoint(options_.checkpoints, step_.parameters(), trainer_.state(), options_.settings));
    saved_ = Clock::now();
    saveSeconds_ = secondsSince(start);
    return {};
  }

  Trainer &trainer_;
  TrainStep &step_;
  const LiftRows &rows_;
  const LiftPlan &plan_;
  const LiftFitOptions &options_;
  LiftFitResult result_;
  Clock::time_point began_, saved_;
  std::vector<double> stepSeconds_;
  double slowest_ = 0, saveSeconds_ = 0; // of a step of at most so many tokens
  int64_t mostTokens_ = 0;
  bool ended_ = false;
};

} // namespace

Result<LiftFitResult> fitText(Trainer &trainer, TrainStep &step, const LiftRows &rows, const LiftPlan &plan, const LiftFitOptions &options) {
  return Fitting(trainer, step, rows, plan, options).run();
}

} // namespace longc
