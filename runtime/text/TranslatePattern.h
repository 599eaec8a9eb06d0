// Patterns of Oniguruma, in Ruby's syntax, as PCRE2 has them.
#pragma once

#include "runtime/core/Status.h"

#include <string>
#include <string_view>

namespace longc {

// The pattern that finds the same in text of UTF-8, with PCRE2_UTF, PCRE2_UCP and PCRE2_MULTILINE. What means something else in
// the two, or is rare, is refused: the message says what ("has …").
Result<std::string> translatePattern(std::string_view pattern);

} // namespace longc
