// `longc compile file.mlir`: functions of lm ops without weights become a program, for the CPU and for GPUs.
#pragma once

#include "frontends/tools/driver/Compile.h"
#include "frontends/tools/driver/WorkFolder.h"
#include "runtime/core/OutputFile.h"

namespace longc {

/// Compiles every function of options.model for every target; `run` of the program calls them.
Status compileFunctions(const CompileOptions &options, const WorkFolder &work, OutputFile &output);

} // namespace longc
