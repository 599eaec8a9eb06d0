// Who may ask: keys of a file, one a line. Without keys everybody may, and all are one.
#pragma once

#include "runtime/core/Status.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace longc {

class ApiKeys {
public:
  ApiKeys() = default;
  /// Empty lines and lines that begin with # are none. LC7503 where there is no key to read.
  static Result<ApiKeys> read(const std::string &path);
  explicit ApiKeys(std::vector<std::string> keys) : keys_(std::move(keys)) {}

  bool isOpen() const { return keys_.empty(); }
  /// Who an Authorization header names, by a word that is not the key; none where it names nobody. How long that takes says
  /// nothing of the keys.
  std::optional<std::string> ownerOf(std::string_view authorization) const;

private:
  std::vector<std::string> keys_;
};

} // namespace longc
