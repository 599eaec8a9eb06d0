// Merges as model files write them: two texts of tokens with a space between, the strongest first.
#pragma once

#include "runtime/core/Status.h"
#include "runtime/text/TokenizerModel.h"

#include <span>
#include <string>
#include <vector>

namespace longc {

// By ids. Refuses (Tokenizer::badMerge) what is not two tokens, and tokens that `tokens` lacks. Tokens that stand there
// twice are for Tokenizer::create to refuse: no merges then.
Result<std::vector<TokenMerge>> readMerges(std::span<const std::string> tokens, std::span<const std::string> written);

} // namespace longc
