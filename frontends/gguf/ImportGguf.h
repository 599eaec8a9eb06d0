// A GGUF file as a checkpoint: configuration, parameters under their Hugging Face names, tokenizer data.
//
// Every key and tensor of the file is accounted for: what would change the model's results and is not known here is an
// error that names it. Tensors that the model lacks or that are misshapen are seen when it is built. Nothing is read from
// the weights until their rows are asked for.
#pragma once

#include "frontends/Checkpoint.h"
#include "runtime/io/Gguf.h"

#include <string>

namespace longc {

Result<Checkpoint> importGguf(const std::string &path);
// The same from a file that is already open (the checkpoint keeps it).
Result<Checkpoint> importGguf(GgufFile file);

} // namespace longc
