// Values of keys, each checked against what it may be.
#include "runtime/io/ConfigKeys.h"

#include "runtime/core/Format.h"
#include "runtime/io/ModelFileError.h"

#include <cmath>

namespace longc {

const JsonValue *ConfigKeys::find(std::string_view key) const {
  const JsonValue *value = object_.find(key);
  return value && !value->isNull() ? value : nullptr;
}

std::string ConfigKeys::name(std::string_view key) const { return "key " + quoted(where_ + std::string(key)); }

Status ConfigKeys::invalid(std::string_view key, const std::string &expected) const {
  const JsonValue *value = find(key);
  std::string found = !value ? "nothing" : value->text() ? quoted(*value->text()) : value->describe();
  return Status::error(ConfigInvalid, name(key) + ": expected " + expected + ", the file has " + found,
                       "the file is damaged or describes a model that is not supported");
}

Status ConfigKeys::unsupported(std::string_view key, const std::string &what, const std::string &hint) const {
  return Status::error(ArchitectureUnsupported, name(key) + ": " + what + " is not supported", hint);
}

Status ConfigKeys::missing(std::string_view key) const {
  return Status::error(KeyMissing, name(key) + " is missing", "the file lacks what this model needs");
}

Status ConfigKeys::read(std::string_view key, int64_t least, uint64_t most, int64_t &out) const {
  const JsonValue *value = find(key);
  if (!value)
    return {};
  // Some writers put a point into whole numbers.
  double number = value->isNumber() ? value->number() : NAN;
  if (!(number >= static_cast<double>(least) && number <= static_cast<double>(most)) || number != std::floor(number))
    return invalid(key, "a whole number from " + std::to_string(least) + " to " + std::to_string(most));
  out = value->integer() ? *value->integer() : static_cast<int64_t>(number);
  return {};
}

Status ConfigKeys::readPositive(std::string_view key, double &out) const {
  const JsonValue *value = find(key);
  if (!value)
    return {};
  if (!value->isNumber() || !(value->number() > 0) || !std::isfinite(value->number()))
    return invalid(key, "a positive number");
  out = value->number();
  return {};
}

Status ConfigKeys::read(std::string_view key, bool &out) const {
  const JsonValue *value = find(key);
  if (!value)
    return {};
  if (!value->boolean())
    return invalid(key, "true or false");
  out = *value->boolean();
  return {};
}

Status ConfigKeys::read(std::string_view key, std::string &out) const {
  const JsonValue *value = find(key);
  if (!value)
    return {};
  if (!value->text())
    return invalid(key, "text");
  out = *value->text();
  return {};
}

Status ConfigKeys::require(std::string_view key, int64_t least, uint64_t most, int64_t &out) const {
  return has(key) ? read(key, least, most, out) : missing(key);
}

Status ConfigKeys::requirePositive(std::string_view key, double &out) const {
  return has(key) ? readPositive(key, out) : missing(key);
}

} // namespace longc
