// Functions of an IR file to a program: tiling for each target, code, steps, link.
#include "frontends/tools/driver/CompileFunctions.h"

#include "dialects/lm/LmDialect.h"
#include "frontends/tools/driver/AssembleProgram.h"
#include "frontends/tools/driver/CheckOptions.h"
#include "frontends/tools/driver/CompileForCuda.h"
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

OwningOpRef<ModuleOp> onlyKernels(ModuleOp module) {
  OwningOpRef<ModuleOp> result = module.clone();
  for (auto function : llvm::make_early_inc_range(result->getOps<func::FuncOp>()))
    function.erase();
  return result;
}

class FunctionCompiler {
public:
  FunctionCompiler(const CompileOptions &options, const WorkFolder &work, OutputFile &output)
      : options_(options), work_(work), output_(output), stages_(options, work), index_(program_) {}

  Status run() {
    OwningOpRef<ModuleOp> source = parseSourceFile<ModuleOp>(options_.model, &stages_.context());
    if (!source)
      return Status::error(3004, "'" + options_.model + "' is no valid IR: " + stages_.firstDiagnostic(),
                           "`longc-opt FILE` shows every message");
    if (source->getOps<func::FuncOp>().empty())
      return Status::error(3002, "'" + options_.model + "' has no function", "write func.func @name of lm ops");
    describeSource(options_, program_);
    program_.add_modules()->set_name(std::filesystem::path(options_.model).stem().string());
    for (const std::string &target : options_.targets) {
      program_.add_targets(target);
      LONGC_TRY(target == "cpu" ? compileForCpu(*source) : compileForGpu(*source));
    }
    LONGC_TRY(assembleProgram(std::move(code_), program_, parts_, NoWeights(), work_, output_));
    stages_.report(program_);
    return {};
  }

private:
  Status compileForCpu(ModuleOp source) {
    OwningOpRef<ModuleOp> module = source.clone();
    const StringRef precision = "written"; // types are taken as they are
    LONGC_TRY(stages_.begin(*module, tile::cpuTarget(&stages_.context()), "functions-cpu", precision));
    LONGC_TRY(stages_.lower(*module, precision, "tiled-cpu", stages_.cpuFlags()));
    collectParts(*module, parts_);
    LONGC_TRY(stages_.renameKernels(*module, "cpu"));
    LONGC_TRY(stages_.addFunctions(*module, "fast", "cpu", index_, *program_.mutable_modules(0)));
    OwningOpRef<ModuleOp> kernels = onlyKernels(*module);
    Result<CpuObjects> objects = stages_.compileKernels(*kernels);
    if (!objects.ok())
      return objects.status();
    code_.add(std::move(*objects));
    return {};
  }

  Status compileForGpu(ModuleOp source) {
    return compileForCuda(stages_, options_, source, "written", {program_, index_, parts_, code_});
  }

  const CompileOptions &options_;
  const WorkFolder &work_;
  OutputFile &output_;
  Stages stages_;
  abi::Program program_;
  ProgramIndex index_;
  ParameterParts parts_;
  KernelCode code_;
};

} // namespace

Status compileFunctions(const CompileOptions &options, const WorkFolder &work, OutputFile &output) {
  return FunctionCompiler(options, work, output).run();
}

} // namespace longc
