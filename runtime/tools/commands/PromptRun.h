// What `generate` tells of a prompt that it continued.
#pragma once

#include "runtime/serve/Generate.h"

#include <cstdint>
#include <string>
#include <vector>

namespace longc {

struct PromptRun {
  std::vector<int32_t> prompt;
  double loadSeconds, readSeconds;
  Generation generation;
  std::string text;
  uint64_t seed;
};

/// One line of JSON.
std::string toJson(const PromptRun &run, const Session &session);

} // namespace longc
