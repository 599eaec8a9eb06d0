// Numbers that an evaluation tries: lengths of texts, or how many things one holds.
#pragma once

#include "runtime/tools/commands/Options.h"

#include <vector>

namespace longc {

/// The option's whole numbers with commas, in the order given.
Result<std::vector<int64_t>> numbersOf(const Arguments &arguments, const char *option);

} // namespace longc
