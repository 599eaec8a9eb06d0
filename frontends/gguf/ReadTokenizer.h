// The tokenizer of a GGUF file. Private to this folder.
#pragma once

#include "frontends/TokenizerSource.h"
#include "runtime/core/Status.h"
#include "runtime/io/Gguf.h"

#include <cstdint>

namespace longc {

// Reads and checks the tokenizer.* keys; there must be `vocabSize` tokens. BPE on bytes and that of SentencePiece are known.
Result<TokenizerSource> readTokenizerSource(const GgufFile &file, int64_t vocabSize);

} // namespace longc
