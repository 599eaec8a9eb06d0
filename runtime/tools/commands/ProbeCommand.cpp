// `probe`: which layers carry retrieval from memory (run by `longc probe-layers`; not in the help's list).
//
// Cheap first: the memory of each pass-key prompt is filled once, with all layers, and the question is read many times,
// from a fork, with the memory of some layers hidden: each layer alone, then backward elimination. That is optimistic,
// because the text itself was read with every layer, so it gives no more than an order. Then whole prompts are read with
// fewer and fewer layers, in that order, and what is kept answers them as well as all layers do (LayerSearch). Fresh
// prompts confirm the choice.
#include "runtime/core/Format.h"
#include "runtime/core/Log.h"
#include "runtime/tools/commands/ProbeFindings.h"

#include <algorithm>
#include <chrono>

namespace longc {
namespace {

using Clock = std::chrono::steady_clock;

// Elimination ends when the answer's log-probability is this far below that of all layers: nothing is left to order.
constexpr double lostBelow = 6;
// Layers given back when the confirmation fails.
constexpr size_t givenBack = 2;
// Fresh prompts for each that the layers were chosen by.
constexpr int64_t freshForEach = 2;
// Fresh prompts may cost this many times the tolerance: the search has spent it once, on its own prompts.
constexpr double freshTolerances = 2;
// Shares of the time after which the ordering and the search end.
constexpr double orderingShare = 0.4, searchShare = 0.85;

Result<std::vector<PasskeyPrompt>> draw(PasskeyPrompts &source, int64_t count) {
  std::vector<PasskeyPrompt> prompts;
  for (int64_t index = 0; index < count; ++index) {
    auto prompt = source.next();
    if (!prompt.ok())
      return prompt.status();
    prompts.push_back(std::move(*prompt));
  }
  return prompts;
}

class Probe {
public:
  Probe(const OpenedModel &model, double tolerance, double seconds)
      : model_(model), tolerance_(tolerance), seconds_(seconds), start_(Clock::now()) {}

  Status run(PasskeyPrompts &source, int64_t count) {
    auto prompts = draw(source, count);
    if (!prompts.ok())
      return prompts.status();
    LONGC_TRY(order(*prompts));
    LONGC_TRY(search(*prompts));
    auto fresh = draw(source, freshForEach * count);
    if (!fresh.ok())
      return fresh.status();
    LONGC_TRY(confirm(*fresh));
    findings_.seconds = std::chrono::duration<double>(Clock::now() - start_).count();
    return {};
  }

  const Findings &findings() const { return findings_; }

private:
  Clock::time_point after(double share) const {
    return seconds_ > 0 ? start_ + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(share * seconds_))
                        : Clock::time_point::max();
  }

  Status order(const std::vector<PasskeyPrompt> &prompts);
  Layers orderOfTrial() const;
  Status search(const std::vector<PasskeyPrompt> &prompts);
  Status confirm(const std::vector<PasskeyPrompt> &prompts);
  Result<Score> readWhole(LayerProber &prober, const Layers &kept, const Bound *bound, const std::string &title) const;

  const OpenedModel &model_;
  double tolerance_, seconds_;
  Clock::time_point start_;
  Findings findings_;
};

Status Probe::order(const std::vector<PasskeyPrompt> &prompts) {
  LayerProber prober(model_, prompts);
  findings_.layers = prober.all();
  LONGC_TRY(prober.fill());
  auto all = prober.ask(prober.all());
  if (!all.ok())
    return all.status();
  findings_.asked = *all;
  auto without = prober.leaveOneOut();
  if (!without.ok())
    return without.status();
  findings_.without = std::move(*without);
  auto steps = prober.eliminate(all->logProbability() - lostBelow, after(orderingShare));
  if (!steps.ok())
    return steps.status();
  findings_.eliminations = std::move(*steps);
  return {};
}

// As eliminated; what was not eliminated follows, the layers that are missed least first.
Layers Probe::orderOfTrial() const {
  Layers order;
  for (const Elimination &step : findings_.eliminations)
    order.push_back(step.dropped);
  Layers rest = without(findings_.layers, order);
  auto missed = [&](uint32_t layer) {
    size_t index = static_cast<size_t>(std::find(findings_.layers.begin(), findings_.layers.end(), layer) - findings_.layers.begin());
    return -findings_.without[index].logProbability();
  };
  std::sort(rest.begin(), rest.end(), [&](uint32_t one, uint32_t other) { return missed(one) < missed(other); });
  order.insert(order.end(), rest.begin(), rest.end());
  return order;
}

Result<Score> Probe::readWhole(LayerProber &prober, const Layers &kept, const Bound *bound, const std::string &title) const {
  Progress progress(model_.mode, title, prober.count(), "prompts");
  progress.update(0);
  return prober.readWhole(kept, bound, [&](const Score &score) { progress.update(score.prompts); });
}

Status Probe::search(const std::vector<PasskeyPrompt> &prompts) {
  LayerProber prober(model_, prompts);
  auto all = readWhole(prober, prober.all(), nullptr, "reading whole prompts with all layers");
  if (!all.ok())
    return all.status();
  findings_.whole = *all;
  Bound bound = Bound::below(*all, tolerance_);
  Layers order = orderOfTrial();
  Progress progress(model_.mode, "trying to do without layers", static_cast<int64_t>(order.size()), "layers");
  int64_t decided = 0;
  auto goOn = [&](const Search &search) {
    if (!search.attempts.empty()) {
      const Attempt &last = search.attempts.back();
      decided += last.accepted || last.dropped.size() == 1 ? static_cast<int64_t>(last.dropped.size()) : 0;
    }
    progress.update(decided, formatText("%zu layers left", search.kept.size()));
    findings_.outOfTime = Clock::now() >= after(searchShare);
    return !findings_.outOfTime;
  };
  auto search = searchLayers(prober.all(), order, bound,
                             [&](const Layers &kept) { return prober.readWhole(kept, &bound); }, goOn);
  if (!search.ok())
    return search.status();
  findings_.search = std::move(*search);
  return {};
}

// Gives layers back, those dropped last first, until fresh prompts are answered as well as with all layers.
Status Probe::confirm(const std::vector<PasskeyPrompt> &prompts) {
  LayerProber prober(model_, prompts);
  auto all = readWhole(prober, prober.all(), nullptr, "confirming all layers");
  if (!all.ok())
    return all.status();
  findings_.confirmedAll = findings_.confirmed = *all;
  Bound bound = Bound::below(*all, freshTolerances * tolerance_);
  for (Layers dropped = findings_.search.dropped;; dropped.resize(dropped.size() - std::min(dropped.size(), givenBack))) {
    findings_.chosen = without(prober.all(), dropped);
    if (dropped.empty())
      return {};
    auto score = readWhole(prober, findings_.chosen, &bound, formatText("confirming %zu layers", findings_.chosen.size()));
    if (!score.ok())
      return score.status();
    if (bound.holds(*score)) {
      findings_.confirmed = *score;
      return {};
    }
    findings_.refused.emplace_back(findings_.chosen, *score);
  }
}

Status runProbe(const Arguments &arguments) {
  auto length = arguments.integer("length", 1, 10000000);
  if (!length.ok())
    return length.status();
  auto count = arguments.integer("count", 1, 1000);
  if (!count.ok())
    return count.status();
  auto tolerance = arguments.number("tolerance", 0, 1000);
  if (!tolerance.ok())
    return tolerance.status();
  auto seconds = arguments.has("seconds") ? arguments.number("seconds", 0, 1e9) : Result<double>(1200.0);
  if (!seconds.ok())
    return seconds.status();
  auto seed = seedOf(arguments);
  if (!seed.ok())
    return seed.status();
  auto model = OpenedModel::open(arguments);
  if (!model.ok())
    return model.status();
  auto text = model->fillerText(arguments);
  if (!text.ok())
    return text.status();
  if (model->loaded.program->module().memory().layers().empty() || !model->options.policy.memory)
    return Status::error(5409, "there is no memory to probe", "compile with --method fot, run with --memory on");
  logNote(formatText("%s; seed %llu", model->engine().device().describe().c_str(), static_cast<unsigned long long>(*seed)));
  PasskeyPrompts source(model->tokenizer, *length, *seed, std::move(*text));
  Probe probe(*model, *tolerance, *seconds);
  LONGC_TRY(probe.run(source, *count));
  LONGC_TRY(model->loaded.report());
  return printText(arguments.flag("json") ? toJson(probe.findings()) : toTable(probe.findings()));
}

} // namespace

const Command probeCommand = {"probe", "",
                              modelOptions({"count", "json", "length", "seconds", "seed", "text", "tolerance"}), runProbe};

} // namespace longc
