// A PEFT adapter: low-rank products beside those of its base, and parameters in place of the base's.
#pragma once

#include "frontends/Checkpoint.h"
#include "runtime/io/PeftConfig.h"

#include <memory>
#include <string>
#include <vector>

namespace longc {

// Adds scale * (x A^T) B^T to a product, or scale * A[token] B^T to an embedding.
struct AdaptedModule {
  std::string module;       // "model.layers.3.self_attn.q_proj", "lm_head", "model.embed_tokens"
  CheckpointParameter a, b; // F32: [rank, inputs], of an embedding [vocabulary, rank]; [outputs, rank]
  double scale = 1.0;
  bool embedding = false;
};

struct Adapter {
  std::string folder;
  std::vector<AdaptedModule> modules; // in the order of their names
  std::vector<CheckpointParameter> replaced; // under the base's names
  bool keepsTied = false; // what is replaced are all weights: a head that is tied to the table stays so
  MemoryUse memory; // as its configuration has it
  std::shared_ptr<const void> files;
};

// The adapter in `folder` for this base, or what a training of all weights left there (`replaced` alone): every tensor of it is used, every module it is to be in has its tensors, and each
// fits the parameter of the base. Errors name folder, tensor and module.
Result<Adapter> readAdapter(const std::string &folder, const Checkpoint &base);

// Puts the parameters that an adapter brings whole in place of the base's. A tied head that only one of the two uses goes
// on as the base has it: head and embedding are then two.
void replaceParameters(const Adapter &adapter, Checkpoint &base);

// Adds the products to the base's weights, W + scale * B A in F32. Refused where a weight is quantised: its blocks could
// not hold the sum.
Status mergeAdapter(const Adapter &adapter, Checkpoint &base);

} // namespace longc
