// Typed access to the keys of a JSON object of a model folder, with errors that name the key.
#pragma once

#include "runtime/core/JsonReader.h"
#include "runtime/core/Status.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace longc {

class ConfigKeys {
public:
  // `where` stands before the names of keys in errors: "rope_parameters.", or nothing.
  explicit ConfigKeys(const JsonValue &object, std::string where = "") : object_(object), where_(std::move(where)) {}

  const JsonValue &object() const { return object_; }
  // The value of a key that is there and not null.
  const JsonValue *find(std::string_view key) const;
  bool has(std::string_view key) const { return find(key) != nullptr; }

  // Each leaves `out` as it is where the key is absent or null.
  Status read(std::string_view key, int64_t least, uint64_t most, int64_t &out) const;
  Status readPositive(std::string_view key, double &out) const;
  Status read(std::string_view key, bool &out) const;
  Status read(std::string_view key, std::string &out) const;
  // For a key that must be there.
  Status require(std::string_view key, int64_t least, uint64_t most, int64_t &out) const;
  Status requirePositive(std::string_view key, double &out) const;

  Status invalid(std::string_view key, const std::string &expected) const;
  Status unsupported(std::string_view key, const std::string &what,
                     const std::string &hint = "README.md lists the models that are") const;
  Status missing(std::string_view key) const;
  std::string name(std::string_view key) const;

private:
  const JsonValue &object_;
  std::string where_;
};

} // namespace longc
