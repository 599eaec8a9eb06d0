// What `make-facts` and `eval facts` share.
#pragma once

#include "runtime/tools/commands/Command.h"

namespace longc {

/// --facts: of a document of invented facts.
Result<int64_t> factsOf(const Arguments &arguments);

} // namespace longc
