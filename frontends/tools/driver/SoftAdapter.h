// What E2LLM trains, in a folder, on its way into a program: `encoder` and `decoder`, adapters as PEFT saves them, each where
// that model was trained; adapter.safetensors, the products between them; e2llm_config.json.
#pragma once

#include "frontends/peft/Adapter.h"

#include <optional>
#include <string>
#include <vector>

namespace longc {

struct SoftAdapter {
  std::optional<Adapter> encoder, decoder;
  std::vector<CheckpointParameter> products; // "adapter/mlp.0.weight", ..., F32
  std::string pool;                          // the name of a pool (Pools.h)
  int64_t chunkBytes = 0; // 0: of chunks that were cut by tokens, which commands are told by --chunk
  int64_t hidden = 0; // rows of mlp.0
  std::shared_ptr<const void> files;
};

// The folder's adapter for these two models and, where one is asked for, that pool. Errors name folder and tensor, and both widths where it does not
// join the two.
Result<SoftAdapter> readSoftAdapter(const std::string &folder, const Checkpoint &encoder, const Checkpoint &decoder, const std::string &pool);

} // namespace longc
