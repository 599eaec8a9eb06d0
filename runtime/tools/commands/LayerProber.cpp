// Fills memories once and reads the question many times; or reads whole prompts.
#include "runtime/tools/commands/LayerProber.h"

#include "runtime/core/Format.h"
#include "runtime/tools/commands/AnswerJudge.h"

#include <algorithm>

namespace longc {
namespace {

std::span<const int32_t> questionOf(const PasskeyPrompt &prompt) {
  return std::span<const int32_t>(prompt.tokens).last(static_cast<size_t>(prompt.question));
}

std::span<const int32_t> beforeQuestion(const PasskeyPrompt &prompt) {
  return std::span<const int32_t>(prompt.tokens).first(prompt.tokens.size() - static_cast<size_t>(prompt.question));
}

} // namespace

LayerProber::LayerProber(const OpenedModel &model, std::vector<PasskeyPrompt> prompts)
    : model_(model), prompts_(std::move(prompts)) {
  const abi::Module &module = model.loaded.program->module();
  all_.assign(module.memory().layers().begin(), module.memory().layers().end());
  depth_ = all_.empty() ? 0 : *std::max_element(all_.begin(), all_.end()) + 1;
}

// Shows the memory of these layers alone.
void LayerProber::show(const Layers &kept) {
  std::vector<bool> hidden(depth_, false);
  for (uint32_t layer : without(all_, kept))
    hidden[layer] = true;
  model_.engine().hideMemory(kept.size() == all_.size() ? std::vector<bool>() : hidden);
}

Status LayerProber::fill() {
  show(all_);
  for (const PasskeyPrompt &prompt : prompts_) {
    auto session = model_.newSession();
    if (!session.ok())
      return session.status();
    std::string title = formatText("filling the memory %zu/%zu", filled_.size() + 1, prompts_.size());
    LONGC_TRY(readTokens(**session, beforeQuestion(prompt), model_.mode, title.c_str()));
    filled_.push_back(std::move(*session));
  }
  return {};
}

Status LayerProber::judge(Session &session, std::span<const int32_t> asked, const PasskeyPrompt &prompt,
                          Score &score) const {
  auto judgement = judgeAnswer(session, asked, prompt.expected);
  if (!judgement.ok())
    return judgement.status();
  score.total += judgement->logProbability;
  score.correct += judgement->right;
  ++score.prompts;
  return interrupted() ? Status::error(cancelledCode, "cancelled") : Status();
}

Result<Score> LayerProber::ask(const Layers &kept) {
  show(kept);
  Score score;
  for (size_t index = 0; index < prompts_.size(); ++index) {
    auto session = filled_[index]->fork();
    if (!session.ok())
      return session.status();
    if (Status status = judge(**session, questionOf(prompts_[index]), prompts_[index], score); !status.ok())
      return status;
  }
  return score;
}

Result<std::vector<Score>> LayerProber::leaveOneOut() {
  Progress progress(model_.mode, "leaving one out", static_cast<int64_t>(all_.size()), "layers");
  std::vector<Score> scores;
  for (uint32_t layer : all_) {
    auto score = ask(without(all_, {layer}));
    if (!score.ok())
      return score.status();
    scores.push_back(*score);
    progress.update(static_cast<int64_t>(scores.size()));
  }
  progress.finish();
  return scores;
}

Result<std::vector<Elimination>> LayerProber::eliminate(double stopBelow, Deadline deadline) {
  auto size = static_cast<int64_t>(all_.size());
  Progress progress(model_.mode, "ordering the layers", size * (size + 1) / 2 - 1, "trials");
  std::vector<Elimination> steps;
  Layers left = all_;
  for (int64_t done = 0; left.size() > 1 && std::chrono::steady_clock::now() < deadline;) {
    Elimination best = {0, {}, {-1e300, 0, 1}};
    for (uint32_t layer : left) {
      Layers rest = without(left, {layer});
      auto score = ask(rest);
      if (!score.ok())
        return score.status();
      if (score->logProbability() > best.score.logProbability())
        best = {layer, std::move(rest), *score};
      progress.update(++done, formatText("%zu layers left", left.size()));
    }
    left = best.left;
    steps.push_back(std::move(best));
    if (steps.back().score.logProbability() < stopBelow)
      break;
  }
  progress.finish();
  return steps;
}

Result<Score> LayerProber::readWhole(const Layers &kept, const Bound *bound,
                                     const std::function<void(const Score &)> &onPrompt) {
  show(kept);
  Score score;
  for (const PasskeyPrompt &prompt : prompts_) {
    auto session = model_.newSession();
    if (!session.ok())
      return session.status();
    if (Status status = readTokens(**session, prompt.tokens, ProgressMode::none, "reading"); !status.ok())
      return status;
    if (Status status = judge(**session, {}, prompt, score); !status.ok())
      return status;
    if (onPrompt)
      onPrompt(score);
    if (bound && !bound->withinReach(score))
      break;
  }
  return score;
}

} // namespace longc
