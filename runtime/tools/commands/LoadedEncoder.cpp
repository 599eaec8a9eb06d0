// Loads an encoder.
#include "runtime/tools/commands/LoadedEncoder.h"

#include <algorithm>

namespace longc {

std::vector<std::string_view> encoderOptions(std::vector<std::string_view> own) {
  for (std::string_view name : {"device", "exact", "int8", "profile", "quiet", "threads", "trace", "variant", "verify"})
    own.push_back(name);
  std::sort(own.begin(), own.end());
  return own;
}

Result<LoadedEncoder> LoadedEncoder::load(const Arguments &arguments) {
  LoadedEncoder loaded;
  auto profile = AskedProfile::of(arguments);
  if (!profile.ok())
    return profile.status();
  auto program = openProgram(arguments);
  if (!program.ok())
    return program.status();
  loaded.program = std::move(*program);
  auto options = engineOptionsOf(arguments);
  if (!options.ok())
    return options.status();
  auto encoder = Encoder::create(*loaded.program, longc_program, *options);
  if (!encoder.ok())
    return encoder.status();
  loaded.encoder = std::move(*encoder);
  loaded.profile = std::move(*profile);
  loaded.profile.start(*loaded.encoder);
  return loaded;
}

Status LoadedEncoder::report() const { return profile.report(*encoder); }

} // namespace longc
