// Object files, kernel table, link, program file.
#include "frontends/tools/driver/AssembleProgram.h"

#include "codegen/LinkProgram.h"
#include "runtime/abi/longc_abi.h"
#include "runtime/core/Format.h"
#include "runtime/serve/CheckProgram.h"

#include <filesystem>
#include <fstream>

namespace longc {
namespace {

Status writeFile(const std::string &path, const std::string &bytes) {
  std::ofstream stream(path, std::ios::binary | std::ios::trunc);
  stream.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  stream.close();
  return stream ? Status()
                : Status::error(4001, "cannot write '" + path + "'", "set TMPDIR to a folder with free space");
}

// What the processor's device would refuse when the program starts.
Status checkScratch(const std::vector<CompiledKernel> &kernels) {
  for (const CompiledKernel &kernel : kernels)
    if (kernel.scratchBytes < 0 || kernel.scratchBytes > LONGC_MAX_SCRATCH_BYTES)
      return Status::error(3920, "kernel '" + kernel.name + "' needs " + std::to_string(kernel.scratchBytes) +
                                     " bytes of scratch a thread; it may have " +
                                     std::to_string(LONGC_MAX_SCRATCH_BYTES),
                           "what makes it large is --topk, the entries kept for each row, or the sizes of the model");
  return {};
}

} // namespace

void describeSource(const CompileOptions &options, abi::Program &program) {
  program.set_version(LONGC_PROGRAM_VERSION);
  program.set_compiler("longc " LONGC_VERSION);
  std::string source = std::filesystem::path(options.model).filename().string();
  if (options.ropeTheta > 0)
    source += formatText(" with --rope-theta %g", options.ropeTheta);
  if (!options.adapter.empty())
    source += " with the adapter " + std::filesystem::path(options.adapter + "/").parent_path().filename().string() +
              (options.adapterMode == "merge" ? ", merged" : "");
  program.set_source(source);
  for (const std::string &target : options.targets)
    program.add_targets(target);
}

Status assembleProgram(KernelCode code, abi::Program &program, const ParameterParts &parts, const WeightSource &weights,
                       const WorkFolder &work, OutputFile &output) {
  LONGC_TRY(checkScratch(code.kernels));
  Result<uint64_t> weightsBytes = placeParameters(program, parts, weights);
  if (!weightsBytes.ok())
    return weightsBytes.status();
  LONGC_TRY(checkProgram(program, *weightsBytes)); // what its loader would refuse, nobody gets
  Result<std::string> table = buildKernelTable(code.kernels, code.images);
  if (!table.ok())
    return table.status();
  code.objects.push_back(std::move(*table));
  std::vector<std::string> paths;
  for (const std::string &object : code.objects) {
    paths.push_back(work.file("kernels" + std::to_string(paths.size()) + ".o"));
    LONGC_TRY(writeFile(paths.back(), object));
  }
  LONGC_TRY(linkProgram(paths, work.file("program")));
  return writeProgram(work.file("program"), program, parts, weights, output);
}

} // namespace longc
