// adapter_config.json of a LoRA adapter, as PEFT reads it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace longc {

class JsonValue;
class JsonWriter;

/// What PEFT writes before a module's name in the names of an adapter's tensors.
inline constexpr std::string_view peftPrefix = "base_model.model.";

/// In the name of a tensor that an adapter keeps of its base, below the products of its module.
inline constexpr std::string_view keptPart = ".base_layer.";

/// Keys that PEFT passes over: how windows of a text are to be read into memory with the adapter, `window` or `memory`, and the factor
/// on memory scores to ask with, as --memory-temperature has it.
inline constexpr const char *ingestKey = "longc_ingest", *temperatureKey = "longc_memory_temperature";

/// How a memory is to be used with an adapter: what ingestKey and temperatureKey say, empty where they say nothing.
struct MemoryUse {
  std::string ingest, temperature;
};

struct PeftModule {
  std::string name; // "model.layers.3.self_attn.q_proj"
  int64_t rank = 0;
  double alpha = 0; // its product is scaled by alpha / rank
};

struct PeftConfig {
  std::string base; // what the adapter belongs to, for people
  std::vector<PeftModule> modules;
  std::vector<std::string> saved; // modules whose weights the adapter brings whole
  int64_t layers = 0;             // of the base
  MemoryUse memory;
};

/// Writes the keys that say something, and reads them back: what is no text as a word for what it is.
void writeMemoryUse(JsonWriter &json, const MemoryUse &memory);
MemoryUse memoryUseOf(const JsonValue &config);

/// The file's text. `target_modules` has a module's last word where each layer has it, else whole names; rank and alpha
/// are the most frequent ones, those of other modules stand in rank_pattern and alpha_pattern.
std::string peftConfigText(const PeftConfig &config);

} // namespace longc
