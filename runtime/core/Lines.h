// Lines of a text from outside.
#pragma once

#include "runtime/core/Status.h"

#include <algorithm>
#include <string_view>

namespace longc {

/// visit(number, line) for each line that is not white space alone, counted from 1 with those that are, until one fails.
template <typename Visit> Status forEachLine(std::string_view text, Visit &&visit) {
  for (int64_t number = 1; !text.empty(); ++number) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.find_first_not_of(" \t\r") != std::string_view::npos)
      LONGC_TRY(visit(number, line));
  }
  return {};
}

} // namespace longc
