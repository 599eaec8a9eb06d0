// `longc convert`: what we read, written as others read it.
#pragma once

#include "runtime/core/Status.h"

#include <string>

namespace longc {

struct ConvertOptions {
  std::string source; // checkpoint: a Hugging Face folder or .gguf
  std::string format; // hf
  std::string output; // folder to write
  std::string type;   // f32, f16, bf16; empty: as stored, quantised blocks as f32
  std::string shardSize = "5GB";
  std::string adapter;           // folder of a PEFT adapter to merge; empty: none
  bool quiet = false;
};

// The whole folder appears or nothing does.
Status convert(const ConvertOptions &options);

} // namespace longc
