// Counts parameters and lays out a call.
#include "runtime/train/TrainingNeeds.h"

#include "runtime/serve/CallMemory.h"
#include "runtime/train/ProgramParameters.h"

namespace longc {

int64_t numbersRead(const abi::Function &function, const abi::Program &program) {
  int64_t count = 0;
  std::vector<bool> seen(static_cast<size_t>(program.parameters_size()));
  for (const abi::Buffer &buffer : function.buffers()) {
    if (buffer.kind() != abi::Buffer::PARAMETER || seen[buffer.index()])
      continue;
    seen[buffer.index()] = true;
    int64_t size = 1;
    for (int64_t one : program.parameters(static_cast<int>(buffer.index())).shape())
      size *= one;
    count += size;
  }
  return count;
}

std::optional<TrainingNeeds> trainingNeeds(const Program &program, const abi::Function &gradient, int64_t callTokens) {
  constexpr double arrays = 4; // values, gradients, two moments
  const std::optional<int64_t> call = callBytes(gradient, program.message(), callTokens);
  if (!call)
    return std::nullopt;
  const ParameterList trained = ProgramParameters::trainable(program.message()).list;
  double stored = 0;
  for (const TrainedParameter &parameter : trained.parameters())
    stored += parameter.beginning == Beginning::given ? static_cast<double>(parameter.size) : 0;
  TrainingNeeds needs;
  needs.trained = static_cast<double>(trained.count());
  needs.state = arrays * sizeof(float) * needs.trained;
  needs.weights = static_cast<double>(program.weightsBytes()) - sizeof(float) * stored;
  needs.call = static_cast<double>(*call);
  const abi::Function *loss = program.findFunction("loss", gradient.precision(), gradient.target()); // as logs count it
  needs.cost = {static_cast<double>(numbersRead(loss ? *loss : gradient, program.message())), needs.trained, static_cast<double>(program.module().layers()),
                static_cast<double>(program.module().hidden())};
  return needs;
}

} // namespace longc
