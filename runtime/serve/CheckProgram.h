// The one validation of a program message: after it, no index, size or offset in it needs another look.
#pragma once

#include "runtime/abi/program.pb.h"
#include "runtime/core/Status.h"

namespace longc {

/// `weightsBytes` is the size of the weights section that parameters point into.
Status checkProgram(const abi::Program &program, uint64_t weightsBytes);

} // namespace longc
