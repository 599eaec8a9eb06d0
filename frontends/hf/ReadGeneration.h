// generation_config.json: what ends a text, and how its tokens are chosen.
#pragma once

#include "frontends/Checkpoint.h"
#include "frontends/hf/ReadConfig.h"

namespace longc {

// Reads the file of a model's folder, if it has one. `endIds` are those of the configuration, unless the file has its own.
Status readGeneration(const std::string &folder, const HfConfig &config, std::vector<int32_t> &endIds, GenerationDefaults &out);

} // namespace longc
