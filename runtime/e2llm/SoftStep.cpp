// One call an objective, so that each has a loss of its own.
#include "runtime/e2llm/SoftStep.h"

#include "runtime/core/Format.h"
#include "runtime/serve/Batch.h"
#include "runtime/train/ProgramStep.h"

#include <algorithm>
#include <cstring>
#include <map>

namespace longc {

// What a call of `loss` takes.
struct SoftStep::Inputs {
  TrainBatch words;    // zeros where soft tokens stand
  EncoderInputs chunks; // each once
  std::vector<int32_t> firsts, places, softChunks, destinations;
  std::vector<float> shares;

  Result<std::vector<InputTensor>> inOrderOf(const abi::Function &function) const {
    std::vector<InputTensor> tensors;
    auto add = [&](const auto &numbers) { tensors.push_back({numbers.data(), {{static_cast<int64_t>(numbers.size()), 1, 1, 1}, 1}}); };
    const std::pair<std::string_view, const std::vector<int32_t> *> integers[] = {
        {"tokens", &words.tokens},          {"positions", &words.positions},        {"boundaries", &words.boundaries},
        {"targets", &words.targets},        {"chunk_tokens", &chunks.tokens},       {"chunk_token_types", &chunks.types},
        {"chunk_positions", &chunks.positions}, {"chunk_boundaries", &chunks.boundaries}, {"chunk_firsts", &firsts},
        {"chunk_places", &places},          {"soft_chunks", &softChunks},           {"destinations", &destinations}};
    for (const abi::Input &input : function.inputs()) {
      auto known = std::ranges::find(integers, std::string_view(input.role()), [](const auto &entry) { return entry.first; });
      if (known != std::end(integers))
        add(*known->second);
      else if (input.role() == "weights")
        add(words.weights);
      else if (input.role() == "chunk_shares")
        add(shares);
      else
        return Status::error(4120, "function '" + function.name() + "' has an input '" + input.role() + "', which this runtime does not fill",
                             "compile the program again");
    }
    return tensors;
  }
};

Result<std::unique_ptr<SoftStep>> SoftStep::create(const Program &program, const longc_program_table &table, const EngineOptions &options) {
  const char *precision = options.exact ? "exact" : "fast";
  const abi::Function *loss = program.findFunction("loss", precision, "cpu"), *gradient = program.findFunction("loss_gradient", precision, "cpu");
  if (!loss || !gradient || gradient->gradients_size() == 0)
    return Status::error(noTraining, "this program does not train: it was compiled without --train", "compile it again with --train");
  std::unique_ptr<SoftStep> step(new SoftStep(program));
  for (const abi::Gradient &entry : gradient->gradients()) {
    step->parameters_.add(program.message(), entry.parameter());
    step->results_.push_back(entry.result());
  }
  auto one = ParameterArray::create(step->parameters(), "gradients of one call");
  if (!one.ok())
    return one.status();
  step->one_ = std::move(*one);
  auto device = openProcessor(program, table, options, {loss, gradient});
  if (!device.ok())
    return device.status();
  step->device_ = std::move(*device);
  for (auto [function, executor] : {std::pair(loss, &step->loss_), {gradient, &step->gradient_}}) {
    LONGC_TRY(Inputs().inOrderOf(*function).status());
    auto made = Executor::create(program, *function, *step->device_);
    if (!made.ok())
      return made.status();
    *executor = std::move(*made);
  }
  return step;
}

void SoftStep::readStored(ParameterArray &values) const {
  for (size_t i = 0; i < results_.size(); ++i)
    if (const TrainedParameter &parameter = parameters().parameters()[i]; parameter.beginning == Beginning::given)
      std::memcpy(values.of(parameter).data(), program_.parameterData(parameters_.indices[i]), program_.parameterBytes(parameters_.indices[i]));
}

// The sequences of one objective, and the chunks that they refer to.
Result<SoftStep::Inputs> SoftStep::inputsOf(const TrainBatch &batch, Objective objective) const {
  const abi::Module &encoder = *compressingModule(program_.message());
  const abi::Encoder::Pooling pooling = encoder.compression().pooling();
  Inputs inputs;
  std::map<int32_t, int32_t> known; // chunk to its number in the call
  for (size_t sequence = 0; sequence + 1 < batch.boundaries.size(); ++sequence) {
    const int32_t begin = batch.boundaries[sequence], end = batch.boundaries[sequence + 1];
    auto soft = std::find_if(batch.tokens.begin() + begin, batch.tokens.begin() + end, [](int32_t id) { return id < 0; });
    if (soft == batch.tokens.begin() + end || data_->references[static_cast<size_t>(softToken(*soft))].objective != objective)
      continue;
    if (inputs.words.boundaries.empty())
      inputs.words.boundaries.push_back(0);
    for (auto t = static_cast<size_t>(begin); t < static_cast<size_t>(end); ++t) {
      if (const int32_t id = batch.tokens[t]; id < 0) {
        const int32_t chunk = data_->references[static_cast<size_t>(softToken(id))].chunk;
        auto [place, fresh] = known.try_emplace(chunk, static_cast<int32_t>(inputs.chunks.sequences()));
        if (fresh) {
          const auto first = static_cast<int32_t>(inputs.chunks.tokens.size());
          LONGC_TRY(inputs.chunks.append(encoder, data_->chunks[static_cast<size_t>(chunk)]));
          const auto length = static_cast<int32_t>(inputs.chunks.tokens.size()) - first;
          inputs.firsts.push_back(first);
          for (int32_t row = 0; row < length; ++row) {
            inputs.places.push_back(place->second);
            inputs.shares.push_back(pooling == abi::Encoder::MEAN  ? 1.0f / static_cast<float>(length)
                                    : pooling == abi::Encoder::CLS ? static_cast<float>(row == 0)
                                                                   : static_cast<float>(row + 1 == length));
          }
        }
        inputs.softChunks.push_back(place->second);
        inputs.destinations.push_back(static_cast<int32_t>(inputs.words.tokens.size()));
      }
      inputs.words.tokens.push_back(std::max(batch.tokens[t], 0));
      inputs.words.positions.push_back(batch.positions[t]);
      inputs.words.targets.push_back(std::max(batch.targets[t], 0)); // no soft token is a target
      inputs.words.weights.push_back(batch.weights[t]);
    }
    inputs.words.boundaries.push_back(static_cast<int32_t>(inputs.words.tokens.size()));
  }
  return inputs;
}

Result<double> SoftStep::run(Executor &executor, const TrainBatch &batch, const ParameterArray &values, ParameterArray *gradients) {
  for (size_t i = 0; i < results_.size(); ++i)
    LONGC_TRY(executor.bindParameter(parameters_.indices[i], values.of(parameters().parameters()[i]).data()));
  double all = 0;
  for (Objective objective : {Objective::reason, Objective::understand}) {
    auto inputs = inputsOf(batch, objective);
    if (!inputs.ok())
      return inputs.status();
    if (inputs->words.size() == 0)
      continue;
    auto tensors = inputs->inOrderOf(executor.function());
    if (!tensors.ok())
      return tensors.status();
    LONGC_TRY(executor.run(*tensors));
    float loss = 0;
    LONGC_TRY(executor.readResult(0, &loss, sizeof loss));
    all += static_cast<double>(loss);
    Sum &sum = sums_[static_cast<size_t>(objective)];
    sum.loss += static_cast<double>(loss);
    for (float weight : inputs->words.weights)
      sum.weights += static_cast<double>(weight);
    if (!gradients)
      continue;
    for (size_t i = 0; i < results_.size(); ++i) {
      std::span<float> numbers = one_.of(parameters().parameters()[i]);
      LONGC_TRY(executor.readResult(results_[i], numbers.data(), numbers.size_bytes()));
    }
    const std::span<const float> from = std::as_const(one_).all();
    const std::span<float> to = gradients->all();
    for (size_t i = 0; i < to.size(); ++i)
      to[i] += from[i];
  }
  return all;
}

Result<double> SoftStep::loss(const TrainBatch &batch, const ParameterArray &values) { return run(*loss_, batch, values, nullptr); }

Result<double> SoftStep::lossAndGradients(const TrainBatch &batch, const ParameterArray &values, ParameterArray &gradients) {
  return run(*gradient_, batch, values, &gradients);
}

std::vector<std::pair<std::string, double>> SoftStep::takeLosses() {
  std::vector<std::pair<std::string, double>> losses;
  for (size_t objective = 0; objective < sums_.size(); ++objective)
    if (sums_[objective].weights > 0)
      losses.emplace_back(objectiveNames[objective], sums_[objective].loss / sums_[objective].weights);
  sums_ = {};
  return losses;
}

} // namespace longc
