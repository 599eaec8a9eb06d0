// Regular expressions in which adapters name modules.
#pragma once

#include "runtime/core/Status.h"

#include <memory>
#include <string>

namespace longc {

// Python's syntax as far as it is ECMAScript's; the time to match is bounded by the product of both lengths.
class ModulePattern {
public:
  // An error for what is no pattern or longer than a thousand characters.
  static Result<ModulePattern> compile(const std::string &pattern);
  // Whether the whole name is one that the pattern describes.
  bool matches(const std::string &name) const;

private:
  struct Compiled;
  std::shared_ptr<const Compiled> compiled_;
};

} // namespace longc
