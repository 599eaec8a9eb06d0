// The program file: an executable with weights, program message and footer behind it (runtime/abi/longc_abi.h).
#pragma once

#include "codegen/WeightSource.h"
#include "runtime/abi/program.pb.h"
#include "runtime/core/OutputFile.h"

#include <functional>
#include <map>
#include <vector>

namespace longc {

// Checkpoint parameters whose rows, one after the other, form a parameter of the program.
using ParameterParts = std::map<std::string, std::vector<std::string>>;

// Gives every parameter of `program` its place in the weights section, whose size in bytes is returned.
Result<uint64_t> placeParameters(abi::Program &program, const ParameterParts &parts, const WeightSource &weights);

// Gives the program, whose parameters have their places, its fingerprint, then writes executable, weights, message and
// footer to `file` and completes it.
Status writeProgram(const std::string &executable, abi::Program &program, const ParameterParts &parts,
                    const WeightSource &weights, OutputFile &file);

} // namespace longc
