// `bench`: tokens per second of reading and of decoding, by the same steps as `generate`.
#include "runtime/core/Format.h"
#include "runtime/core/Json.h"
#include "runtime/core/Log.h"
#include "runtime/device/CpuFeatures.h"
#include "runtime/serve/DecodeAhead.h"
#include "runtime/serve/Intake.h"
#include "runtime/tools/commands/Command.h"
#include "runtime/tools/commands/EncoderBench.h"

#include <algorithm>
#include <chrono>
#include <random>

namespace longc {
namespace {

struct Measurement {
  int64_t tokens = 0;
  std::vector<double> seconds; // one a repetition
  double firstRate = 0, lastRate = 0; // of filling: tokens a second over the first and the last quarter
  int64_t askedTokens = 0;            // of filling: those behind it, which read all of it
  double askedSeconds = 0;

  double best() const { return seconds.empty() ? 0 : *std::min_element(seconds.begin(), seconds.end()); }
  double rate() const { return best() > 0 ? static_cast<double>(tokens) / best() : 0; }
};

std::vector<int32_t> randomTokens(int64_t count, int64_t vocabulary) {
  std::mt19937_64 random(1);
  std::vector<int32_t> tokens;
  for (int64_t index = 0; index < count; ++index)
    tokens.push_back(static_cast<int32_t>(random() % static_cast<uint64_t>(vocabulary)));
  return tokens;
}

double secondsSince(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// Reads `tokens` into an empty session.
Status measureReading(Engine &engine, const SessionOptions &options, std::span<const int32_t> tokens, ProgressMode mode,
                      Measurement &result) {
  auto session = Session::create(engine, options);
  if (!session.ok())
    return session.status();
  auto start = std::chrono::steady_clock::now();
  LONGC_TRY(readTokens(**session, tokens, mode, "reading"));
  result.seconds.push_back(secondsSince(start));
  return {};
}

// Reads `tokens` into memory as a document, and compares its beginning with its end; then a last context, which sees all of it.
Status measureFilling(Engine &engine, const SessionOptions &options, std::span<const int32_t> tokens, ProgressMode mode, Measurement &result) {
  auto session = Session::create(engine, options);
  if (!session.ok())
    return session.status();
  const auto count = static_cast<int64_t>(tokens.size());
  const auto start = std::chrono::steady_clock::now();
  std::pair<int64_t, double> quarter, threeQuarters; // tokens read, seconds
  Progress progress(mode, "reading", count, "tokens");
  IngestOptions ingest;
  ingest.toMemory = true;
  ingest.onProgress = [&](int64_t done, int64_t) {
    const std::pair now(done, secondsSince(start));
    if (quarter.first == 0 && done >= count / 4)
      quarter = now;
    if (threeQuarters.first == 0 && done >= count - count / 4)
      threeQuarters = now;
    progress.update(done);
    return !interrupted();
  };
  LONGC_TRY((*session)->ingest(tokens, ingest));
  result.seconds.push_back(secondsSince(start));
  if (threeQuarters.first > quarter.first && threeQuarters.first < count) {
    result.firstRate = static_cast<double>(quarter.first) / quarter.second;
    result.lastRate = static_cast<double>(count - threeQuarters.first) / (result.seconds.back() - threeQuarters.second);
  }
  result.askedTokens = std::min(options.policy.lastContext, count);
  const auto asks = std::chrono::steady_clock::now();
  LONGC_TRY((*session)->ingest(tokens.first(static_cast<size_t>(result.askedTokens))));
  result.askedSeconds = secondsSince(asks);
  return {};
}

// One token of every session.
Status takeTogether(Engine &engine, std::span<const std::unique_ptr<Session>> sessions, std::span<const int32_t> tokens) {
  std::vector<Intake> intakes;
  for (size_t index = 0; index < sessions.size(); ++index) {
    auto intake = Intake::begin(*sessions[index], tokens.subspan(index, 1));
    if (!intake.ok())
      return intake.status();
    intakes.push_back(std::move(*intake));
  }
  std::vector<Intake *> all;
  for (Intake &intake : intakes)
    all.push_back(&intake);
  return runIntakes(engine, all);
}

// So many steps from these tokens on, which the device chooses.
Status decodeAhead(std::span<const std::unique_ptr<Session>> sessions, DeviceSampler &device, Sampler &sampler, std::vector<int32_t> tokens, int64_t steps) {
  std::vector<Session *> all;
  for (const auto &session : sessions)
    all.push_back(session.get());
  const std::vector<Sampler *> samplers(all.size(), &sampler);
  auto ahead = DecodeAhead::create(device, all, samplers);
  if (!ahead.ok())
    return ahead.status();
  for (int64_t step = 0; step < steps; ++step) {
    if (!(*ahead)->isAhead())
      LONGC_TRY((*ahead)->take(tokens));
    auto next = (*ahead)->next(step + 1 < steps);
    if (!next.ok())
      return next.status();
    tokens.assign(next->begin(), next->end());
    if (interrupted())
      return Status::error(cancelledCode, "cancelled");
  }
  return {};
}

struct Plan {
  int64_t prefill, decode, depth, fill, repeat, sequences;
  ProgressMode mode;
};

// Decodes greedily in so many sequences at a time, each after `depth` tokens and one of its own, without end.
Status measureDecoding(Engine &engine, const SessionOptions &options, const Plan &plan, Measurement &result) {
  const int64_t sequences = plan.sequences;
  auto store = Session::createStore(engine, options, sequences);
  if (!store.ok())
    return store.status();
  std::vector<std::unique_ptr<Session>> sessions;
  std::vector<int32_t> chosen;
  for (int64_t index = 0; index < sequences; ++index) {
    auto session = Session::create(engine, options, *store);
    if (!session.ok())
      return session.status();
    if (plan.depth > 0)
      LONGC_TRY(readTokens(**session, randomTokens(plan.depth, engine.vocabulary()), ProgressMode::none, "reading"));
    sessions.push_back(std::move(*session));
    chosen.push_back(static_cast<int32_t>(index % engine.vocabulary()));
  }
  LONGC_TRY(takeTogether(engine, sessions, chosen));
  Sampler greedy(SamplerOptions{});
  auto start = std::chrono::steady_clock::now();
  for (int64_t step = 0; step < plan.decode; ++step) {
    for (size_t index = 0; index < sessions.size(); ++index) {
      auto token = greedy.sample(sessions[index]->logits());
      if (!token.ok())
        return token.status();
      chosen[index] = *token;
    }
    if (DeviceSampler *device = engine.sampler()) {
      LONGC_TRY(decodeAhead(sessions, *device, greedy, chosen, plan.decode));
      break;
    }
    LONGC_TRY(takeTogether(engine, sessions, chosen));
    if (interrupted())
      return Status::error(cancelledCode, "cancelled");
  }
  result.seconds.push_back(secondsSince(start));
  return {};
}

Result<Plan> planOf(const Arguments &arguments) {
  Plan plan = {};
  struct {
    const char *name;
    int64_t *target, low;
  } numbers[] = {{"prefill", &plan.prefill, 0}, {"decode", &plan.decode, 0}, {"depth", &plan.depth, 0}, {"fill", &plan.fill, 0}, {"repeat", &plan.repeat, 1},
                 {"sequences", &plan.sequences, 1}};
  for (auto &number : numbers) {
    auto value = arguments.integer(number.name, number.low, 10000000);
    if (!value.ok())
      return value.status();
    *number.target = *value;
  }
  auto mode = progressOf(arguments);
  if (!mode.ok())
    return mode.status();
  plan.mode = *mode;
  return plan;
}

Status measure(Engine &engine, const SessionOptions &options, const Plan &plan, Measurement &prefill,
               Measurement &decode, Measurement &fill) {
  prefill.tokens = plan.prefill;
  decode.tokens = plan.decode * plan.sequences;
  fill.tokens = plan.fill;
  // One untimed round: pages of the weights, large pages of the arena.
  Measurement warmup;
  LONGC_TRY(measureReading(engine, options, randomTokens(std::min<int64_t>(std::max<int64_t>(plan.prefill, 16), 512), engine.vocabulary()),
                           ProgressMode::none, warmup));
  for (int64_t round = 0; round < plan.repeat; ++round) {
    if (plan.prefill > 0)
      LONGC_TRY(measureReading(engine, options, randomTokens(plan.prefill, engine.vocabulary()), ProgressMode::none, prefill));
    if (plan.decode > 0)
      LONGC_TRY(measureDecoding(engine, options, plan, decode));
  }
  if (plan.fill > 0)
    LONGC_TRY(measureFilling(engine, options, randomTokens(plan.fill, engine.vocabulary()), plan.mode, fill));
  return {};
}

std::string toJson(Engine &engine, const Measurement &prefill, const Measurement &decode, const Measurement &fill, const Plan &plan) {
  JsonWriter json;
  json.beginObject();
  json.key("device").text(engine.target() == "cpu" ? CpuFeatures::detect().brand : engine.device().describe());
  json.key("variant").text(engine.device().variant());
  json.key("threads").integer(engine.device().threads());
  json.key("precision").text(engine.precision());
  json.key("sequences").integer(plan.sequences);
  json.key("depth").integer(plan.depth);
  auto add = [&](const std::string &name, const Measurement &measurement) {
    json.key(name + "_tokens").integer(measurement.tokens);
    json.key(name + "_tokens_per_second").number(measurement.rate());
    json.key(name + "_seconds").beginArray();
    for (double seconds : measurement.seconds)
      json.number(seconds);
    json.endArray();
  };
  add("prefill", prefill);
  add("decode", decode);
  if (fill.tokens > 0) {
    add("fill", fill);
    json.key("fill_first_quarter_tokens_per_second").number(fill.firstRate);
    json.key("fill_last_quarter_tokens_per_second").number(fill.lastRate);
    json.key("fill_last_context_tokens").integer(fill.askedTokens);
    json.key("fill_last_context_seconds").number(fill.askedSeconds);
  }
  return json.endObject().str() + "\n";
}

std::string toTable(const Measurement &prefill, const Measurement &decode, const Measurement &fill, bool truncates) {
  std::string text = formatText("%-10s %10s %14s %12s\n", "test", "tokens", "tokens/s", "seconds");
  auto add = [&](const char *name, const Measurement &measurement) {
    if (measurement.tokens > 0)
      text += formatText("%-10s %10lld %14.1f %12.4f\n", name, static_cast<long long>(measurement.tokens),
                         measurement.rate(), measurement.best());
  };
  add("prefill", prefill);
  add("decode", decode);
  add("fill", fill);
  if (fill.lastRate > 0)
    text += formatText("of filling, the first quarter %.1f tokens/s, the last %.1f (%.3f x)\n", fill.firstRate, fill.lastRate,
                       fill.lastRate / fill.firstRate);
  if (fill.tokens > 0)
    text += formatText("%lld tokens that see %s of it: %.4f s\n", static_cast<long long>(fill.askedTokens), truncates ? "the end" : "all", fill.askedSeconds);
  return text;
}

Result<bool> isEncoder() {
  auto kind = openKind();
  return kind.ok() ? Result<bool>((*kind)->module().has_encoder()) : Result<bool>(kind.status());
}

Status runBench(const Arguments &arguments) {
  auto encoder = arguments.has("random-weights") ? Result<bool>(false) : isEncoder(); // those are of decoders
  if (!encoder.ok())
    return encoder.status();
  if (*encoder)
    return runEncoderBench(arguments);
  auto plan = planOf(arguments);
  if (!plan.ok())
    return plan.status();
  auto loaded = LoadedProgram::load(arguments);
  if (!loaded.ok())
    return loaded.status();
  auto options = loaded->sessionOptions(arguments);
  if (!options.ok())
    return options.status();
  if (int64_t fit = Session::mostThatFit(*loaded->engine, *options, plan->depth + plan->decode + 1); plan->sequences > std::max<int64_t>(fit, 1))
    return Status::error(7106, formatText("%s sequences of %s tokens do not fit into this machine's memory: %s do",
                                          formatCount(plan->sequences).c_str(), formatCount(plan->depth + plan->decode + 1).c_str(),
                                          formatCount(fit).c_str()),
                         "use fewer --sequences, or a smaller --window");
  logNote(CpuFeatures::detect().brand + "; " + loaded->engine->device().describe() + "; " + loaded->engine->precision());
  Measurement prefill, decode, fill;
  LONGC_TRY(measure(*loaded->engine, *options, *plan, prefill, decode, fill));
  LONGC_TRY(loaded->report());
  return printText(arguments.flag("json") ? toJson(*loaded->engine, prefill, decode, fill, *plan)
                                          : toTable(prefill, decode, fill, options->truncate));
}

} // namespace

const Command benchCommand = {"bench", "tokens per second of reading, decoding and filling the memory; texts per second of an encoder",
                              modelOptions({"call-tokens", "decode", "depth", "fill", "int8", "json", "prefill", "random-weights", "repeat", "sequences", "text-tokens", "texts"}),
                              runBench};

} // namespace longc
