// Validation of one function of a program message (CheckProgram.h is the whole of it).
#pragma once

#include "runtime/abi/program.pb.h"
#include "runtime/core/Status.h"

namespace longc {

/// Parameters, states and kernels of the program have been checked.
Status checkFunction(const abi::Program &program, const abi::Function &function);

} // namespace longc
