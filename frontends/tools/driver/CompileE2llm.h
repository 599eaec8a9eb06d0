// E2LLM: two checkpoints, an encoder that reads chunks and a decoder that answers from them, become one program.
#pragma once

#include "frontends/tools/driver/Compile.h"
#include "frontends/tools/driver/WorkFolder.h"
#include "runtime/core/OutputFile.h"

namespace longc {

Status compileE2llm(const CompileOptions &options, const WorkFolder &work, OutputFile &output);

} // namespace longc
