// The lengths of texts that an evaluation tries.
#pragma once

#include "runtime/tools/commands/Options.h"

#include <vector>

namespace longc {

/// --lengths: whole numbers with commas, ascending as given.
Result<std::vector<int64_t>> lengthsOf(const Arguments &arguments);

} // namespace longc
