// What a program says of one of its models.
#pragma once

#include "frontends/Checkpoint.h"
#include "frontends/tools/driver/Compile.h"
#include "runtime/abi/program.pb.h"

#include "llvm/ADT/ArrayRef.h"

namespace longc {

// Sizes, tokenizer, and the memory of a decoder or the embeddings of an encoder. A tokenizer that the program would refuse is
// an error that begins with `path`; what was not as it should be is noted.
Status describeModule(const CompileOptions &options, const std::string &path, const Checkpoint &model,
                      llvm::ArrayRef<int64_t> memoryLayers, abi::Module &module);

} // namespace longc
