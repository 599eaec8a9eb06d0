// Keys and values that stand in the cache before the first token, as PEFT's CARTRIDGE adapters hold them.
#pragma once

#include "runtime/core/Status.h"
#include "runtime/serve/StateStore.h"

#include <cstddef>
#include <string>
#include <vector>

namespace longc {

struct CachePrefix {
  /// Codes of its errors, those of adapters: a folder that is none; one of another shape than the program's.
  static constexpr int notOne = 8051, otherShape = 8052;

  int64_t tokens = 0;                        // they have the positions 0, 1, ...
  std::vector<std::vector<std::byte>> rings; // rows of each ring of the layout, in its type
  std::string fingerprint;                   // tells them apart

  /// Whether the folder's adapter_config.json says so.
  static Result<bool> isIn(const std::string &folder);
  /// `prompt_embeddings` [tokens, 2 layers, key heads, head size] of FOLDER/adapter_model.safetensors, keys of a layer before its
  /// values and already rotated. Errors name folder, tensor and both shapes.
  static Result<CachePrefix> read(const std::string &folder, const StateLayout &layout);
};

} // namespace longc
