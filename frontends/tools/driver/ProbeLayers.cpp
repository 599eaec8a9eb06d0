// Compiles a program to probe and runs it.
#include "frontends/tools/driver/ProbeLayers.h"

#include "frontends/tools/driver/Compile.h"
#include "frontends/tools/driver/WorkFolder.h"

#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Program.h"

#include <cstdio>
#include <filesystem>
#include <vector>

namespace longc {
namespace {

Status compileToProbe(const ProbeLayersOptions &options, const std::string &program) {
  CompileOptions compile;
  compile.model = options.model;
  compile.output = program;
  compile.method = "fot";
  compile.memoryLayers = "all";
  compile.window = options.window;
  compile.lastContext = options.lastContext;
  compile.topk = options.topk;
  compile.quiet = true;
  if (!options.quiet)
    std::fprintf(stderr, "compiling %s with memory in every layer\n", options.model.c_str());
  return compileProgram(compile);
}

// `output`: file for what it prints on stdout; empty: ours.
Status runProbe(const ProbeLayersOptions &options, const std::string &program, llvm::StringRef output) {
  int64_t length = options.length > 0 ? options.length : std::max<int64_t>(4 * options.window, 1024);
  std::vector<std::string> words = {program,      "probe",
                                    "--count",    std::to_string(options.prompts),
                                    "--length",   std::to_string(length),
                                    "--seed",     std::to_string(options.seed),
                                    "--threads",  std::to_string(options.threads),
                                    "--tolerance", std::to_string(options.tolerance),
                                    "--seconds",  std::to_string(options.seconds),
                                    "--memory-temperature", options.temperature};
  if (!options.text.empty())
    words.insert(words.end(), {"--text", options.text});
  if (options.json)
    words.push_back("--json");
  if (options.quiet)
    words.push_back("--quiet");
  std::vector<llvm::StringRef> arguments(words.begin(), words.end());
  std::string problem;
  std::vector<std::optional<llvm::StringRef>> streams;
  if (!output.empty())
    streams = {std::nullopt, output, std::nullopt};
  int code = llvm::sys::ExecuteAndWait(program, arguments, std::nullopt, streams, 0, 0, &problem);
  if (code == 0)
    return {};
  return Status::error(5120, problem.empty() ? "the probe ended with exit code " + std::to_string(code)
                                             : "cannot run the probe: " + problem,
                       "its own message stands above");
}

// The list in the JSON object that a probe printed.
Result<std::string> layersIn(const std::string &path) {
  auto text = llvm::MemoryBuffer::getFile(path);
  Status unreadable = Status::error(5122, "the probe printed no list of layers", "run `longc probe-layers` to see what it prints");
  if (!text)
    return unreadable;
  auto json = llvm::json::parse((*text)->getBuffer());
  if (!json) {
    llvm::consumeError(json.takeError());
    return unreadable;
  }
  const llvm::json::Object *object = json->getAsObject();
  const llvm::json::Array *layers = object ? object->getArray("layers") : nullptr;
  if (!layers || layers->empty())
    return unreadable;
  std::string list;
  for (const llvm::json::Value &layer : *layers)
    list += (list.empty() ? "" : ",") + std::to_string(layer.getAsInteger().value_or(-1));
  return list;
}

} // namespace

Status probeLayers(const ProbeLayersOptions &options) {
  Result<WorkFolder> folder = WorkFolder::create();
  if (!folder.ok())
    return folder.status();
  std::error_code ignored; // the path as it was given does as well, if it has a folder
  std::string program = options.program.empty() ? folder->file("program") : std::filesystem::absolute(options.program, ignored).string();
  LONGC_TRY(compileToProbe(options, program));
  return runProbe(options, program, "");
}

Result<std::string> probedLayers(const CompileOptions &options) {
  if (options.method != "fot")
    return Status::error(1128, "--mem-layers probe: method '" + options.method + "' has no memory to probe", "add --method fot");
  Result<WorkFolder> folder = WorkFolder::create();
  if (!folder.ok())
    return folder.status();
  ProbeLayersOptions probe;
  probe.model = options.model;
  if (options.window > 0)
    probe.window = options.window;
  if (options.lastContext > 0)
    probe.lastContext = options.lastContext;
  probe.topk = options.topk;
  probe.json = true;
  probe.quiet = options.quiet;
  if (Status status = compileToProbe(probe, folder->file("program")); !status.ok())
    return status;
  if (Status status = runProbe(probe, folder->file("program"), folder->file("findings.json")); !status.ok())
    return status;
  return layersIn(folder->file("findings.json"));
}

} // namespace longc
