// `longc probe-layers`: which layers need memory for retrieval.
#pragma once

#include "runtime/core/Status.h"

#include <cstdint>
#include <string>

namespace longc {

struct ProbeLayersOptions {
  std::string model;    // .gguf checkpoint
  int64_t prompts = 5;  // to choose by, and twice as many to confirm with
  int64_t length = 0;   // tokens of a prompt; 0: four windows, 1,024 at least
  int64_t window = 1024, lastContext = 512;
  uint64_t seed = 0;
  double tolerance = 0.5; // log-probability of the answer that fewer layers may cost
  double seconds = 1200;  // the search ends then, with what it found; 0: no limit
  int64_t topk = 0;       // of the program: 0 is dense memory attention
  int64_t threads = 0;
  std::string temperature = "fixed:1"; // factor on memory scores
  std::string text;                    // file with real text as filler
  std::string program;                 // where to keep the compiled program; empty: it goes
  bool json = false, quiet = false;
};

// Compiles the model with memory in every layer and runs its `probe`, which prints a table and the list of layers.
Status probeLayers(const ProbeLayersOptions &options);

struct CompileOptions;

// The same without the table: the list that `compile --mem-layers probe` then compiles for, such as "7,8,18,20".
Result<std::string> probedLayers(const CompileOptions &options);

} // namespace longc
