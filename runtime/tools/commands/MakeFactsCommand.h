// What `make-facts` and `eval facts` share.
#pragma once

#include "runtime/e2llm/FactDocuments.h"
#include "runtime/tools/commands/Command.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace longc {

/// Documents of invented facts as --documents, --facts, --fillers, --seed, --alike and --text ask for them.
struct FactRequest {
  int64_t documents, facts;
  uint64_t seed;
  std::shared_ptr<const std::string> text; // real text between the facts, where it is asked for
  std::vector<std::string_view> passages;  // of it
  size_t fillers;                          // sentences around a fact
  FactKind kind;

  static Result<FactRequest> of(const Arguments &arguments);
  FactDocument make(int64_t number, People people) const;
};

} // namespace longc
