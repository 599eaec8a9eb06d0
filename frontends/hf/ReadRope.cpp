// Where the parts of rotary positions stand, and which part wins where two do.
#include "frontends/hf/ReadRope.h"

#include "frontends/hf/ArithmeticKeys.h"
#include "runtime/core/Format.h"
#include "runtime/io/ModelFileError.h"

#include <cmath>

namespace longc {
namespace {

const char *const parametersKey = "rope_parameters", *const scalingKey = "rope_scaling", *const thetaKey = "rope_theta";
const char *const originalKey = "original_max_position_embeddings";

// The object under a key; null where it is absent, null or empty.
Result<const JsonValue *> objectAt(const ConfigKeys &config, const char *key) {
  const JsonValue *value = config.find(key);
  if (!value)
    return nullptr;
  if (!value->object())
    return config.invalid(key, "an object");
  return value->object()->empty() ? nullptr : value;
}

Status readOriginalContext(const ConfigKeys &scaling, const ConfigKeys &config, RopeConfig &rope) {
  LONGC_TRY(config.requirePositive("max_position_embeddings", rope.originalContext));
  LONGC_TRY(scaling.readPositive(originalKey, rope.originalContext));
  return config.readPositive(originalKey, rope.originalContext);
}

Status readLlama3(const ConfigKeys &scaling, const ConfigKeys &config, RopeConfig &rope) {
  rope.scaling = RopeScaling::Llama3;
  LONGC_TRY(scaling.requirePositive("factor", rope.factor));
  LONGC_TRY(scaling.requirePositive("low_freq_factor", rope.lowFrequency));
  LONGC_TRY(scaling.requirePositive("high_freq_factor", rope.highFrequency));
  if (!(rope.highFrequency > rope.lowFrequency))
    return scaling.invalid("high_freq_factor", "more than 'low_freq_factor'");
  return readOriginalContext(scaling, config, rope);
}

double yarnMagnitude(double factor, double weight) { return factor <= 1 ? 1.0 : 0.1 * weight * std::log(factor) + 1.0; }

Status readYarn(const ConfigKeys &scaling, const ConfigKeys &config, RopeConfig &rope) {
  rope.scaling = RopeScaling::Yarn;
  if (!(rope.theta > 1))
    return (scaling.has(thetaKey) ? scaling : config).invalid(thetaKey, "more than 1, as yarn divides by its logarithm");
  LONGC_TRY(readOriginalContext(scaling, config, rope));
  double longest = rope.originalContext;
  LONGC_TRY(config.readPositive("max_position_embeddings", longest));
  rope.factor = longest / rope.originalContext;
  LONGC_TRY(scaling.readPositive("factor", rope.factor));
  LONGC_TRY(scaling.readPositive("beta_fast", rope.fastTurns));
  LONGC_TRY(scaling.readPositive("beta_slow", rope.slowTurns));
  LONGC_TRY(scaling.read("truncate", rope.wholeDimensions));
  double scale = 0, scaleAll = 0;
  LONGC_TRY(scaling.readPositive("mscale", scale));
  LONGC_TRY(scaling.readPositive("mscale_all_dim", scaleAll));
  rope.magnitude = scale > 0 && scaleAll > 0 ? yarnMagnitude(rope.factor, scale) / yarnMagnitude(rope.factor, scaleAll)
                                             : yarnMagnitude(rope.factor, 1.0);
  return scaling.readPositive("attention_factor", rope.magnitude);
}

// The type of scaling and its numbers; `scaling` holds them, whatever it is called.
Status readScaling(const ConfigKeys &scaling, const ConfigKeys &config, RopeConfig &rope, std::vector<std::string> &notes) {
  LONGC_TRY(refuseArithmetic(scaling));
  std::string type = "default";
  const char *typeKey = scaling.has("rope_type") ? "rope_type" : "type";
  LONGC_TRY(scaling.read(typeKey, type));
  if (type == "default") {
    if (scaling.has("factor") && !scaling.has(typeKey))
      notes.push_back(scaling.name("factor") + " stands without a type of scaling: nothing is scaled");
    return {};
  }
  if (type == "llama3")
    return readLlama3(scaling, config, rope);
  if (type == "yarn")
    return readYarn(scaling, config, rope);
  if (type != "linear")
    return scaling.unsupported(typeKey, "rotary scaling " + quoted(type), "scalings: default, linear, llama3, yarn");
  LONGC_TRY(scaling.requirePositive("factor", rope.factor));
  rope.scaling = rope.factor == 1.0 ? RopeScaling::None : RopeScaling::Linear;
  return {};
}

} // namespace

Status readRope(const ConfigKeys &config, double defaultTheta, RopeConfig &rope, std::vector<std::string> &notes) {
  Result<const JsonValue *> parameters = objectAt(config, parametersKey), scaling = objectAt(config, scalingKey);
  if (!parameters.ok())
    return parameters.status();
  if (!scaling.ok())
    return scaling.status();
  rope.theta = defaultTheta;
  LONGC_TRY(config.readPositive(thetaKey, rope.theta));
  const char *key = *scaling ? scalingKey : parametersKey;
  const JsonValue *chosen = *scaling ? *scaling : *parameters;
  if (!chosen)
    return {};
  ConfigKeys keys(*chosen, std::string(key) + ".");
  LONGC_TRY(keys.readPositive(thetaKey, rope.theta));
  if (*scaling && *parameters) {
    ConfigKeys other(**parameters, std::string(parametersKey) + ".");
    double theta = rope.theta;
    LONGC_TRY(other.readPositive(thetaKey, theta));
    if (theta != rope.theta)
      return Status::error(ConfigInvalid,
                           other.name(thetaKey) + " is lost in transformers, which takes " + formatText("%g", rope.theta) +
                               " because 'rope_scaling' stands beside it: expected one of the two objects",
                           "write everything into 'rope_parameters'");
  }
  return readScaling(keys, config, rope, notes);
}

Status readLayeredRope(const ConfigKeys &config, double defaultTheta, double defaultSlidingTheta, DecoderConfig &out,
                       std::vector<std::string> &notes) {
  Result<const JsonValue *> parameters = objectAt(config, parametersKey);
  if (!parameters.ok())
    return parameters.status();
  out.slidingRope.theta = defaultSlidingTheta;
  LONGC_TRY(config.readPositive("rope_local_base_freq", out.slidingRope.theta));
  if (!*parameters)
    return readRope(config, defaultTheta, out.rope, notes);
  Result<const JsonValue *> scaling = objectAt(config, scalingKey);
  if (!scaling.ok())
    return scaling.status();
  ConfigKeys kinds(**parameters, std::string(parametersKey) + ".");
  if (*scaling || !(kinds.has("full_attention") || kinds.has("sliding_attention")))
    return config.invalid(parametersKey, "an entry for 'full_attention' and one for 'sliding_attention', and no 'rope_scaling'");
  out.rope.theta = defaultTheta;
  LONGC_TRY(config.readPositive(thetaKey, out.rope.theta));
  for (auto [kind, rope] : {std::pair("full_attention", &out.rope), std::pair("sliding_attention", &out.slidingRope)}) {
    Result<const JsonValue *> entry = objectAt(kinds, kind);
    if (!entry.ok())
      return entry.status();
    if (!*entry)
      continue;
    ConfigKeys keys(**entry, std::string(parametersKey) + "." + kind + ".");
    LONGC_TRY(keys.readPositive(thetaKey, rope->theta));
    LONGC_TRY(readScaling(keys, config, *rope, notes));
  }
  return {};
}

} // namespace longc
