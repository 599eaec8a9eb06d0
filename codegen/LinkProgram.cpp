// Runs the linker. What it links was recorded when longc was built (LinkProgramPaths.h.in).
#include "codegen/LinkProgram.h"

#include "codegen/LinkProgramPaths.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"

#include <fstream>

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

// The first line of a log: the linker's complaint, which what follows only continues.
std::string firstLine(const std::string &path) {
  std::ifstream stream(path);
  std::string line;
  std::getline(stream, line);
  return line;
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
  std::vector<std::string> arguments = {*linker, "-pie", "--eh-frame-hdr", "--gc-sections", "--strip-debug", "-z", "relro", "-z", "now",
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
    return Status::error(3914, "linking '" + output + "' failed: " + message + firstLine(std::string(log)),
                         "it needs libc6-dev, and free space in TMPDIR");
  return {};
}

} // namespace longc
