// `probe`: which layers carry retrieval from memory (run by `longc probe-layers`; not in the help's list).
//
// The memory of each pass-key prompt is filled once, with all layers. Then the question is read many times, from a fork,
// with the memory of some layers hidden: each layer alone, then backward elimination, which drops the layer that the
// answer's log-probability misses least until the answer is lost. The choice is confirmed with fresh prompts that are
// read as a whole without the other layers' memory, which is what a program compiled for that list does.
#include "runtime/core/Format.h"
#include "runtime/core/Json.h"
#include "runtime/core/Log.h"
#include "runtime/tools/commands/LayerProber.h"

#include <algorithm>
#include <chrono>

namespace longc {
namespace {

// Elimination ends when the answer's log-probability is this far below that of all layers: nothing is left to choose.
constexpr double lostBelow = 6;
// Layers given back when the confirmation fails.
constexpr size_t givenBack = 2;

struct Findings {
  Score all;
  std::vector<Score> single;
  std::vector<Elimination> steps;
  Score confirmedAll, confirmed;
  Layers chosen;
  double seconds = 0;
};

std::string listOf(const Layers &layers) {
  std::string text;
  for (uint32_t layer : layers)
    text += (text.empty() ? "" : ",") + std::to_string(layer);
  return text;
}

// The smallest list whose answer is as right and, up to the tolerance, as probable as with all layers.
size_t smallestGood(const std::vector<Elimination> &steps, const Score &all, double tolerance) {
  size_t taken = 0;
  for (size_t index = 0; index < steps.size(); ++index)
    if (steps[index].score.logProbability >= all.logProbability - tolerance && steps[index].score.correct >= all.correct)
      taken = index + 1;
  return taken;
}

// Confirms the choice; gives layers back, those dropped last first, until it answers as well as all layers do.
Status chooseConfirmed(LayerProber &prober, double tolerance, Findings &findings) {
  size_t dropped = smallestGood(findings.steps, findings.all, tolerance);
  LONGC_TRY(prober.drawConfirmation());
  LONGC_TRY(prober.confirm(prober.all(), "confirming all layers", findings.confirmedAll));
  for (;; dropped -= std::min(dropped, givenBack)) {
    findings.chosen = dropped == 0 ? prober.all() : findings.steps[dropped - 1].left;
    if (dropped == 0) {
      findings.confirmed = findings.confirmedAll;
      return {};
    }
    std::string title = formatText("confirming %zu layers", findings.chosen.size());
    LONGC_TRY(prober.confirm(findings.chosen, title.c_str(), findings.confirmed));
    if (findings.confirmed.correct >= findings.confirmedAll.correct)
      return {};
    logNote(formatText("%s: %lld of %lld right, %lld with all layers", listOf(findings.chosen).c_str(),
                       static_cast<long long>(findings.confirmed.correct), static_cast<long long>(prober.count()),
                       static_cast<long long>(findings.confirmedAll.correct)));
  }
}

std::string toTable(const LayerProber &prober, const Findings &findings) {
  auto count = static_cast<long long>(prober.count());
  auto row = [count](const std::string &what, const Score &score) {
    return formatText("%-36s %10.2f %7lld/%lld\n", what.c_str(), score.logProbability,
                      static_cast<long long>(score.correct), count);
  };
  std::string text = formatText("%-36s %10s %9s\n", "memory while the question is read", "log prob", "right");
  text += row("all layers", findings.all);
  for (size_t index = 0; index < prober.all().size(); ++index)
    text += row(formatText("without layer %u", prober.all()[index]), findings.single[index]);
  text += "\nbackward elimination\n";
  for (const Elimination &step : findings.steps)
    text += row(formatText("%zu left, layer %u dropped", step.left.size(), step.dropped), step.score);
  text += "\nfresh prompts, read as a whole\n";
  text += row("all layers", findings.confirmedAll);
  text += row(formatText("the %zu chosen", findings.chosen.size()), findings.confirmed);
  return text + formatText("\n%.0f seconds. Compile with:\n--mem-layers %s\n", findings.seconds, listOf(findings.chosen).c_str());
}

void addScore(JsonWriter &json, const Score &score) {
  json.key("log_probability").number(score.logProbability);
  json.key("correct").integer(score.correct);
}

std::string toJson(const LayerProber &prober, const Findings &findings) {
  JsonWriter json;
  auto addLayers = [&json](const Layers &layers) {
    json.key("layers").beginArray();
    for (uint32_t layer : layers)
      json.integer(layer);
    json.endArray();
  };
  json.beginObject();
  addLayers(findings.chosen);
  json.key("count").integer(prober.count());
  addScore(json, findings.confirmed);
  json.key("all").beginObject();
  addScore(json, findings.confirmedAll);
  json.endObject();
  json.key("without").beginArray();
  for (size_t index = 0; index < prober.all().size(); ++index) {
    json.beginObject().key("layer").integer(prober.all()[index]);
    addScore(json, findings.single[index]);
    json.endObject();
  }
  json.endArray();
  json.key("elimination").beginArray();
  for (const Elimination &step : findings.steps) {
    json.beginObject().key("dropped").integer(step.dropped);
    addLayers(step.left);
    addScore(json, step.score);
    json.endObject();
  }
  json.endArray();
  json.key("seconds").number(findings.seconds);
  return json.endObject().str() + "\n";
}

Status probe(LayerProber &prober, double tolerance, Findings &findings) {
  auto start = std::chrono::steady_clock::now();
  LONGC_TRY(prober.fill());
  auto all = prober.ask(prober.all());
  if (!all.ok())
    return all.status();
  findings.all = *all;
  auto single = prober.leaveOneOut();
  if (!single.ok())
    return single.status();
  findings.single = std::move(*single);
  auto steps = prober.eliminate(all->logProbability - lostBelow);
  if (!steps.ok())
    return steps.status();
  findings.steps = std::move(*steps);
  LONGC_TRY(chooseConfirmed(prober, tolerance, findings));
  findings.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return {};
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
  auto seed = seedOf(arguments);
  if (!seed.ok())
    return seed.status();
  auto mode = progressOf(arguments);
  if (!mode.ok())
    return mode.status();
  auto loaded = LoadedProgram::load(arguments);
  if (!loaded.ok())
    return loaded.status();
  auto options = loaded->sessionOptions(arguments);
  if (!options.ok())
    return options.status();
  auto tokenizer = loaded->tokenizer();
  if (!tokenizer.ok())
    return tokenizer.status();
  std::vector<int32_t> text;
  if (arguments.has("text")) {
    auto source = readTextFile(arguments.text("text"));
    if (!source.ok())
      return source.status();
    text = tokenizer->encode(*source, false);
  }
  PasskeyPrompts prompts(*tokenizer, *length, *seed, std::move(text));
  LayerProber prober(*loaded, *options, prompts, *count, *mode);
  if (prober.all().empty() || !options->policy.memory)
    return Status::error(5406, "there is no memory to probe", "compile with --method fot, run with --memory on");
  logNote(formatText("%s; seed %llu", loaded->engine->device().describe().c_str(), static_cast<unsigned long long>(*seed)));
  Findings findings;
  LONGC_TRY(probe(prober, *tolerance, findings));
  loaded->report();
  return printText(arguments.flag("json") ? toJson(prober, findings) : toTable(prober, findings));
}

} // namespace

const Command probeCommand = {"probe", "", modelOptions({"count", "json", "length", "seed", "text", "tolerance"}), runProbe};

} // namespace longc
