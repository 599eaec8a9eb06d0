// CUDA C++ text to cubin: NVRTC in process where its library is found, else nvcc as a child process.
#include "codegen/cuda/CompileCuda.h"

#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/Regex.h"
#include "llvm/Support/raw_ostream.h"

#include <dlfcn.h>

using namespace llvm;

namespace longc {
namespace {

constexpr const char *kNoCompilerHint = "install CUDA 12.3 or newer (nvcc), or put libnvrtc.so on the library path";

/// The entry points of NVRTC that are used.
struct Nvrtc {
  using Handle = void *;
  int (*version)(int *, int *) = nullptr;
  int (*create)(Handle *, const char *, const char *, int, const char *const *, const char *const *) = nullptr;
  int (*compile)(Handle, int, const char *const *) = nullptr;
  int (*destroy)(Handle *) = nullptr;
  int (*logSize)(Handle, size_t *) = nullptr;
  int (*log)(Handle, char *) = nullptr;
  int (*cubinSize)(Handle, size_t *) = nullptr;
  int (*cubin)(Handle, char *) = nullptr;
  int major = 0, minor = 0;
};

const Nvrtc *findNvrtc() {
  static const Nvrtc *found = []() -> const Nvrtc * {
    static Nvrtc nvrtc;
    void *library = nullptr;
    for (const char *name : {"libnvrtc.so.13", "libnvrtc.so.12", "/usr/local/cuda/lib64/libnvrtc.so.13",
                             "/usr/local/cuda/lib64/libnvrtc.so.12"})
      if (!library)
        library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (!library)
      return nullptr;
    auto load = [&](const char *name, auto &slot) {
      slot = reinterpret_cast<std::decay_t<decltype(slot)>>(dlsym(library, name));
      return slot != nullptr;
    };
    if (!load("nvrtcVersion", nvrtc.version) || !load("nvrtcCreateProgram", nvrtc.create) ||
        !load("nvrtcCompileProgram", nvrtc.compile) || !load("nvrtcDestroyProgram", nvrtc.destroy) ||
        !load("nvrtcGetProgramLogSize", nvrtc.logSize) || !load("nvrtcGetProgramLog", nvrtc.log) ||
        !load("nvrtcGetCUBINSize", nvrtc.cubinSize) || !load("nvrtcGetCUBIN", nvrtc.cubin) ||
        nvrtc.version(&nvrtc.major, &nvrtc.minor) != 0 || nvrtc.major < 12)
      return nullptr;
    return &nvrtc;
  }();
  return found;
}

std::string findNvcc() {
  if (ErrorOr<std::string> path = sys::findProgramByName("nvcc"))
    return *path;
  if (ErrorOr<std::string> path = sys::findProgramByName("nvcc", {"/usr/local/cuda/bin"}))
    return *path;
  return "";
}

/// Whether NVRTC says what ptxas found (it does so since 12.x when asked); without that the budget cannot be checked.
bool holdsReport(StringRef log) { return log.contains("registers"); }

Status compileByNvrtc(const Nvrtc &nvrtc, const std::string &name, const std::string &text, std::vector<char> &cubin,
                      std::string &log) {
  Nvrtc::Handle program = nullptr;
  const std::string file = name + ".cu";
  if (nvrtc.create(&program, text.c_str(), file.c_str(), 0, nullptr, nullptr) != 0)
    return Status::error(3202, "NVRTC does not take kernel '" + name + "'");
  llvm::scope_exit destroy([&] { nvrtc.destroy(&program); });
  const char *options[] = {"--gpu-architecture=sm_90a", "--std=c++17", "-lineinfo", "--ptxas-options=-v",
                           "--ptxas-options=--warn-on-spills"};
  const int result = nvrtc.compile(program, std::size(options), options);
  size_t size = 0;
  if (nvrtc.logSize(program, &size) == 0 && size > 1) {
    log.resize(size);
    nvrtc.log(program, log.data());
    log.resize(size - 1);
  }
  if (result != 0)
    return Status::error(3203, "kernel '" + name + "' does not compile: " + log, "keep its text with --dump-dir DIR");
  if (nvrtc.cubinSize(program, &size) != 0)
    return Status::error(3203, "NVRTC gave no code for kernel '" + name + "'");
  cubin.resize(size);
  return nvrtc.cubin(program, cubin.data()) == 0 ? Status()
                                                 : Status::error(3203, "NVRTC gave no code for kernel '" + name + "'");
}

Status compileByNvcc(const std::string &nvcc, const std::string &name, const std::string &text,
                     std::vector<char> &cubin, std::string &log) {
  SmallString<128> folder;
  if (sys::fs::createUniqueDirectory("longc-cuda", folder))
    return Status::error(3204, "no folder for intermediate files", "check TMPDIR and free space");
  llvm::scope_exit remove([&] { sys::fs::remove_directories(folder); });
  const std::string input = (folder + "/kernel.cu").str(), output = (folder + "/kernel.cubin").str(),
                    messages = (folder + "/log").str();
  {
    std::error_code error;
    raw_fd_ostream stream(input, error);
    stream << text;
    stream.close();
    if (error || stream.has_error())
      return Status::error(3204, "cannot write '" + input + "'", "check TMPDIR and free space");
  }
  StringRef arguments[] = {nvcc,     "-cubin", "-gencode", "arch=compute_90a,code=sm_90a",     "-O3",
                           "-std=c++17", "-lineinfo", "--ptxas-options=-v,-warn-spills", input, "-o", output};
  std::optional<StringRef> redirects[] = {std::nullopt, StringRef(messages), StringRef(messages)};
  const int result = sys::ExecuteAndWait(nvcc, arguments, std::nullopt, redirects, /*SecondsToWait=*/300);
  if (auto buffer = MemoryBuffer::getFile(messages))
    log = (*buffer)->getBuffer().str();
  if (result != 0)
    return Status::error(3203, "kernel '" + name + "' does not compile: " + log, "keep its text with --dump-dir DIR");
  auto code = MemoryBuffer::getFile(output);
  if (!code)
    return Status::error(3203, "nvcc gave no code for kernel '" + name + "'");
  cubin.assign((*code)->getBufferStart(), (*code)->getBufferEnd());
  return {};
}

/// After a #line the compiler counts on, but all lines that an op became are of the op's one line: say it before each.
std::string repeatLineDirectives(StringRef text) {
  std::string result;
  StringRef directive;
  for (StringRef line : split(text, '\n')) {
    if (line.starts_with("#line ")) {
      directive = line;
      continue;
    }
    if (!directive.empty())
      result += (directive + "\n").str();
    result += (line + "\n").str();
  }
  return result;
}

int number(StringRef log, const char *pattern) {
  SmallVector<StringRef> matches;
  int value = 0;
  if (Regex(pattern).match(log, &matches))
    matches[1].getAsInteger(10, value);
  return value;
}

/// Reads the assembler's report and refuses what breaks a kernel's promise.
Status checkReport(const std::string &name, StringRef log, CudaResources &resources) {
  resources.registers = number(log, "Used ([0-9]+) registers");
  resources.stackBytes = number(log, "([0-9]+) bytes stack frame");
  resources.spillStoreBytes = number(log, "([0-9]+) bytes spill stores");
  resources.spillLoadBytes = number(log, "([0-9]+) bytes spill loads");
  for (const char *warning : {"C7508", "C7510", "C7512", "serialized"})
    if (log.contains(warning)) {
      StringRef line = log.substr(0, log.find('\n', log.find(warning)));
      if (line.contains("insufficient register"))
        return Status::error(3206, "kernel '" + name + "' needs more registers than it has: its products wait for each other",
                             "use smaller tiles (fewer attention or product rows)");
      return Status::error(3205, "kernel '" + name + "' lost its performance: " +
                                     line.substr(line.rfind('\n') == StringRef::npos ? 0 : line.rfind('\n') + 1).str());
    }
  if (resources.spillStoreBytes || resources.spillLoadBytes)
    return Status::error(3206, "kernel '" + name + "' needs more registers than it has: " +
                                   std::to_string(resources.spillStoreBytes) + " bytes of spills",
                         "use smaller tiles (fewer attention or product rows)");
  return {};
}

} // namespace

Result<std::string> findCudaCompiler() {
  if (const Nvrtc *nvrtc = findNvrtc())
    return "NVRTC " + std::to_string(nvrtc->major) + "." + std::to_string(nvrtc->minor);
  if (std::string nvcc = findNvcc(); !nvcc.empty())
    return nvcc;
  return Status::error(3201, "no CUDA compiler: neither libnvrtc nor nvcc was found", kNoCompilerHint);
}

Status compileCudaText(const std::string &name, const std::string &emitted, std::vector<char> &cubin,
                       CudaResources &resources) {
  const std::string text = repeatLineDirectives(emitted);
  std::string log;
  if (const Nvrtc *nvrtc = findNvrtc()) {
    LONGC_TRY(compileByNvrtc(*nvrtc, name, text, cubin, log));
    if (!holdsReport(log) && findNvcc().empty())
      return Status::error(3207, "this NVRTC does not report registers, so kernel '" + name + "' cannot be checked",
                           kNoCompilerHint);
  }
  if (!holdsReport(log)) {
    const std::string nvcc = findNvcc();
    if (nvcc.empty())
      return findCudaCompiler().status();
    LONGC_TRY(compileByNvcc(nvcc, name, text, cubin, log));
  }
  resources.codeBytes = cubin.size();
  return checkReport(name, log, resources);
}

} // namespace longc
