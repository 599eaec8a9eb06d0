// Sequences come, take tokens in together, and go.
#include "runtime/serve/GenerateMany.h"

#include "runtime/core/ExitCode.h"
#include "runtime/core/Format.h"
#include "runtime/serve/Intake.h"

#include <chrono>
#include <list>
#include <map>
#include <optional>

namespace longc {
namespace {

using Clock = std::chrono::steady_clock;

// A prompt that has a place.
struct Sequence {
  Sequence(size_t index, const SamplerOptions &options) : index(index), sampler(options) {}

  size_t index;
  std::unique_ptr<Session> session;
  Sampler sampler;
  std::optional<Intake> intake;
  std::optional<Decoding> decoding; // once the prompt is read
  int32_t token = 0;                // the last one chosen: what the intake takes
  Clock::time_point start = Clock::now();
  double readSeconds = 0;
};

class Many {
public:
  Many(Engine &engine, const SessionOptions &sessionOptions, const std::shared_ptr<StateStore> &store,
       std::span<const std::vector<int32_t>> prompts, const ManyOptions &options)
      : engine_(engine), sessionOptions_(sessionOptions), store_(store), prompts_(prompts), options_(options) {}

  Status run() {
    while (true) {
      while (next_ < prompts_.size() && store_->freeSlots() > 0)
        LONGC_TRY(begin(next_++));
      if (running_.empty())
        return {};
      LONGC_TRY(runAll());
      if (options_.onCall && !options_.onCall())
        return Status::error(cancelledCode, formatText("cancelled after %s of %s prompts", formatCount(finished_).c_str(),
                                                       formatCount(static_cast<int64_t>(prompts_.size())).c_str()));
      LONGC_TRY(chooseTokens());
    }
  }

private:
  // A call for each adapter of those that run.
  Status runAll() {
    std::map<size_t, std::vector<Intake *>> calls;
    for (Sequence &sequence : running_)
      calls[options_.adapters.empty() ? 0 : options_.adapters[sequence.index]].push_back(&*sequence.intake);
    for (const auto &[adapter, intakes] : calls) {
      if (!options_.adapters.empty())
        LONGC_TRY(options_.useAdapter(adapter));
      LONGC_TRY(runIntakes(engine_, intakes));
    }
    return {};
  }

  Status begin(size_t index) {
    auto session = options_.open ? options_.open(index) : Session::create(engine_, sessionOptions_, store_);
    if (!session.ok())
      return session.status();
    Sequence &sequence = running_.emplace_back(index, options_.sampler);
    sequence.session = std::move(*session);
    return takeIn(sequence, prompts_[index]);
  }

  Status takeIn(Sequence &sequence, std::span<const int32_t> tokens) {
    auto intake = Intake::begin(*sequence.session, tokens, {.sampler = engine_.samplerFor(options_.sampler) ? &sequence.sampler : nullptr});
    if (!intake.ok())
      return intake.status();
    sequence.intake.emplace(std::move(*intake));
    return {};
  }

  // The next token of every sequence that has taken in what it had; those that end give their places back.
  Status chooseTokens() {
    for (auto place = running_.begin(); place != running_.end();) {
      Sequence &sequence = *place;
      if (!sequence.intake->isDone()) {
        ++place;
        continue;
      }
      if (!sequence.decoding) {
        sequence.readSeconds = std::chrono::duration<double>(Clock::now() - sequence.start).count();
        sequence.decoding.emplace(sequence.sampler, GenerateOptions{options_.maxTokens, options_.stopTokens, {}});
      }
      auto token = sequence.decoding->next(*sequence.session);
      if (!token.ok())
        return token.status();
      if (*token) {
        sequence.token = **token;
        LONGC_TRY(takeIn(sequence, {&sequence.token, 1}));
        ++place;
        continue;
      }
      ++finished_;
      LONGC_TRY(options_.onFinished(
          {sequence.index, *sequence.session, sequence.decoding->generation(), sequence.readSeconds}));
      place = running_.erase(place);
    }
    return {};
  }

  Engine &engine_;
  const SessionOptions &sessionOptions_;
  const std::shared_ptr<StateStore> &store_;
  std::span<const std::vector<int32_t>> prompts_;
  const ManyOptions &options_;
  std::list<Sequence> running_; // intakes and decodings point into it
  size_t next_ = 0;
  int64_t finished_ = 0;
};

} // namespace

Status generateMany(Engine &engine, const SessionOptions &session, const std::shared_ptr<StateStore> &store,
                    std::span<const std::vector<int32_t>> prompts, const ManyOptions &options) {
  return Many(engine, session, store, prompts, options).run();
}

} // namespace longc
