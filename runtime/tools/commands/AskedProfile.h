// `--profile` and `--trace` of every command that runs kernels.
#pragma once

#include "runtime/core/OutputFile.h"
#include "runtime/tools/commands/Options.h"

#include <cstdio>
#include <string>

namespace longc {

struct AskedProfile {
  bool table = false;
  std::string trace; // "": none

  /// Refuses a trace that could not be written.
  static Result<AskedProfile> of(const Arguments &arguments) {
    AskedProfile asked{arguments.flag("profile"), arguments.text("trace")};
    if (!asked.trace.empty())
      LONGC_TRY(OutputFile::check(asked.trace));
    return asked;
  }

  /// `runner`: an Engine or an Encoder.
  void start(auto &runner) const {
    if (table || !trace.empty())
      runner.startProfile(/*events=*/!trace.empty());
  }
  /// Prints the profile and writes the trace, if they were asked for.
  Status report(auto &runner) const {
    if (table)
      std::fputs(runner.profileTable().c_str(), stderr);
    return trace.empty() ? Status() : OutputFile::write(trace, runner.profileTrace());
  }
};

} // namespace longc
