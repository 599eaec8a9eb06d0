// What a program says of its tokenizer.
#pragma once

#include "frontends/TokenizerSource.h"
#include "runtime/abi/program.pb.h"

namespace longc {

void describeTokenizer(const TokenizerSource &source, abi::Tokenizer &tokenizer);

} // namespace longc
