// Compiles a program to probe and runs it.
#include "frontends/tools/driver/ProbeLayers.h"

#include "frontends/tools/driver/Compile.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Program.h"

#include <cstdio>
#include <filesystem>
#include <vector>

namespace longc {
namespace {

// The file of a program that goes with its owner.
class TemporaryProgram {
public:
  TemporaryProgram() { failed_ = bool(llvm::sys::fs::createUniqueDirectory("longc-probe", folder_)); }
  ~TemporaryProgram() {
    std::error_code ignored;
    if (!failed_)
      std::filesystem::remove_all(std::string(folder_), ignored);
  }
  TemporaryProgram(const TemporaryProgram &) = delete;
  TemporaryProgram &operator=(const TemporaryProgram &) = delete;
  bool failed() const { return failed_; }
  std::string path() const { return std::string(folder_) + "/program"; }

private:
  llvm::SmallString<128> folder_;
  bool failed_;
};

Status compileToProbe(const ProbeLayersOptions &options, const std::string &program) {
  CompileOptions compile;
  compile.model = options.model;
  compile.output = program;
  compile.method = "fot";
  compile.memoryLayers = "all";
  compile.window = options.window;
  compile.lastContext = options.lastContext;
  compile.quiet = true;
  if (!options.quiet)
    std::fprintf(stderr, "compiling %s with memory in every layer\n", options.model.c_str());
  return compileProgram(compile);
}

Status runProbe(const ProbeLayersOptions &options, const std::string &program) {
  std::vector<std::string> words = {program,      "probe",
                                    "--count",    std::to_string(options.prompts),
                                    "--length",   std::to_string(options.length),
                                    "--seed",     std::to_string(options.seed),
                                    "--threads",  std::to_string(options.threads),
                                    "--tolerance", std::to_string(options.tolerance),
                                    "--memory-temperature", options.temperature};
  if (!options.text.empty())
    words.insert(words.end(), {"--text", options.text});
  if (options.json)
    words.push_back("--json");
  if (options.quiet)
    words.push_back("--quiet");
  std::vector<llvm::StringRef> arguments(words.begin(), words.end());
  std::string problem;
  int code = llvm::sys::ExecuteAndWait(program, arguments, std::nullopt, {}, 0, 0, &problem);
  if (code == 0)
    return {};
  return Status::error(1120, problem.empty() ? "the probe ended with exit code " + std::to_string(code)
                                             : "cannot run the probe: " + problem,
                       "its own message stands above");
}

} // namespace

Status probeLayers(const ProbeLayersOptions &options) {
  TemporaryProgram temporary;
  if (options.program.empty() && temporary.failed())
    return Status::error(1121, "cannot make a temporary folder for the program", "set TMPDIR, or give --keep FILE");
  std::error_code ignored; // the path as it was given does as well, if it has a folder
  std::string program = options.program.empty() ? temporary.path() : std::filesystem::absolute(options.program, ignored).string();
  LONGC_TRY(compileToProbe(options, program));
  return runProbe(options, program);
}

} // namespace longc
