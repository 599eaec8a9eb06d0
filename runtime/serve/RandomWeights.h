// Numbers in the place of weights that a program was compiled without: for measurements, whose time no weight decides.
#pragma once

#include "runtime/abi/program.pb.h"
#include "runtime/core/Status.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace longc {

/// Fills the weights section that the parameters' places are in: matrices with numbers spread evenly in +-0.035 (0.02 from
/// zero in the mean square, as models begin), vectors with ones. The same for a seed everywhere. LC4124 for quantised ones.
Status makeRandomWeights(const abi::Program &program, uint64_t seed, std::span<std::byte> weights);

/// Another path of the program at `path`, which was compiled without weights: there it has random ones. They are in memory
/// until the process ends. LC4114 for a program with weights.
Result<std::string> withRandomWeights(const std::string &path, uint64_t seed);

} // namespace longc
