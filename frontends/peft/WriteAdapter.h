// An adapter as the folder that PEFT's save_pretrained writes.
#pragma once

#include "frontends/peft/Adapter.h"
#include "runtime/io/SafetensorsTypes.h"

namespace longc {

struct AdapterBase {
  std::string title; // for people
  std::string family;
  int64_t layers = 0;
};

// Writes adapter_config.json and adapter_model.safetensors into `folder`, numbers as F32, F16 or BF16. Refused by name: a
// norm brought whole of a family that stores norms less 1, and a number that F16 does not hold.
Status writeAdapter(const Adapter &adapter, const AdapterBase &base, SafetensorsType type, const std::string &folder);

} // namespace longc
