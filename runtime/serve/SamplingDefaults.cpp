// The message as options.
#include "runtime/serve/SamplingDefaults.h"

namespace longc {

SamplerOptions samplingOf(const abi::Module &module) {
  SamplerOptions options;
  if (!module.has_sampling())
    return options;
  const abi::Sampling &sampling = module.sampling();
  options.temperature = static_cast<float>(sampling.temperature());
  options.topK = static_cast<int>(sampling.top_k());
  options.topP = static_cast<float>(sampling.top_p());
  options.minP = static_cast<float>(sampling.min_p());
  if (sampling.repetition_penalty() != 0)
    options.repetitionPenalty = static_cast<float>(sampling.repetition_penalty());
  return options;
}

} // namespace longc
