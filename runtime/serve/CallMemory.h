// What a call of a function keeps while it runs, told without running it.
#pragma once

#include "runtime/abi/program.pb.h"

#include <cstdint>
#include <optional>

namespace longc {

/// Bytes of the arena of a call of so many tokens; other symbols are what sizes imply, else 1. None: more than 63 bits.
std::optional<int64_t> callBytes(const abi::Function &function, const abi::Program &program, int64_t tokens);

} // namespace longc
