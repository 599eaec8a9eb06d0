// How GGUF files call the rules that cut text into words. Private to this folder.
#pragma once

#include "frontends/TokenizerSource.h"

#include <string_view>

namespace longc {

// Fills in the rule that `tokenizer.ggml.pre` names and what comes with it, as llama.cpp has it: whether words that are tokens are
// left alone, whether texts begin with bosId where no key says otherwise. A name that is not known stays as it is: who makes the
// tokenizer refuses it.
void applySplittingRule(std::string_view name, TokenizerSource &source);

} // namespace longc
