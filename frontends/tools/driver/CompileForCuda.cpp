// Compilation for the GPU.
#include "frontends/tools/driver/CompileForCuda.h"

#include "codegen/cuda/CompileCuda.h"
#include "codegen/cuda/CudaPasses.h"
#include "dialects/lm/LmDialect.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

namespace longc {
namespace {

OwningOpRef<ModuleOp> onlyKernels(ModuleOp module) {
  OwningOpRef<ModuleOp> result = module.clone();
  for (auto function : llvm::make_early_inc_range(result->getOps<func::FuncOp>()))
    function.erase();
  return result;
}

class CudaCompiler {
public:
  CudaCompiler(Stages &stages, const CompileOptions &options, StringRef precision, ProgramParts parts)
      : stages_(stages), options_(options), precision_(precision), parts_(parts) {}

  /// With 192 query rows a block where registers and shared memory suffice, else with fewer.
  Status run(ModuleOp graph) {
    if (Result<std::string> compiler = findCudaCompiler(); !compiler.ok())
      return compiler.status();
    Status last;
    for (int64_t rows : {192, 128, 64, 32, 16}) {
      stages_.forgetDiagnostics();
      last = compile(graph, rows);
      StringRef reason = stages_.firstDiagnostic();
      if (last.ok() || (!reason.contains("more registers") && !reason.contains("bytes of shared memory")))
        break;
    }
    return last;
  }

private:
  Status compile(ModuleOp graph, int64_t rows) {
    OwningOpRef<ModuleOp> module = graph.clone();
    LONGC_TRY(stages_.begin(*module, cudaTarget(&stages_.context(), rows), "functions-cuda", precision_));
    LONGC_TRY(stages_.lower(*module, precision_, "tiled-cuda",
                            std::string("--longc-keep-kernels --longc-cuda --longc-cuda-emit")));
    LONGC_TRY(stages_.renameKernels(*module, "cuda"));
    PassManager marking(&stages_.context());
    marking.addPass(createCudaMarkParametersPass());
    if (failed(marking.run(*module)))
      return stages_.failure("marking parameters");
    OwningOpRef<ModuleOp> kernels = onlyKernels(*module);
    // A kernel that spills with as many rows is tried with fewer before it gives up the fast form.
    FailureOr<std::vector<CudaKernel>> compiled = compileCuda(*kernels, &stages_.dumps(), /*mayFallBack=*/rows < 192);
    LONGC_TRY(stages_.dumps().status());
    if (failed(compiled))
      return stages_.failure("compiling kernels for " + std::string(cudaTargetName));
    collectParts(*module, parts_.parameters);
    LONGC_TRY(stages_.addFunctions(*module, "fast", cudaTargetName, parts_.index, *parts_.program.mutable_modules(0)));
    addImages(*compiled);
    return trains(parts_.program.modules(0)) ? addOptimizer() : Status();
  }

  static bool trains(const abi::Module &module) {
    return llvm::any_of(module.functions(), [](const abi::Function &function) { return function.target() == cudaTargetName && function.gradients_size() > 0; });
  }

  Status addOptimizer() {
    Result<std::vector<CudaKernel>> kernels = compileOptimizer();
    if (!kernels.ok())
      return kernels.status();
    addImages(*kernels);
    return {};
  }

  void addImages(std::vector<CudaKernel> &kernels) {
    for (CudaKernel &kernel : kernels) {
      *parts_.program.mutable_kernels(int(parts_.index.kernel(kernel.name)))->mutable_device() = kernel.launch;
      if (!options_.quiet)
        llvm::errs() << kernel.name << ": " << kernel.resources.registers << " registers, "
                     << kernel.resources.spillStoreBytes << " bytes of spills, " << kernel.resources.sharedBytes
                     << " bytes of shared memory\n";
      parts_.code.images.push_back({kernel.name, cudaTargetName, std::move(kernel.cubin)});
    }
  }

  Stages &stages_;
  const CompileOptions &options_;
  StringRef precision_;
  ProgramParts parts_;
};

} // namespace

Status compileForCuda(Stages &stages, const CompileOptions &options, ModuleOp graph, StringRef precision,
                      ProgramParts parts) {
  return CudaCompiler(stages, options, precision, parts).run(graph);
}

} // namespace longc
