// Links compiled kernels with the static runtime into one executable.
#pragma once

#include "runtime/core/Status.h"

#include <string>
#include <vector>

namespace longc {

// Runs ld.lld over the relocatable runtime that is installed beside the compiler and the given object files.
// The result needs libc, libm, libpthread and libdl and nothing else.
Status linkProgram(const std::vector<std::string> &objectPaths, const std::string &output);

} // namespace longc
