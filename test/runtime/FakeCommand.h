// Runs the fake program's command line, as a script would.
#pragma once

#include "test/runtime/FakeProgram.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <string>

namespace longc::fake {

struct Output {
  int code;
  std::string out, error;
};

/// The fake executable with its program behind it, as `longc compile` leaves one.
const std::string &programPath();
/// The same with another program.
std::string programPath(const std::string &name, const abi::Program &program);

/// `input`: bytes of standard input.
Output run(const std::string &arguments, const std::string &path = programPath(), const std::string &input = "");

nlohmann::json jsonOf(const Output &output);
/// Exit code, nothing on stdout, one line with `words` and a hint.
void expectError(const Output &output, int code, const std::string &words);

} // namespace longc::fake
