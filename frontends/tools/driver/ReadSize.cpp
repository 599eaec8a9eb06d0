// Sizes on the command line.
#include "frontends/tools/driver/ReadSize.h"

#include <utility>

namespace longc {

std::optional<uint64_t> readSize(llvm::StringRef text) {
  uint64_t unit = 1, number = 0;
  for (auto [suffix, factor] : {std::pair("KB", 1'000ull), std::pair("MB", 1'000'000ull), std::pair("GB", 1'000'000'000ull), std::pair("KiB", 1ull << 10),
                                std::pair("MiB", 1ull << 20), std::pair("GiB", 1ull << 30)})
    if (text.consume_back_insensitive(suffix)) {
      unit = factor;
      break;
    }
  if (text.trim().getAsInteger(10, number) || number == 0 || number > (uint64_t(1) << 40) / unit)
    return std::nullopt;
  return number * unit;
}

} // namespace longc
