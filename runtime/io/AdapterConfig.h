// adapter_config.json of a PEFT adapter: which modules have low-rank products, of which rank and factor.
#pragma once

#include "runtime/io/ModulePattern.h"
#include "runtime/core/JsonReader.h"
#include "runtime/core/Status.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace longc {

// Modules by name: whole ones, last words of their names, a pattern, or all products but the head.
struct ModuleNames {
  std::vector<std::string> names;
  std::optional<ModulePattern> pattern;
  bool allLinear = false;

  bool empty() const { return names.empty() && !pattern && !allLinear; }
  bool hold(const std::string &module) const;
};

// "base_model.model.model.layers.0.x" -> "model.layers.0.x"; models with a picture's encoder have one word more.
std::string baseName(std::string name);

class AdapterConfig {
public:
  // Errors name the key. What would change the arithmetic and is not known is refused.
  static Result<AdapterConfig> read(const JsonValue &json);

  bool targets(const std::string &module) const;
  int64_t rankOf(const std::string &module) const;
  // Factor of the low-rank product: alpha / r, or alpha / sqrt(r).
  double scaleOf(const std::string &module) const;
  // Head and embedding are to stay one where the base has them tied.
  bool keepsTied() const { return keepsTied_; }

private:
  template <typename Value> using Patterns = std::vector<std::pair<ModulePattern, Value>>;

  Status readAll(const JsonValue &json);
  Status readPatterns(const JsonValue &json);
  bool isInChosenLayer(const std::string &module) const;

  int64_t rank_ = 8;
  double alpha_ = 8;
  bool rootScale_ = false, keepsTied_ = false;
  Patterns<int64_t> ranks_;
  Patterns<double> alphas_;
  ModuleNames targets_, excluded_;
  Patterns<bool> whole_;        // modules that are saved whole
  std::vector<int64_t> layers_; // empty: all
  std::vector<std::string> layerLists_;
};

} // namespace longc
