// Rotary positions of a config.json: `rope_parameters` as transformers 5 writes them, `rope_theta` and `rope_scaling` as
// version 4 did. Private to this folder.
#pragma once

#include "models/DecoderConfig.h"
#include "runtime/io/ConfigKeys.h"

#include <vector>

namespace longc {

// One kind of layers. `defaultTheta` is the family's. What a reader should know goes to `notes`.
Status readRope(const ConfigKeys &config, double defaultTheta, RopeConfig &rope, std::vector<std::string> &notes);

// Two kinds, as Gemma 3 has them: an entry of `rope_parameters` for each, or `rope_local_base_freq` beside keys that hold
// for the layers that see everything.
Status readLayeredRope(const ConfigKeys &config, double defaultTheta, double defaultSlidingTheta, DecoderConfig &out,
                       std::vector<std::string> &notes);

} // namespace longc
