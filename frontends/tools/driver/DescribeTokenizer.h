// What a program says of its tokenizer.
#pragma once

#include "frontends/TokenizerSource.h"
#include "runtime/abi/program.pb.h"
#include "runtime/core/Status.h"

namespace longc {

// Refuses merges of other tokens than the tokenizer's (Tokenizer::badMerge).
Status describeTokenizer(const TokenizerSource &source, abi::Tokenizer &tokenizer);

} // namespace longc
