// llama.* keys of a GGUF file to a LlamaConfig. Private to this folder.
#pragma once

#include "models/LlamaConfig.h"
#include "runtime/core/Status.h"
#include "runtime/io/Gguf.h"

namespace longc {

// Reads everything but tiedHead, which only the tensors tell.
Result<LlamaConfig> readLlamaConfig(const GgufFile &file);

} // namespace longc
