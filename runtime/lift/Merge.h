// A program that has absorbed a text for good: the running one with an adapter's values among its weights.
#pragma once

#include "runtime/serve/Program.h"
#include "runtime/train/ParameterList.h"

#include <string>

namespace longc {

/// Writes `target` as a copy of the program at `source`, of which `program` is the content: its trained parameters are stored with
/// these values instead of beginning as their initializers say. It is another model, with a fingerprint of its own.
Status writeMerged(const std::string &source, const Program &program, const ParameterList &list, const ParameterArray &values,
                   const std::string &target);

} // namespace longc
