// Runs the linker. What it links was recorded when longc was built (LinkProgramPaths.h.in).
#include "codegen/LinkProgram.h"

#include "codegen/LinkProgramPaths.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"

#include <fstream>
#include <iterator>

using namespace llvm;

namespace longc {
namespace {

// The prelinked runtime: beside the running compiler, else where it was built.
std::string runtimeObject() {
  static int anchor;
  std::string self = sys::fs::getMainExecutable(nullptr, &anchor);
  SmallString<256> beside(sys::path::parent_path(self));
  sys::path::append(beside, "longc-runtime.o");
  return sys::fs::exists(beside) ? std::string(beside) : std::string(LONGC_RUNTIME_OBJECT);
}

std::string textOf(const std::string &path) {
  std::ifstream stream(path);
  return {std::istreambuf_iterator<char>(stream), {}};
}

// What a link needs of the machine it runs on, by the words the linker has for its lack.
struct Need {
  const char *words;
  int code;
  const char *hint;
};
constexpr const char *needsSpace = "free some space in TMPDIR, or set it to a folder that has more";
constexpr Need needs[] = {
    {"No space left on device", 3914, needsSpace},
    {"File too large", 3914, needsSpace},
    {"failed to write output", 3914, needsSpace},
    {"unable to find library", 3914, "install libc6-dev"},
    {"cannot open /", 3914, "install libc6-dev, and look whether longc was moved away from its runtime"},
    {"out of memory", 7001, "close other programs"},
    {"Cannot allocate memory", 7001, "close other programs"},
};

// The linker's complaint stands in the first line of its log, which what follows only continues. What the machine does not
// lack is our own fault: symbols that a code generator names and nobody has, for one.
Status linkFailure(const std::string &output, int code, const std::string &message, const std::string &log) {
  std::string complaint = message + log.substr(0, log.find('\n'));
  for (const Need &need : needs)
    if (log.find(need.words) != std::string::npos)
      return Status::error(need.code, "linking '" + output + "' failed: " + complaint, need.hint);
  if (complaint.empty())
    complaint = "the linker ended with exit code " + std::to_string(code);
  return Status::error(9004, "internal error: the compiled kernels do not link: " + complaint);
}

} // namespace

Status linkProgram(const std::vector<std::string> &objectPaths, const std::string &output) {
  std::string runtime = runtimeObject();
  if (!sys::fs::exists(runtime))
    return Status::error(3911, "the static runtime '" + runtime + "' is missing", "build the target longc-runtime");
  ErrorOr<std::string> linker = sys::findProgramByName("ld.lld", {LONGC_LINKER_FOLDER});
  if (!linker)
    linker = sys::findProgramByName("ld.lld");
  if (!linker)
    return Status::error(3912, "the linker ld.lld was not found", "install lld-22");

  std::string startup = LONGC_STARTUP_FOLDER;
  std::vector<std::string> arguments = {*linker, "-pie", "--eh-frame-hdr", "--gc-sections", "--strip-debug",
                                        "-z", "relro", "-z", "now",
                                        "-z", "noexecstack", "--dynamic-linker", LONGC_DYNAMIC_LINKER,
                                        startup + "/Scrt1.o", startup + "/crti.o", LONGC_COMPILER_FOLDER "/crtbeginS.o",
                                        runtime};
  arguments.insert(arguments.end(), objectPaths.begin(), objectPaths.end());
  for (const char *rest : {"-L" LONGC_STARTUP_FOLDER, "-lc", "-lm", LONGC_COMPILER_FOLDER "/libgcc.a",
                           LONGC_COMPILER_FOLDER "/crtendS.o"})
    arguments.push_back(rest);
  arguments.push_back(startup + "/crtn.o");
  arguments.push_back("-o");
  arguments.push_back(output);

  SmallString<128> log;
  if (std::error_code error = sys::fs::createTemporaryFile("longc-link", "log", log))
    return Status::error(3913, "cannot create a temporary file: " + error.message());
  FileRemover removeLog(log);
  SmallVector<StringRef> references(arguments.begin(), arguments.end());
  std::optional<StringRef> redirects[] = {StringRef(""), StringRef(log), StringRef(log)};
  std::string message;
  int code = sys::ExecuteAndWait(*linker, references, std::nullopt, redirects, 0, 0, &message);
  if (code != 0)
    return linkFailure(output, code, message, textOf(std::string(log)));
  return {};
}

} // namespace longc
