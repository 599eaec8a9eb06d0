// The keys of an architecture to a DecoderConfig. Private to this folder.
#pragma once

#include "frontends/gguf/Architectures.h"
#include "models/DecoderConfig.h"
#include "runtime/core/Status.h"
#include "runtime/io/Gguf.h"

namespace longc {

// Reads everything but what only the tensors tell: biases, tiedHead, rope.factors. Notes are what a file does not say.
Result<DecoderConfig> readGgufConfig(const GgufFile &file, const Architecture &architecture, std::vector<std::string> &notes);

} // namespace longc
