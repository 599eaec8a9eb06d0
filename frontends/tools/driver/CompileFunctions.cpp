// Functions of an IR file to a program: tiling for each target, code, steps, link.
#include "frontends/tools/driver/CompileFunctions.h"

#include "dialects/lm/LmDialect.h"
#include "frontends/tools/driver/AssembleProgram.h"
#include "frontends/tools/driver/CheckOptions.h"
#include "frontends/tools/driver/Stages.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/raw_ostream.h"

#include <filesystem>

using namespace mlir;

namespace longc {
namespace {

/// A file of functions has no weights.
class NoWeights : public WeightSource {
public:
  Result<uint64_t> bytes(std::span<const std::string> parts, const abi::Parameter &) const override { return missing(parts.front()); }
  Status write(std::span<const std::string> parts, const abi::Parameter &, std::span<std::byte>) const override {
    return missing(parts.front());
  }

private:
  static Status missing(const std::string &name) {
    return Status::error(2302, "parameter '" + name + "' has no weights: the program is compiled from an IR file",
                         "pass it as a function argument instead");
  }
};

} // namespace

Status compileFunctions(const CompileOptions &options, const WorkFolder &work, OutputFile &output) {
  Stages stages(options, work);
  OwningOpRef<ModuleOp> source = parseSourceFile<ModuleOp>(options.model, &stages.context());
  if (!source)
    return Status::error(3004, "'" + options.model + "' is no valid IR: " + stages.firstDiagnostic(), "`longc-opt FILE` shows every message");
  if (source->getOps<func::FuncOp>().empty())
    return Status::error(3002, "'" + options.model + "' has no function", "write func.func @name of lm ops");
  abi::Program program;
  describeSource(options, program);
  program.add_modules()->set_name(std::filesystem::path(options.model).stem().string());
  ProgramParts parts{program};
  LONGC_TRY(stages.compile(*source, "functions", StringRef("written"), parts));
  LONGC_TRY(assembleProgram(std::move(parts.code), program, parts.parameters, NoWeights(), work, output));
  stages.report(program);
  return {};
}

} // namespace longc
