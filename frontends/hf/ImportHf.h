// A Hugging Face model folder as a checkpoint: config.json, generation_config.json, safetensors, tokenizer files.
#pragma once

#include "frontends/Checkpoint.h"

#include <string>

namespace longc {

// Errors begin with the path of the file they are about.
Result<Checkpoint> importHf(const std::string &folder);

} // namespace longc
