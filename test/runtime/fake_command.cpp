// The fake program as a file that runs.
#include "test/runtime/FakeCommand.h"

#include <cstdlib>
#include <sys/stat.h>
#include <sys/wait.h>

namespace longc::fake {

std::string programPath(const std::string &name, const abi::Program &program) {
  std::string written = writeTemporary(name, programFile(readAll(LONGC_FAKE_PROGRAM), program, weights()));
  chmod(written.c_str(), 0755);
  return written;
}

const std::string &programPath() {
  static const std::string path = programPath("app", program());
  return path;
}

Output run(const std::string &arguments, const std::string &path, const std::string &input) {
  std::string in = writeTemporary("stdin", input), out = temporaryPath("stdout"), error = temporaryPath("stderr");
  int status = std::system((path + " " + arguments + " > " + out + " 2> " + error + " < " + in).c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, readAll(out), readAll(error)};
}

nlohmann::json jsonOf(const Output &output) {
  EXPECT_EQ(output.code, 0) << output.error;
  auto json = nlohmann::json::parse(output.out, nullptr, false);
  EXPECT_FALSE(json.is_discarded()) << output.out;
  return json;
}

void expectError(const Output &output, int code, const std::string &words) {
  EXPECT_EQ(output.code, code);
  EXPECT_EQ(output.out, "");
  EXPECT_NE(output.error.find(words), std::string::npos) << output.error;
  EXPECT_EQ(output.error.find("error: LC"), 0u) << output.error;
  EXPECT_NE(output.error.find("hint: "), std::string::npos) << output.error;
}

} // namespace longc::fake
