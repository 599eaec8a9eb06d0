// `longc compile`: a checkpoint and a method become one program.
#pragma once

#include "runtime/core/Status.h"

#include <string>
#include <vector>

namespace longc {

struct CompileOptions {
  std::string model;  // .gguf checkpoint, or .mlir of lm functions without weights
  std::string output; // program file
  std::string method = "none"; // none, fot
  std::string memoryLayers = "all"; // all, a list, or probe
  int64_t topk = 0; // 0: dense memory attention
  int64_t window = 1024, lastContext = 512;
  std::vector<std::string> targets = {"cpu"};
  std::vector<std::string> variants; // CPU variants; empty: all
  std::string dumpDir;               // IR after every stage, numbered
  bool timePasses = false, remarks = false, quiet = false;
};

Status compileProgram(const CompileOptions &options);

} // namespace longc
