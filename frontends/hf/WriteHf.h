// A checkpoint as a Hugging Face folder, as save_pretrained would write it.
#pragma once

#include "frontends/Checkpoint.h"
#include "runtime/io/SafetensorsTypes.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace longc {

struct HfWriting {
  // Of every tensor: F32, F16 or BF16, rounded to nearest. Without it a tensor keeps its bits; blocks become F32, which
  // holds their numbers exactly.
  std::optional<SafetensorsType> type;
  uint64_t shardBytes = 5'000'000'000; // of tensors in one file, unless one alone has more
};

struct HfWritten {
  size_t files = 0; // with tensors
  uint64_t bytes = 0;
  std::string type;               // what the configuration says of the weights: "bfloat16"; empty: what it said before
  std::vector<std::string> notes; // what is not as it was
};

// Writes config.json, model.safetensors or shards with their index, and the tokenizer's files into `folder`, which is there
// and empty. Files of a folder that the checkpoint came from are taken over as they are, with the configuration's type of
// weights and tied head put right. Refused by name: what transformers has no configuration or tokenizer for, and a number
// that F16 does not hold.
Result<HfWritten> writeHf(const Checkpoint &checkpoint, const HfWriting &options, const std::string &folder);

} // namespace longc
