// llama.* keys of a GGUF file to a DecoderConfig. Private to this folder.
#pragma once

#include "models/DecoderConfig.h"
#include "runtime/core/Status.h"
#include "runtime/io/Gguf.h"

namespace longc {

// Reads everything but tiedHead, which only the tensors tell.
Result<DecoderConfig> readLlamaConfig(const GgufFile &file);

} // namespace longc
