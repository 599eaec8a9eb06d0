// How a model's tokens are drawn where nobody says it.
#pragma once

#include "runtime/abi/program.pb.h"
#include "runtime/text/Sampler.h"

namespace longc {

/// As the checkpoint has it; the best token where it says nothing.
SamplerOptions samplingOf(const abi::Module &module);

} // namespace longc
