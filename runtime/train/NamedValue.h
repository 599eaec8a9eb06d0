// Options that are one of a few words.
#pragma once

#include <string_view>
#include <utility>

namespace longc {

/// Sets `value` to that of `name` in the table; false if it has no such name.
template <typename Value, size_t Count>
bool findNamed(const std::pair<std::string_view, Value> (&table)[Count], std::string_view name, Value &value) {
  for (const auto &[known, meant] : table)
    if (known == name) {
      value = meant;
      return true;
    }
  return false;
}

} // namespace longc
