// config.json of a model folder, as transformers 4 and 5 write it.
#pragma once

#include "frontends/Checkpoint.h"
#include "models/DecoderConfig.h"
#include "runtime/core/JsonReader.h"
#include "runtime/core/Status.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace longc {

struct HfConfig {
  DecoderConfig decoder;
  bool tied = false;         // whether the head is said to be the embedding; the tensors decide
  bool normsPlusOne = false; // weights of norms are stored less 1
  bool pictures = false;     // a picture's encoder stands beside the text model
  std::optional<MemoryDefaults> memory;
  std::vector<int32_t> endIds; // eos_token_id
  std::vector<std::string> notes;
};

// Errors name the key. Unknown keys that would change the arithmetic are refused (ArithmeticKeys.cpp).
Result<HfConfig> readHfConfig(const JsonValue &json);

// `eos_token_id` of config.json or generation_config.json: a number or a list of them, all below `vocabulary`.
Status readEndIds(const JsonValue &json, int64_t vocabulary, std::vector<int32_t> &ids);

} // namespace longc
