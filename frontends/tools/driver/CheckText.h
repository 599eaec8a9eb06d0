// Refuses a tokenizer or a chat template that the program would refuse: by the program's own code, before it is compiled.
#pragma once

#include "frontends/TokenizerSource.h"
#include "runtime/abi/program.pb.h"
#include "runtime/core/Status.h"

namespace longc {

// `source`: what `tokenizer` was made of; errors name the part of the file as it does.
Status checkText(const TokenizerSource &source, const abi::Tokenizer &tokenizer);

} // namespace longc
