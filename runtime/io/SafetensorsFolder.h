// The tensors of a model folder: `model.safetensors`, or the shards that `model.safetensors.index.json` names.
//
// With an index, what it says and what the shards hold must agree: every shard is there, every tensor lies in the shard
// it is said to lie in, none is left over, and the bytes of all are the total that the index gives.
#pragma once

#include "runtime/core/Status.h"
#include "runtime/io/Safetensors.h"

#include <string>
#include <string_view>
#include <vector>

namespace longc {

class SafetensorsFolder {
public:
  // Opens every file. `stem` is "model" for checkpoints, "adapter_model" for adapters.
  static Result<SafetensorsFolder> open(const std::string &folder, const std::string &stem = "model");

  // All tensors, file by file; the pointers live as long as this object and survive moving it.
  const std::vector<const SafetensorsTensor *> &tensors() const { return tensors_; }
  const SafetensorsTensor *find(std::string_view name) const; // null if there is none
  const std::vector<SafetensorsFile> &files() const { return files_; }

private:
  std::vector<SafetensorsFile> files_;
  std::vector<const SafetensorsTensor *> tensors_;
};

} // namespace longc
