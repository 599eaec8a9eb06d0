// Runs the linker. What it links was recorded when longc was built (LinkProgramPaths.h.in).
#include "codegen/LinkProgram.h"

#include "codegen/LinkProgramPaths.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <sys/mman.h>
#include <unistd.h>

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

// A file that needs no disk: what the linker says of a full one must arrive.
class MemoryFile {
public:
  MemoryFile() : descriptor_(memfd_create("longc-link", 0)), path_("/proc/self/fd/" + std::to_string(descriptor_)) {}
  ~MemoryFile() { close(descriptor_); }
  MemoryFile(const MemoryFile &) = delete;

  bool isOpen() const { return descriptor_ >= 0; }
  const std::string &path() const { return path_; } // here and in child processes
  std::string text() const {
    std::ifstream stream(path_);
    return {std::istreambuf_iterator<char>(stream), {}};
  }

private:
  int descriptor_;
  std::string path_;
};

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
    {"Bus error", 3914, needsSpace}, // it maps its output, and a full disk shows when the pages are written
    {"unable to find library", 3914, "install libc6-dev"},
    {"cannot open /", 3914, "install libc6-dev, and look whether longc was moved away from its runtime"},
    {"out of memory", 7001, "close other programs"},
    {"Cannot allocate memory", 7001, "close other programs"},
};

// The first line of the log that says "error"; else how the linker ended.
std::string complaintIn(const std::string &log, int code, const std::string &message) {
  for (StringRef rest = log; !rest.empty();) {
    auto [line, next] = rest.split('\n');
    if (line.contains_insensitive("error: "))
      return line.str();
    rest = next;
  }
  return "the linker ended with " + (message.empty() ? "exit code " + std::to_string(code) : message);
}

// What the machine does not lack is our own fault: symbols that a code generator names and nobody has, for one.
Status linkFailure(const std::string &output, int code, const std::string &message, const std::string &log) {
  std::string complaint = complaintIn(log, code, message);
  for (const Need &need : needs)
    if (log.find(need.words) != std::string::npos || message.find(need.words) != std::string::npos)
      return Status::error(need.code, "linking '" + output + "' failed: " + complaint, need.hint);
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
  std::vector<std::string> arguments = {*linker, "-pie", "--gc-sections", "--strip-debug", "-z", "relro", "-z", "now",
                                        "-z", "noexecstack",
                                        "--eh-frame-hdr", // without it nothing that is thrown can be caught
                                        "--dynamic-linker", LONGC_DYNAMIC_LINKER, startup + "/Scrt1.o",
                                        startup + "/crti.o", LONGC_COMPILER_FOLDER "/crtbeginS.o", runtime};
  arguments.insert(arguments.end(), objectPaths.begin(), objectPaths.end());
  for (const char *rest : {"-L" LONGC_STARTUP_FOLDER, "-lc", "-lm", LONGC_COMPILER_FOLDER "/libgcc.a",
                           LONGC_COMPILER_FOLDER "/crtendS.o"})
    arguments.push_back(rest);
  arguments.push_back(startup + "/crtn.o");
  arguments.push_back("-o");
  arguments.push_back(output);

  MemoryFile log;
  if (!log.isOpen())
    return Status::error(3913, std::string("cannot create a file in memory: ") + std::strerror(errno), "close other programs");
  SmallVector<StringRef> references(arguments.begin(), arguments.end()), environment;
  for (char **variable = environ; *variable; ++variable)
    environment.push_back(*variable);
  environment.push_back("LLVM_DISABLE_SYMBOLIZATION=1"); // a linker that dies would leave files in TMPDIR
  std::optional<StringRef> redirects[] = {StringRef(""), StringRef(log.path()), StringRef(log.path())};
  std::string message;
  int code = sys::ExecuteAndWait(*linker, references, ArrayRef<StringRef>(environment), redirects, 0, 0, &message);
  if (code != 0)
    return linkFailure(output, code, message, log.text());
  return {};
}

} // namespace longc
