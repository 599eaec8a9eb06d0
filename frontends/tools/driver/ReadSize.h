// Sizes on the command line.
#pragma once

#include "llvm/ADT/StringRef.h"

#include <cstdint>
#include <optional>

namespace longc {

// What a size may be written as, for hints.
inline constexpr const char *sizeWords = "a number of bytes, or one with KB, MB, GB, KiB, MiB or GiB: 5GB";

// None for what is no size from 1 byte to a terabyte.
std::optional<uint64_t> readSize(llvm::StringRef text);

} // namespace longc
