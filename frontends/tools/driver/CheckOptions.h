// What is asked of a compilation, checked before anything is done, and against the model when that is known.
#pragma once

#include "frontends/Checkpoint.h"
#include "frontends/tools/driver/Compile.h"
#include "models/DecoderConfig.h"

namespace longc {

// Whether the model is a file of functions (.mlir) and no checkpoint.
bool isFunctionFile(const CompileOptions &options);

// Refuses unknown methods, targets and variants, and those that do not go with the kind of model.
Status checkOptions(const CompileOptions &options);

// Refuses what an encoder has no use for.
Status checkEncoderOptions(const CompileOptions &options);

// What was left open, filled in from what the checkpoint says of itself.
CompileOptions withDefaultsOf(const Checkpoint &checkpoint, CompileOptions options);

// Refuses windows that the model does not have.
Status checkWindow(const CompileOptions &options, const DecoderConfig &config);

// Layers whose attention reads memory; empty without a memory method.
Result<std::vector<int64_t>> memoryLayers(const CompileOptions &options, const DecoderConfig &config);

} // namespace longc
