// Tokenizers of encoders in GGUF files, WordPiece and Unigram: what their keys do not say or say in another form. Private to this folder.
#pragma once

#include "frontends/TokenizerSource.h"
#include "runtime/core/Status.h"
#include "runtime/io/Gguf.h"

namespace longc {

// Both take a source with its tokens, types, scores and named ids, and leave one as tokenizer.json would give it.
Status readWordPieces(const GgufFile &file, TokenizerSource &source);
Status readUnigram(const GgufFile &file, TokenizerSource &source);

} // namespace longc
