// The tokenizer that a program holds. The compiler makes it too, so that no program is written that refuses its own.
#pragma once

#include "runtime/abi/program.pb.h"
#include "runtime/core/Status.h"
#include "runtime/text/Tokenizer.h"

namespace longc {

Result<Tokenizer> createTokenizer(const abi::Tokenizer &source);

} // namespace longc
