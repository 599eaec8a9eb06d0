// One call an objective, so that each has a loss of its own.
#include "runtime/e2llm/SoftStep.h"

#include "runtime/abi/Messages.h"
#include "runtime/serve/Batch.h"

#include <algorithm>
#include <map>

namespace longc {

// What a call of `loss` takes.
struct SoftStep::Inputs {
  TrainBatch words;    // zeros where soft tokens stand
  EncoderInputs chunks; // each once
  std::vector<int32_t> rows, targets; // of words that are to be said
  std::vector<float> weights;
  std::vector<int32_t> firsts, places, softChunks, destinations;
  std::vector<int32_t> queries = {0}, seeds; // of the pool `pma`: boundaries of one query a chunk, and that it is the one there is
  std::vector<float> shares;
  std::map<int32_t, int32_t> known; // chunk to its number in the call

  void addTarget(size_t row, int32_t target, float weight) {
    rows.push_back(static_cast<int32_t>(row));
    targets.push_back(target);
    weights.push_back(weight);
  }

  // The number of a chunk in the call.
  Result<int32_t> placeOf(int32_t chunk, std::span<const int32_t> tokens, const abi::Module &encoder) {
    auto [place, fresh] = known.try_emplace(chunk, static_cast<int32_t>(firsts.size()));
    if (!fresh)
      return place->second;
    const abi::Encoder::Pooling pooling = encoder.compression().pooling();
    firsts.push_back(static_cast<int32_t>(chunks.tokens.size()));
    LONGC_TRY(chunks.append(encoder, tokens));
    queries.push_back(static_cast<int32_t>(firsts.size()));
    seeds.push_back(0);
    for (size_t row = 0; row < tokens.size(); ++row) {
      places.push_back(place->second);
      shares.push_back(pooling == abi::Encoder::MEAN  ? 1.0f / static_cast<float>(tokens.size())
                       : pooling == abi::Encoder::CLS ? static_cast<float>(row == 0)
                                                      : static_cast<float>(row + 1 == tokens.size()));
    }
    return place->second;
  }

  Result<std::vector<InputTensor>> inOrderOf(const abi::Function &function) const {
    std::vector<InputTensor> tensors;
    auto add = [&](const auto &numbers) { tensors.push_back({numbers.data(), {{static_cast<int64_t>(numbers.size()), 1, 1, 1}, 1}}); };
    for (const abi::Input &input : function.inputs())
      switch (input.role()) {
      case abi::Input::TOKENS: add(words.tokens); break;
      case abi::Input::POSITIONS: add(words.positions); break;
      case abi::Input::BOUNDARIES: add(words.boundaries); break;
      case abi::Input::ROWS: add(rows); break;
      case abi::Input::ROW_TARGETS: add(targets); break;
      case abi::Input::ROW_WEIGHTS: add(weights); break;
      case abi::Input::CHUNK_TOKENS: add(chunks.tokens); break;
      case abi::Input::CHUNK_TOKEN_TYPES: add(chunks.types); break;
      case abi::Input::CHUNK_POSITIONS: add(chunks.positions); break;
      case abi::Input::CHUNK_BOUNDARIES: add(chunks.boundaries); break;
      case abi::Input::CHUNK_FIRSTS: add(firsts); break;
      case abi::Input::CHUNK_PLACES: add(places); break;
      case abi::Input::CHUNK_SHARES: add(shares); break;
      case abi::Input::SOFT_CHUNKS: add(softChunks); break;
      case abi::Input::DESTINATIONS: add(destinations); break;
      case abi::Input::CHUNK_QUERY_BOUNDARIES: add(queries); break;
      case abi::Input::CHUNK_QUERY_TOKENS: add(seeds); break;
      default:
        return Status::error(4120, "function '" + function.name() + "' has an input '" + inputName(input) + "', which this runtime does not fill",
                             "compile the program again");
      }
    return tensors;
  }
};

Result<std::unique_ptr<SoftStep>> SoftStep::create(const Program &program, const longc_program_table &table, const EngineOptions &options) {
  std::unique_ptr<SoftStep> step(new SoftStep(program));
  LONGC_TRY(step->open(table, options));
  for (const Executor *executor : {&step->lossFunction(), &step->gradientFunction()})
    LONGC_TRY(Inputs().inOrderOf(executor->function()).status());
  return step;
}

// The sequences of one objective (understanding where there are no soft tokens), and the chunks that they refer to.
Result<SoftStep::Inputs> SoftStep::inputsOf(const TrainBatch &batch, Objective objective) const {
  const abi::Module &encoder = *compressingModule(program().message());
  Inputs inputs;
  for (size_t sequence = 0; sequence + 1 < batch.boundaries.size(); ++sequence) {
    const int32_t begin = batch.boundaries[sequence], end = batch.boundaries[sequence + 1];
    const auto last = batch.tokens.begin() + end, soft = std::find_if(batch.tokens.begin() + begin, last, [](int32_t id) { return id < 0; });
    if ((soft == last ? Objective::understand : data_->references[static_cast<size_t>(softToken(*soft))].objective) != objective)
      continue;
    if (inputs.words.boundaries.empty())
      inputs.words.boundaries.push_back(0);
    for (auto t = static_cast<size_t>(begin); t < static_cast<size_t>(end); ++t) {
      if (const int32_t id = batch.tokens[t]; id < 0) {
        const int32_t chunk = data_->references[static_cast<size_t>(softToken(id))].chunk;
        auto place = inputs.placeOf(chunk, data_->chunks[static_cast<size_t>(chunk)], encoder);
        if (!place.ok())
          return place.status();
        inputs.softChunks.push_back(*place);
        inputs.destinations.push_back(static_cast<int32_t>(inputs.words.tokens.size()));
      }
      if (batch.weights[t] != 0) // of words: no soft token is a target
        inputs.addTarget(inputs.words.tokens.size(), batch.targets[t], batch.weights[t]);
      inputs.words.tokens.push_back(std::max(batch.tokens[t], 0));
      inputs.words.positions.push_back(batch.positions[t]);
    }
    inputs.words.boundaries.push_back(static_cast<int32_t>(inputs.words.tokens.size()));
  }
  if (inputs.words.size() > 0 && inputs.rows.empty()) // a call has a target
    inputs.addTarget(0, 0, 0);
  if (inputs.words.size() > 0 && inputs.firsts.empty()) // the encoder reads something in every call
    LONGC_TRY(inputs.placeOf(0, data_->chunks.front(), encoder).status());
  return inputs;
}

Result<double> SoftStep::run(Executor &executor, const TrainBatch &batch, const std::function<Status()> &addGradients) {
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
    auto loss = call(executor, *tensors);
    if (!loss.ok())
      return loss;
    all += *loss;
    Sum &sum = sums_[static_cast<size_t>(objective)];
    sum.loss += *loss;
    for (float weight : inputs->weights)
      sum.weights += static_cast<double>(weight);
    if (addGradients)
      LONGC_TRY(addGradients());
  }
  return all;
}

void SoftStep::freeze(std::span<const std::string> parts) {
  CompiledStep::freeze([&](const TrainedParameter &parameter) {
    return std::ranges::any_of(parts, [&](const std::string &part) { return parameter.name.starts_with(part + "/"); });
  });
}

Result<double> SoftStep::loss(const TrainBatch &batch, const ParameterArray &values) {
  LONGC_TRY(bind(lossFunction(), values));
  return run(lossFunction(), batch, {});
}

Result<double> SoftStep::lossAndGradients(const TrainBatch &batch, const ParameterArray &values, ParameterArray &gradients) {
  LONGC_TRY(bind(gradientFunction(), values));
  return run(gradientFunction(), batch, [&] { return addGradients(gradients); });
}

Result<double> SoftStep::loss(const TrainBatch &batch, const HeldTraining &training) {
  LONGC_TRY(bind(lossFunction(), training));
  return run(lossFunction(), batch, {});
}

Result<double> SoftStep::lossAndGradients(const TrainBatch &batch, HeldTraining &training) {
  LONGC_TRY(bind(gradientFunction(), training));
  return run(gradientFunction(), batch, [&] { return addGradients(training); });
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
