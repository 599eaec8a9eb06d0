// `longc compile`: a checkpoint and a method become one program.
#pragma once

#include "runtime/core/Status.h"

#include <string>
#include <vector>

namespace longc {

struct CompileOptions {
  std::string model;           // checkpoint (a folder or .gguf), or .mlir of lm functions without weights
  std::string output;          // program file
  std::string method = "none"; // none, fot, e2llm
  std::vector<std::string> modules; // NAME=PATH instead of a model: e2llm's encoder and decoder
  std::string pool;                 // e2llm: of a chunk, a name of Pools.h; empty: as the adapter says, or the first
  int64_t chunkBytes = 0;           // e2llm: most bytes of a chunk's text; 0: as the adapter says, or 512
  std::string memoryLayers; // all, a list, or probe; empty: the model's own, or all
  int64_t topk = 0; // 0: dense memory attention
  // 0: 1,024 or all that the model has; what the model says or 512, but no more than the window.
  int64_t window = 0, lastContext = 0;
  double ropeTheta = 0; // instead of the checkpoint's; 0: that
  std::string adapter;                 // folder of a PEFT adapter; empty: none
  std::string adapterMode = "overlay"; // or merge
  bool overlays = false;               // products take an adapter when the program runs
  bool embedWeights = true;            // else the program holds none, and runs with random ones alone
  bool narrowWeights = false;          // the fast mode multiplies weights stored in float32 as bf16, as it does of encoders
  bool train = false;                  // the loss and its gradients too
  bool shareContext = false;           // training: rows can go on behind others, as those of `lift` do
  bool detachMemory = false;           // fot, training: rows that are read get no gradient
  std::string memoryBudget;            // training: most bytes that a call of 2,048 tokens keeps for gradients; empty: no product is computed again
  std::string lora;                    // rank=16,alpha=32,targets=all: what is trained; empty: every parameter of floats
  std::string gatedMemory;             // identity or paper: what is trained instead; empty: no memory
  double gateCost = 0;                 // its mean gate where something is to be predicted counts so much in the loss
  std::vector<std::string> targets = {"cpu"};
  std::vector<std::string> variants; // CPU variants; empty: all
  std::string dumpDir;               // IR after every stage, numbered
  bool dumpAfterEach = false;        // and after every pass
  std::string onlyKernel;            // dumps hold the kernels with this in their names alone; empty: everything
  bool timePasses = false, remarks = false, quiet = false;
  bool reproOnCrash = true; // compile in a child process and keep what it worked on when it dies
  // e2llm, known once the models are open: columns of a soft token and of the adapter's middle (0: as many), whether the
  // adapter's values are in the program.
  int64_t softWidth = 0, adapterHidden = 0;
  bool storedAdapter = false;
  std::string crashBefore;  // tests: die as this pass or stage begins
};

// Writes the program; a crash of the compiler leaves OUTPUT.crash.mlir and is an internal error.
Status compileProgram(const CompileOptions &options);

} // namespace longc
