// Numbers with commas.
#include "runtime/tools/commands/EvalLengths.h"

#include <charconv>

namespace longc {

Result<std::vector<int64_t>> numbersOf(const Arguments &arguments, const char *option) {
  constexpr int64_t longest = 100000000;
  const std::string &text = arguments.text(option);
  std::vector<int64_t> lengths;
  for (const char *place = text.data(), *end = place + text.size(); place <= end;) {
    int64_t length = 0;
    auto [stop, error] = std::from_chars(place, end, length);
    if (error != std::errc() || length < 0 || length > longest || (stop != end && *stop != ','))
      return Status::error(1003, "--" + std::string(option) + " '" + text + "': expected whole numbers with commas", "for example 4096,32768");
    lengths.push_back(length);
    place = stop + 1;
  }
  return lengths;
}

} // namespace longc
