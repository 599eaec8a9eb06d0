// The last stage of every compilation: compiled kernels, their table and the runtime become one program file.
#pragma once

#include "codegen/KernelTable.h"
#include "codegen/WriteProgram.h"
#include "frontends/tools/driver/Compile.h"
#include "frontends/tools/driver/WorkFolder.h"

#include <string>
#include <vector>

namespace longc {

// Says in the program what made it out of what.
void describeSource(const CompileOptions &options, abi::Program &program);

// Writes objects and table into the work folder, links them with the runtime, appends weights and message and completes
// the output.
Status assembleProgram(KernelCode code, abi::Program &program, const ParameterParts &parts, const WeightSource &weights,
                       const WorkFolder &work, OutputFile &output);

} // namespace longc
