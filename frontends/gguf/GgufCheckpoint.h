// A GGUF file as a checkpoint.
#pragma once

#include "frontends/Checkpoint.h"

#include <string>

namespace longc {

Result<Checkpoint> importGgufCheckpoint(const std::string &path);

} // namespace longc
