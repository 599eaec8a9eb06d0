// Times the reading of many texts of one length.
#include "runtime/tools/commands/EncoderBench.h"

#include "runtime/core/Format.h"
#include "runtime/core/Json.h"
#include "runtime/core/Log.h"
#include "runtime/serve/EmbeddingQueue.h"
#include "runtime/tools/commands/LoadedEncoder.h"

#include <algorithm>
#include <chrono>
#include <random>

namespace longc {
namespace {

struct Plan {
  int64_t texts = 0, tokens = 0, callTokens = 0, repeat = 0;
};

Result<Plan> planOf(const Arguments &arguments, const Encoder &encoder) {
  Plan plan;
  struct {
    const char *name;
    int64_t *target, high;
  } numbers[] = {{"texts", &plan.texts, 1000000},
                 {"text-tokens", &plan.tokens, encoder.longest()},
                 {"call-tokens", &plan.callTokens, 1 << 20},
                 {"repeat", &plan.repeat, 1000000}};
  for (auto &number : numbers) {
    auto value = arguments.integer(number.name, 1, number.high);
    if (!value.ok())
      return value.status();
    *number.target = *value;
  }
  if (!arguments.isGiven("call-tokens"))
    plan.callTokens = encoder.callTokens();
  return plan;
}

Status readTexts(Encoder &encoder, const Plan &plan, std::span<const int32_t> tokens) {
  EmbeddingOptions options = EmbeddingOptions::of(encoder.program());
  options.callTokens = plan.callTokens;
  EmbeddingQueue queue(encoder, options, [](std::span<const float>) {
    return interrupted() ? Status::error(cancelledCode, "cancelled") : Status();
  });
  for (int64_t text = 0; text < plan.texts; ++text)
    LONGC_TRY(queue.add(tokens.subspan(static_cast<size_t>(text * plan.tokens), static_cast<size_t>(plan.tokens)), /*whole=*/true, "a text"));
  return queue.finish();
}

std::string toJson(Encoder &encoder, const Plan &plan, const std::vector<double> &seconds) {
  const double best = *std::min_element(seconds.begin(), seconds.end());
  JsonWriter json;
  json.beginObject();
  json.key("device").text(encoder.target() == "cpu" ? CpuFeatures::detect().brand : encoder.device().describe());
  json.key("variant").text(encoder.device().variant());
  json.key("threads").integer(encoder.device().threads());
  json.key("precision").text(encoder.precision());
  json.key("texts").integer(plan.texts);
  json.key("text_tokens").integer(plan.tokens);
  json.key("texts_per_second").number(static_cast<double>(plan.texts) / best);
  json.key("tokens_per_second").number(static_cast<double>(plan.texts * plan.tokens) / best);
  json.key("seconds").beginArray();
  for (double each : seconds)
    json.number(each);
  return json.endArray().endObject().str() + "\n";
}

} // namespace

Status runEncoderBench(const Arguments &arguments) {
  auto loaded = LoadedEncoder::load(arguments);
  if (!loaded.ok())
    return loaded.status();
  Encoder &encoder = *loaded->encoder;
  auto plan = planOf(arguments, encoder);
  if (!plan.ok())
    return plan.status();
  logNote(CpuFeatures::detect().brand + "; " + encoder.device().describe() + "; " + encoder.precision());
  std::mt19937_64 random(1);
  std::vector<int32_t> tokens(static_cast<size_t>(plan->texts * plan->tokens));
  for (int32_t &token : tokens)
    token = static_cast<int32_t>(random() % encoder.program().module().vocabulary());
  Plan few = *plan; // one untimed call: pages of the weights, large pages of the arena
  few.texts = std::min(plan->texts, plan->callTokens / plan->tokens + 1);
  LONGC_TRY(readTexts(encoder, few, tokens));
  std::vector<double> seconds;
  for (int64_t round = 0; round < plan->repeat; ++round) {
    const auto start = std::chrono::steady_clock::now();
    LONGC_TRY(readTexts(encoder, *plan, tokens));
    seconds.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  LONGC_TRY(loaded->report());
  if (arguments.flag("json"))
    return printText(toJson(encoder, *plan, seconds));
  const double best = *std::min_element(seconds.begin(), seconds.end());
  return printText(formatText("%lld texts of %lld tokens: %.1f texts/s, %.0f tokens/s, %.4f s\n", static_cast<long long>(plan->texts),
                              static_cast<long long>(plan->tokens), static_cast<double>(plan->texts) / best,
                              static_cast<double>(plan->texts * plan->tokens) / best, best));
}

} // namespace longc
