// What `--train` and `--lora` make of a graph before it is lowered.
#pragma once

#include "frontends/tools/driver/Compile.h"
#include "frontends/tools/driver/Stages.h"

namespace longc {

// `rank=16,alpha=32,targets=q_proj,v_proj,layers=7,8`; keys that are missing have PEFT's defaults, alpha twice the rank.
struct LoraOptions {
  int64_t rank = 8;
  double alpha = 0;                 // 0: twice the rank
  std::vector<std::string> targets; // last words of names of modules; empty: all products but the head
  std::vector<int64_t> layers;      // that have adapters; empty: all
  bool memoryLayers = false;        // those with a memory alone
};

// Error 1141 names the key that is wrong.
Result<LoraOptions> parseLora(const std::string &text);

// Two new matrices beside each product of these names, which learn; says in the message what they are.
Status insertTrainedLora(const LoraOptions &lora, mlir::ModuleOp graph, Stages &stages, abi::Module &module);

// Declares what is trained, and says in the message what an adapter is.
Status prepareTraining(const CompileOptions &options, mlir::ModuleOp graph, Stages &stages, abi::Module &module);

} // namespace longc
