// Functions of an IR file to a program: tiling for each target, code, steps, link.
#include "frontends/tools/driver/CompileFunctions.h"

#include "codegen/cuda/CompileCuda.h"
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
      LONGC_TRY(target == "cpu" ? compileForCpu(*source) : compileForCuda(*source));
    }
    return assembleProgram(std::move(code_), program_, parts_, NoWeights(), work_, output_);
  }

private:
  /// The graph as kernels and launches, with the tile sizes of `facts`. Types are taken as they are written.
  Status tile(ModuleOp module, tile::TargetAttr facts, const std::string &suffix, ArrayRef<std::string> goOn) {
    const StringRef precision = "written";
    LONGC_TRY(stages_.begin(module, facts, "functions-" + suffix, precision));
    LONGC_TRY(stages_.lower(module, precision, "tiled-" + suffix, goOn));
    collectParts(module, parts_);
    return stages_.renameKernels(module, suffix);
  }

  Status addFunctions(ModuleOp module, const std::string &target) {
    return stages_.addFunctions(module, "fast", target, index_, *program_.mutable_modules(0));
  }

  Status compileForCpu(ModuleOp source) {
    OwningOpRef<ModuleOp> module = source.clone();
    LONGC_TRY(tile(*module, tile::cpuTarget(&stages_.context()), "cpu", stages_.cpuFlags()));
    LONGC_TRY(addFunctions(*module, "cpu"));
    OwningOpRef<ModuleOp> kernels = onlyKernels(*module);
    Result<CpuObjects> objects = stages_.compileKernels(*kernels);
    if (!objects.ok())
      return objects.status();
    code_.add(std::move(*objects));
    return {};
  }

  /// With 192 query rows a block where the registers suffice, else with 128.
  Status compileForCuda(ModuleOp source) {
    if (Result<std::string> compiler = findCudaCompiler(); !compiler.ok())
      return compiler.status();
    Status last;
    for (int64_t rows : {192, 128}) {
      stages_.forgetDiagnostics();
      OwningOpRef<ModuleOp> module = source.clone();
      LONGC_TRY(tile(*module, cudaTarget(&stages_.context(), rows), "cuda",
                     std::string("--longc-keep-kernels --longc-cuda --longc-cuda-emit")));
      OwningOpRef<ModuleOp> kernels = onlyKernels(*module);
      FailureOr<std::vector<CudaKernel>> compiled = compileCuda(*kernels, &stages_.dumps());
      LONGC_TRY(stages_.dumps().status());
      if (succeeded(compiled)) {
        LONGC_TRY(addFunctions(*module, cudaTargetName));
        addImages(*compiled);
        return {};
      }
      last = stages_.failure("compiling kernels for " + std::string(cudaTargetName));
      if (stages_.firstDiagnostic().find("more registers") == std::string::npos)
        break;
    }
    return last;
  }

  void addImages(std::vector<CudaKernel> &kernels) {
    for (CudaKernel &kernel : kernels) {
      *program_.mutable_kernels(index_.kernel(kernel.name))->mutable_device() = kernel.launch;
      if (!options_.quiet)
        llvm::errs() << kernel.name << ": " << kernel.resources.registers << " registers, "
                     << kernel.resources.spillStoreBytes << " bytes of spills, " << kernel.resources.sharedBytes
                     << " bytes of shared memory\n";
      code_.images.push_back({kernel.name, cudaTargetName, std::move(kernel.cubin)});
    }
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
