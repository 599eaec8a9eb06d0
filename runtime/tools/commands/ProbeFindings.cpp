// Prints what was found.
#include "runtime/tools/commands/ProbeFindings.h"

#include "runtime/core/Format.h"
#include "runtime/core/Json.h"

namespace longc {
namespace {

std::string row(const std::string &what, const Score &score, const char *verdict = "") {
  return formatText("%-44s %10.2f %7lld/%lld%s\n", what.c_str(), score.logProbability(),
                    static_cast<long long>(score.correct), static_cast<long long>(score.prompts), verdict);
}

void addScore(JsonWriter &json, const Score &score) {
  json.key("log_probability").number(score.logProbability());
  json.key("correct").integer(score.correct);
  json.key("prompts").integer(score.prompts);
}

void addLayers(JsonWriter &json, const char *name, const Layers &layers) {
  json.key(name).beginArray();
  for (uint32_t layer : layers)
    json.integer(layer);
  json.endArray();
}

} // namespace

std::string listOf(const Layers &layers) {
  std::string text;
  for (uint32_t layer : layers)
    text += (text.empty() ? "" : ",") + std::to_string(layer);
  return text;
}

std::string toTable(const Findings &findings) {
  std::string text = formatText("%-44s %10s %9s\n", "memory while the question is read", "log prob", "right");
  text += row("all layers", findings.asked);
  for (size_t index = 0; index < findings.layers.size(); ++index)
    text += row(formatText("without layer %u", findings.layers[index]), findings.without[index]);
  text += "\nthe order in which layers are tried: backward elimination\n";
  for (const Elimination &step : findings.eliminations)
    text += row(formatText("%zu left, layer %u dropped", step.left.size(), step.dropped), step.score);
  text += "\nprompts read as a whole\n" + row("all layers", findings.whole);
  for (const Attempt &attempt : findings.search.attempts)
    text += row(formatText("%zu left, without %s", attempt.left, listOf(attempt.dropped).c_str()), attempt.score,
                attempt.accepted ? "" : "  refused");
  if (findings.outOfTime)
    text += "time was up: layers behind these were not tried\n";
  text += "\nfresh prompts, read as a whole\n" + row("all layers", findings.confirmedAll);
  for (const auto &[layers, score] : findings.refused)
    text += row(formatText("%zu layers", layers.size()), score, "  refused");
  text += row(formatText("the %zu chosen", findings.chosen.size()), findings.confirmed);
  return text + formatText("\n%.0f seconds. Compile with:\n--mem-layers %s\n", findings.seconds,
                           listOf(findings.chosen).c_str());
}

std::string toJson(const Findings &findings) {
  JsonWriter json;
  json.beginObject();
  addLayers(json, "layers", findings.chosen);
  addScore(json, findings.confirmed);
  json.key("all").beginObject();
  addScore(json, findings.confirmedAll);
  json.endObject();
  json.key("without").beginArray();
  for (size_t index = 0; index < findings.layers.size(); ++index) {
    json.beginObject().key("layer").integer(findings.layers[index]);
    addScore(json, findings.without[index]);
    json.endObject();
  }
  json.endArray().key("elimination").beginArray();
  for (const Elimination &step : findings.eliminations) {
    json.beginObject().key("dropped").integer(step.dropped);
    addLayers(json, "layers", step.left);
    addScore(json, step.score);
    json.endObject();
  }
  json.endArray().key("attempts").beginArray();
  for (const Attempt &attempt : findings.search.attempts) {
    json.beginObject();
    addLayers(json, "dropped", attempt.dropped);
    json.key("left").integer(static_cast<int64_t>(attempt.left));
    addScore(json, attempt.score);
    json.key("accepted").boolean(attempt.accepted).endObject();
  }
  json.endArray();
  json.key("out_of_time").boolean(findings.outOfTime);
  json.key("seconds").number(findings.seconds);
  return json.endObject().str() + "\n";
}

} // namespace longc
