// Loads an encoder.
#include "runtime/tools/commands/LoadedEncoder.h"

#include "runtime/core/OutputFile.h"

#include <algorithm>
#include <cstdio>

namespace longc {

std::vector<std::string_view> encoderOptions(std::vector<std::string_view> own) {
  for (std::string_view name : {"device", "exact", "int8", "profile", "quiet", "threads", "trace", "variant", "verify"})
    own.push_back(name);
  std::sort(own.begin(), own.end());
  return own;
}

Result<LoadedEncoder> LoadedEncoder::load(const Arguments &arguments) {
  LoadedEncoder loaded;
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
  loaded.profiling = arguments.flag("profile");
  loaded.tracePath = arguments.text("trace");
  if (!loaded.tracePath.empty())
    LONGC_TRY(OutputFile::check(loaded.tracePath));
  if (loaded.profiling || !loaded.tracePath.empty())
    loaded.encoder->startProfile(/*events=*/!loaded.tracePath.empty());
  return loaded;
}

Status LoadedEncoder::report() const {
  if (profiling)
    std::fputs(encoder->profileTable().c_str(), stderr);
  return tracePath.empty() ? Status() : OutputFile::write(tracePath, encoder->profileTrace());
}

} // namespace longc
