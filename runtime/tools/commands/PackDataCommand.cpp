// `pack-data`: what training on a file would look like: lengths, batches, fill, time and memory; with --output the batches themselves.
#include "runtime/core/Format.h"
#include "runtime/core/Json.h"
#include "runtime/core/Log.h"
#include "runtime/core/OutputFile.h"
#include "runtime/device/Roof.h"
#include "runtime/serve/Engine.h"
#include "runtime/tools/commands/Command.h"
#include "runtime/tools/commands/TrainingData.h"
#include "runtime/train/Trainer.h"
#include "runtime/train/TrainingNeeds.h"

#include <algorithm>
#include <optional>

namespace longc {
namespace {

/// What the packs of a plan are, in numbers.
struct Summary {
  int64_t samples = 0, tokens = 0, targets = 0, shortest = 0, median = 0, longest = 0, packs = 0, leastPacks = 0, steps = 0; // no plan has fewer packs
  double fill = 0, squares = 0, imbalance = 1; // of the most to the mean sum of squares of a step's packs, mean over steps

  Summary(const TrainingData &data, const BatchPlan &plan, const BatchOptions &options) {
    std::vector<int64_t> lengths = data.lengths();
    std::sort(lengths.begin(), lengths.end());
    samples = static_cast<int64_t>(lengths.size());
    for (const Sample &sample : data.samples) {
      tokens += sample.size();
      targets += sample.targets();
    }
    if (!lengths.empty()) {
      shortest = lengths.front();
      median = lengths[lengths.size() / 2];
      longest = lengths.back();
    }
    leastPacks = (tokens + options.capacity - 1) / options.capacity;
    steps = static_cast<int64_t>(plan.size());
    double sum = 0;
    for (const std::vector<Pack> &step : plan) {
      double most = 0, total = 0;
      for (const Pack &pack : step) {
        most = std::max(most, pack.squares);
        total += pack.squares;
      }
      packs += static_cast<int64_t>(step.size());
      squares += total;
      sum += most * static_cast<double>(step.size()) / total;
    }
    if (!plan.empty())
      imbalance = sum / static_cast<double>(plan.size());
    fill = fillOf(plan, options);
  }
};

/// What one pass over the data takes, where the program trains: by count, and on this machine's processor by guess.
struct Estimate {
  // Of what the processor's products can do, trainings of an adapter and of all weights reach so much (73 and 68 % on Zen 4, bench/results/*train*).
  static constexpr double usualShare = 0.7;
  double operations = 0, roof = 0, bytes = 0; // roof: a second; 0: not known
  int64_t callTokens = 0;

  double seconds() const { return operations / (usualShare * roof); }
};

// Packs go through the model together up to --call-tokens; a longer one goes alone.
int64_t largestCall(const BatchPlan &plan, int64_t callTokens) {
  int64_t longest = 0, most = 0;
  for (const std::vector<Pack> &step : plan) {
    int64_t tokens = 0;
    for (const Pack &pack : step) {
      tokens += pack.tokens;
      longest = std::max(longest, pack.tokens);
    }
    most = std::max(most, tokens);
  }
  return std::max(longest, std::min(most, callTokens));
}

Result<std::optional<Estimate>> estimate(const Program &program, const EngineOptions &engine, const BatchPlan &plan, const Summary &summary, int64_t callTokens) {
  const abi::Function *gradient = program.findFunction("loss_gradient", engine.exact ? "exact" : "fast", "cpu");
  if (!gradient)
    return std::optional<Estimate>();
  Estimate all;
  all.callTokens = largestCall(plan, callTokens);
  const std::optional<TrainingNeeds> needs = trainingNeeds(program, *gradient, all.callTokens);
  if (!needs)
    return std::optional<Estimate>();
  all.operations = needs->cost.operations(summary.tokens, summary.squares);
  all.bytes = needs->bytes();
  auto processor = openProcessor(program, longc_program, engine, {gradient});
  if (!processor.ok()) { // no variant of the kernels runs here: the program trains elsewhere
    if (!engine.variant.empty())
      return processor.status();
    return std::optional<Estimate>(all);
  }
  const Roof roof = (*processor)->measureRoof();
  all.roof = engine.exact ? roof.f32 : roof.bf16;
  return std::optional<Estimate>(all);
}

std::string describe(const Estimate &all) {
  std::string text = formatText("time       %.3g operations a pass, %s", all.operations, StepCost::formula);
  const bool isShort = all.seconds() < 60;
  if (all.roof > 0)
    text += formatText(": about %.3g %s at %.0f %% of this processor's %.0f GFLOP/s", all.seconds() / (isShort ? 1 : 60), isShort ? "seconds" : "minutes", 100 * Estimate::usualShare, all.roof / 1e9);
  return text + formatText("\nmemory     %s with calls of %s tokens on the processor\n", formatBytes(all.bytes).c_str(), formatCount(all.callTokens).c_str());
}

void write(JsonWriter &json, const Estimate &all) {
  json.key("operations").number(all.operations, 9);
  json.key("flops_formula").text(StepCost::formula);
  if (all.roof > 0)
    json.key("seconds_estimate").number(all.seconds());
  json.key("call_tokens").integer(all.callTokens);
  json.key("memory_bytes").integer(static_cast<int64_t>(all.bytes));
}

std::string toText(const Summary &summary, const LongCounts &counts, const DataOptions &options, const std::optional<Estimate> &all) {
  auto count = [](int64_t value) { return formatCount(value); };
  std::string text;
  text += formatText("samples    %s, of %s to %s tokens (median %s)\n", count(summary.samples).c_str(),
                     count(summary.shortest).c_str(), count(summary.longest).c_str(), count(summary.median).c_str());
  text += formatText("tokens     %s, %s of them targets\n", count(summary.tokens).c_str(), count(summary.targets).c_str());
  text += formatText("packs      %s of at most %s tokens (no plan has fewer than %s), in %s steps of %s\n", count(summary.packs).c_str(),
                     count(options.batch.capacity).c_str(), count(summary.leastPacks).c_str(), count(summary.steps).c_str(),
                     count(options.batch.batch).c_str());
  text += formatText("fill       %.2f %%\n", 100 * summary.fill);
  text += formatText("attention  the costliest pack of a step does %.3f times the mean\n", summary.imbalance);
  if (all)
    text += describe(*all);
  text += describeCounts(counts);
  text += formatText("seed       %llu\n", static_cast<unsigned long long>(options.batch.seed));
  return text;
}

std::string toJson(const Summary &summary, const LongCounts &counts, const DataOptions &options, const std::optional<Estimate> &all) {
  JsonWriter json;
  json.beginObject();
  json.key("samples").integer(summary.samples);
  json.key("tokens").integer(summary.tokens);
  json.key("target_tokens").integer(summary.targets);
  json.key("shortest").integer(summary.shortest);
  json.key("median").integer(summary.median);
  json.key("longest").integer(summary.longest);
  json.key("packs").integer(summary.packs);
  json.key("least_packs").integer(summary.leastPacks);
  json.key("steps").integer(summary.steps);
  json.key("fill").number(summary.fill);
  json.key("sum_of_squares").number(summary.squares);
  json.key("imbalance").number(summary.imbalance);
  if (all)
    write(json, *all);
  writeCounts(json, counts);
  json.key("seed").integer(static_cast<int64_t>(options.batch.seed));
  return json.endObject().str() + "\n";
}

/// One pack: where its sequences come from, where they begin and end, ids, and weights in the step's loss.
std::string packLine(size_t step, const Pack &pack, std::span<const Sample> samples, std::span<const float> weights) {
  std::vector<int32_t> lines, bounds = {0}, ids;
  for (int32_t sequence : pack.sequences) {
    lines.push_back(static_cast<int32_t>(samples[sequence].line));
    ids.insert(ids.end(), samples[sequence].tokens.begin(), samples[sequence].tokens.end());
    bounds.push_back(static_cast<int32_t>(ids.size()));
  }
  JsonWriter json;
  json.beginObject();
  json.key("step").integer(static_cast<int64_t>(step));
  json.key("lines").integers(lines);
  json.key("cu_seqlens").integers(bounds);
  json.key("token_ids").integers(ids);
  json.key("weights").beginArray();
  for (float weight : weights)
    json.number(weight);
  json.endArray();
  return json.endObject().str() + "\n";
}

Status writePacks(const std::string &path, const BatchPlan &plan, std::span<const Sample> samples, LossNorm norm) {
  auto file = OutputFile::create(path);
  if (!file.ok())
    return file.status();
  for (size_t step = 0; step < plan.size(); ++step) {
    const std::vector<float> weights = lossWeights(plan[step], samples, norm);
    size_t first = 0;
    for (const Pack &pack : plan[step]) {
      if (interrupted())
        return Status::error(cancelledCode, "cancelled");
      const std::string line = packLine(step, pack, samples, std::span(weights).subspan(first, static_cast<size_t>(pack.tokens)));
      first += static_cast<size_t>(pack.tokens);
      LONGC_TRY(file->append(line.data(), line.size()));
    }
  }
  return file->complete();
}

Status runPackData(const Arguments &arguments) {
  setQuiet(arguments.flag("quiet"));
  auto options = DataOptions::of(arguments);
  if (!options.ok())
    return options.status();
  auto seed = seedOf(arguments);
  if (!seed.ok())
    return seed.status();
  options->batch.seed = *seed;
  auto engine = engineOptionsOf(arguments);
  if (!engine.ok())
    return engine.status();
  auto callTokens = arguments.isGiven("call-tokens") ? arguments.integer("call-tokens", 1, INT32_MAX) : Result<int64_t>(TrainOptions().callTokens);
  if (!callTokens.ok())
    return callTokens.status();
  auto program = Program::open(programPath(), false);
  if (!program.ok())
    return program.status();
  auto data = readTrainingData(**program, options->data, options->batch.capacity, options->longRule);
  if (!data.ok())
    return data.status();
  const BatchPlan plan = planBatches(data->lengths(), options->batch);
  if (arguments.has("output"))
    LONGC_TRY(writePacks(arguments.text("output"), plan, data->samples, options->norm));
  const Summary summary(*data, plan, options->batch);
  auto all = estimate(**program, *engine, plan, summary, *callTokens);
  if (!all.ok())
    return all.status();
  return printText(arguments.flag("json") ? toJson(summary, data->counts, *options, *all) : toText(summary, data->counts, *options, *all));
}

} // namespace

const Command packDataCommand = {"pack-data", "how training on a file would batch it: lengths, packs, fill, time and memory",
                                 {"batch", "batching", "call-tokens", "data", "exact", "json", "long", "loss-norm", "output", "quiet", "seed", "seq-len", "threads", "variant"},
                                 runPackData};

} // namespace longc
