// `longc convert`: what we read, written as others read it.
#pragma once

#include "runtime/core/Status.h"

#include <string>

namespace longc {

struct ConvertOptions {
  std::string source; // checkpoint (a Hugging Face folder or .gguf), or a program with an adapter
  std::string format; // hf, peft
  std::string output; // folder to write
  std::string type;   // f32, f16, bf16; empty: as stored, quantised blocks as f32
  std::string shardSize = "5GB";
  std::string adapter;           // folder of a PEFT adapter: merged (hf), or what is written (peft); empty: none
  bool quiet = false;
};

// The whole folder appears or nothing does.
Status convert(const ConvertOptions &options);

} // namespace longc
