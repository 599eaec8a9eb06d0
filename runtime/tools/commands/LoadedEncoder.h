// The running program of an encoder, loaded as its options ask.
#pragma once

#include "runtime/serve/Encoder.h"
#include "runtime/tools/commands/Command.h"

#include <memory>
#include <string_view>
#include <vector>

namespace longc {

/// Options that every command that runs an encoder has; `own` are added.
std::vector<std::string_view> encoderOptions(std::vector<std::string_view> own);

struct LoadedEncoder {
  std::unique_ptr<Program> program;
  std::unique_ptr<Encoder> encoder;
  AskedProfile profile;

  static Result<LoadedEncoder> load(const Arguments &arguments);
  /// Prints the profile and writes the trace, if they were asked for.
  Status report() const;
};

} // namespace longc
