// Fills memories once, reads the question many times.
#include "runtime/tools/commands/LayerProber.h"

#include "runtime/core/Format.h"

#include <algorithm>
#include <cmath>

namespace longc {
namespace {

Layers without(const Layers &layers, uint32_t layer) {
  Layers rest;
  std::copy_if(layers.begin(), layers.end(), std::back_inserter(rest), [layer](uint32_t one) { return one != layer; });
  return rest;
}

Status cancelled() { return Status::error(cancelledCode, "cancelled"); }

} // namespace

LayerProber::LayerProber(LoadedProgram &loaded, const SessionOptions &options, PasskeyPrompts &prompts, int64_t count,
                         ProgressMode mode)
    : loaded_(loaded), options_(options), prompts_(prompts), count_(count), mode_(mode) {
  const abi::Module &module = loaded.program->module();
  all_.assign(module.memory().layers().begin(), module.memory().layers().end());
  depth_ = all_.empty() ? 0 : *std::max_element(all_.begin(), all_.end()) + 1;
}

// Shows the memory of these layers alone.
void LayerProber::show(const Layers &kept) {
  std::vector<bool> hidden(depth_, false);
  for (uint32_t layer : all_)
    hidden[layer] = std::find(kept.begin(), kept.end(), layer) == kept.end();
  loaded_.engine->hideMemory(kept.size() == all_.size() ? std::vector<bool>() : hidden);
}

Status LayerProber::fill() {
  show(all_);
  for (int64_t index = 0; index < count_; ++index) {
    auto prompt = prompts_.next();
    if (!prompt.ok())
      return prompt.status();
    auto session = Session::create(*loaded_.engine, options_);
    if (!session.ok())
      return session.status();
    auto read = std::span<const int32_t>(prompt->tokens).first(prompt->tokens.size() - static_cast<size_t>(prompt->question));
    std::string title = formatText("filling the memory %lld/%lld", static_cast<long long>(index + 1), static_cast<long long>(count_));
    LONGC_TRY(readTokens(**session, read, mode_, title.c_str()));
    filled_.push_back({std::move(*prompt), std::move(*session)});
  }
  return {};
}

// Reads the question and the answer but for its last token; adds how the answer is judged.
Status LayerProber::judge(Session &session, const PasskeyPrompt &prompt, Score &sum) {
  auto question = static_cast<size_t>(prompt.question);
  std::vector<int32_t> tokens(prompt.tokens.end() - static_cast<std::ptrdiff_t>(question), prompt.tokens.end());
  tokens.insert(tokens.end(), prompt.expected.begin(), prompt.expected.end() - 1);
  IngestOptions ingest;
  ingest.rows = IngestOptions::Rows::listed;
  for (size_t index = question - 1; index < tokens.size(); ++index)
    ingest.listed.push_back(static_cast<int64_t>(index));
  bool right = true;
  size_t answered = 0;
  ingest.onLogits = [&](int64_t, std::span<const float> logits) {
    auto wanted = static_cast<size_t>(prompt.expected[answered++]);
    float top = *std::max_element(logits.begin(), logits.end());
    double total = 0;
    for (float logit : logits)
      total += std::exp(static_cast<double>(logit - top));
    sum.logProbability += (static_cast<double>(logits[wanted] - top) - std::log(total)) / static_cast<double>(count_);
    right &= logits[wanted] == top;
    return Status();
  };
  LONGC_TRY(session.ingest(tokens, ingest));
  sum.correct += right;
  return interrupted() ? cancelled() : Status();
}

Result<Score> LayerProber::ask(const Layers &kept) {
  show(kept);
  Score score;
  for (const Filled &filled : filled_) {
    auto session = filled.session->fork();
    if (!session.ok())
      return session.status();
    LONGC_TRY(judge(**session, filled.prompt, score));
  }
  return score;
}

Result<std::vector<Score>> LayerProber::leaveOneOut() {
  Progress progress(mode_, "leaving one out", static_cast<int64_t>(all_.size()), "layers");
  std::vector<Score> scores;
  for (uint32_t layer : all_) {
    auto score = ask(without(all_, layer));
    if (!score.ok())
      return score.status();
    scores.push_back(*score);
    progress.update(static_cast<int64_t>(scores.size()));
  }
  progress.finish();
  return scores;
}

Result<std::vector<Elimination>> LayerProber::eliminate(double stopBelow) {
  auto size = static_cast<int64_t>(all_.size());
  Progress progress(mode_, "eliminating", size * (size + 1) / 2 - 1, "trials");
  std::vector<Elimination> steps;
  Layers left = all_;
  for (int64_t done = 0; left.size() > 1;) {
    Elimination best = {0, {}, {-1e300, 0}};
    for (uint32_t layer : left) {
      Layers rest = without(left, layer);
      auto score = ask(rest);
      if (!score.ok())
        return score.status();
      if (score->logProbability > best.score.logProbability)
        best = {layer, std::move(rest), *score};
      progress.update(++done, formatText("%zu layers left", left.size()));
    }
    left = best.left;
    steps.push_back(std::move(best));
    if (steps.back().score.logProbability < stopBelow)
      break;
  }
  progress.finish();
  return steps;
}

Status LayerProber::drawConfirmation() {
  filled_.clear();
  for (int64_t index = 0; index < count_; ++index) {
    auto prompt = prompts_.next();
    if (!prompt.ok())
      return prompt.status();
    fresh_.push_back(std::move(*prompt));
  }
  return {};
}

Status LayerProber::confirm(const Layers &kept, const char *title, Score &score) {
  show(kept);
  Progress progress(mode_, title, count_, "prompts");
  score = {};
  for (const PasskeyPrompt &prompt : fresh_) {
    auto session = Session::create(*loaded_.engine, options_);
    if (!session.ok())
      return session.status();
    auto read = std::span<const int32_t>(prompt.tokens).first(prompt.tokens.size() - static_cast<size_t>(prompt.question));
    LONGC_TRY(readTokens(**session, read, ProgressMode::none, title));
    LONGC_TRY(judge(**session, prompt, score));
    progress.update(&prompt - fresh_.data() + 1);
  }
  progress.finish();
  return {};
}

} // namespace longc
