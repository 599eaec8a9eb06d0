// Which tokens end a reply. Private to this folder.
#pragma once

#include "frontends/TokenizerSource.h"

#include <cstdint>
#include <string>
#include <vector>

namespace longc {

// The ids in `named`, and every control token whose text is known for the end of a turn or of a text: files name one or
// two of them by key and mean all. Ascending, each once.
std::vector<int32_t> endTokens(const std::vector<std::string> &tokens, const std::vector<TokenType> &types,
                               std::vector<int32_t> named);

} // namespace longc
