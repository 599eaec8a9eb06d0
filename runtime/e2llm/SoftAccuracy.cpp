// A sample at a time: its chunks compressed, its tokens taken in, the logits before each token of a reply.
#include "runtime/e2llm/SoftAccuracy.h"

#include "runtime/serve/Session.h"

#include <algorithm>

namespace longc {
namespace {

constexpr size_t mostOfObjective = 64;

Objective objectiveOf(const SoftData &data, const Sample &sample) {
  const auto soft = std::ranges::find_if(sample.tokens, [](int32_t id) { return id < 0; });
  return soft == sample.tokens.end() ? Objective::understand : data.references[static_cast<size_t>(softToken(*soft))].objective;
}

} // namespace

Result<std::unique_ptr<SoftAccuracy>> SoftAccuracy::create(const Program &program, const longc_program_table &table, const EngineOptions &options) {
  auto compressor = Compressor::create(program, table, options);
  if (!compressor.ok())
    return compressor.status();
  auto engine = Engine::create(program, table, options);
  if (!engine.ok())
    return engine.status();
  return std::unique_ptr<SoftAccuracy>(new SoftAccuracy(program, std::move(*compressor), std::move(*engine)));
}

Status SoftAccuracy::bind(const ParameterList &list, const ParameterArray &values) {
  LONGC_TRY(compressor_->bind(list, values));
  const auto bind = [this](uint32_t parameter, const void *data) { return engine_->bindParameter(parameter, data); };
  LONGC_TRY(bindTrained(program_.message(), list, values, bind));
  auto served = ServedValues::of(program_.message(), list, values);
  if (!served.ok())
    return served.status();
  served_ = std::move(*served);
  return served_.bind(bind);
}

Result<std::vector<std::pair<std::string, double>>> SoftAccuracy::judge(const SoftData &data, std::span<const Sample> samples, const ParameterList &list,
                                                                        const ParameterArray &values) {
  LONGC_TRY(bind(list, values));
  std::array<std::vector<const Sample *>, std::size(objectiveNames)> parts;
  for (const Sample &sample : samples)
    parts[static_cast<size_t>(objectiveOf(data, sample))].push_back(&sample);
  std::vector<std::pair<std::string, double>> shares;
  for (size_t objective = 0; objective < parts.size(); ++objective) {
    const std::vector<const Sample *> &part = parts[objective];
    const size_t used = std::min(part.size(), mostOfObjective);
    Score score;
    for (size_t number = 0; number < used; ++number)
      LONGC_TRY(ask(data, *part[number * part.size() / used], score));
    if (score.asked > 0)
      shares.emplace_back(objectiveNames[objective], static_cast<double>(score.right) / static_cast<double>(score.asked));
  }
  return shares;
}

Status SoftAccuracy::ask(const SoftData &data, const Sample &sample, Score &score) {
  std::vector<int32_t> ids = sample.tokens;
  std::vector<std::vector<int32_t>> chunks;
  for (int32_t &id : ids)
    if (id < 0) {
      chunks.push_back(data.chunks[static_cast<size_t>(data.references[static_cast<size_t>(softToken(id))].chunk)]);
      id = softToken(static_cast<int32_t>(chunks.size()) - 1);
    }
  auto compressed = compressor_->compressTokens(chunks);
  if (!compressed.ok())
    return compressed.status();
  IngestOptions options;
  options.softTokens = compressed->soft;
  options.rows = IngestOptions::Rows::listed;
  for (size_t t = 1; t < ids.size(); ++t)
    if (sample.weights[t] > 0)
      options.listed.push_back(static_cast<int64_t>(t) - 1);
  options.onLogits = [&](int64_t index, std::span<const float> logits) {
    ++score.asked;
    score.right += std::ranges::max_element(logits) - logits.begin() == ids[static_cast<size_t>(index) + 1];
    return Status();
  };
  SessionOptions session;
  session.policy.window = session.policy.lastContext = static_cast<int64_t>(ids.size()) + 1;
  auto opened = Session::create(*engine_, session);
  return opened.ok() ? (*opened)->ingest(ids, options) : opened.status();
}

} // namespace longc
