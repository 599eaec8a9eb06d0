// Functions of an IR file to a program: tiling for each target, code, steps, link.
#include "frontends/tools/driver/CompileFunctions.h"

#include "codegen/BuildSteps.h"
#include "codegen/KernelTable.h"
#include "codegen/LinkProgram.h"
#include "codegen/WriteProgram.h"
#include "codegen/cpu/CompileCpu.h"
#include "codegen/cuda/CompileCuda.h"
#include "dialects/lm/LmDialect.h"
#include "passes/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/LocationSnapshot.h"
#include "mlir/Transforms/Passes.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"

#include <filesystem>
#include <fstream>

using namespace mlir;

namespace longc {
namespace {

constexpr const char *kCudaTarget = "cuda:sm_90a";

/// A file of functions has no weights.
class NoWeights : public WeightSource {
public:
  Result<uint64_t> bytes(const std::string &name) const override { return missing(name); }
  Status write(const std::string &name, std::span<std::byte>) const override { return missing(name); }

private:
  static Status missing(const std::string &name) {
    return Status::error(2302, "parameter '" + name + "' has no weights: the program is compiled from an IR file",
                         "pass it as a function argument instead");
  }
};

struct FunctionCompiler {
  explicit FunctionCompiler(const CompileOptions &options) : options(options), index(program) {
    context.loadDialect<lm::LmDialect, tile::TileDialect, func::FuncDialect, arith::ArithDialect, math::MathDialect,
                        scf::SCFDialect, tensor::TensorDialect>();
    context.getDiagEngine().registerHandler([this](Diagnostic &diagnostic) {
      if (diagnostic.getSeverity() == DiagnosticSeverity::Error && firstDiagnostic.empty()) {
        llvm::raw_string_ostream stream(firstDiagnostic);
        stream << diagnostic.getLocation() << ": " << diagnostic;
      }
      return success();
    });
  }

  Status failure(const std::string &what) {
    return Status::error(3001, what + " failed: " + (firstDiagnostic.empty() ? "no diagnostic was given" : firstDiagnostic),
                         "run again with --dump-dir DIR to see the stages before");
  }

  /// What comes of the ops later (line information of a kernel, for one) names their lines in the dump.
  void dump(ModuleOp module, const std::string &name) {
    if (options.dumpDir.empty())
      return;
    llvm::sys::fs::create_directories(options.dumpDir);
    (void)generateLocationsFromIR(options.dumpDir + "/" + name + ".mlir", "dump", module, OpPrintingFlags());
  }

  /// The graph as kernels and launches, with the tile sizes of `facts`. Types are taken as they are written.
  Status tile(ModuleOp module, tile::TargetAttr facts, const std::string &suffix) {
    module->setAttr("tile.target", facts);
    PassManager manager(&context);
    manager.addPass(createLowerRopePass());
    manager.addPass(createFuseNormPass());
    manager.addPass(createFuseSwigluPass());
    manager.addPass(createFuseResidualPass());
    manager.addPass(createFuseAttentionPass());
    manager.addPass(createTileLinearPass());
    manager.addPass(createTileAttentionPass());
    manager.addPass(createTileStreamingPass());
    manager.addPass(createCanonicalizerPass());
    manager.addNestedPass<tile::KernelOp>(createCSEPass());
    manager.addPass(createPipelineLoopsPass());
    manager.addPass(createPlanBuffersPass());
    if (failed(manager.run(module)))
      return failure("tiling for " + suffix);
    // Kernels of several targets live side by side in one table: their names are kept apart.
    for (auto kernel : module.getOps<tile::KernelOp>()) {
      auto renamed = StringAttr::get(&context, kernel.getSymName().str() + "_" + suffix);
      if (failed(SymbolTable::replaceAllSymbolUses(kernel, renamed, module)))
        return failure("renaming kernels");
      kernel.setSymName(renamed);
    }
    dump(module, "tiled-" + suffix);
    return {};
  }

  Status addFunctions(ModuleOp module, const std::string &target) {
    for (auto function : module.getOps<func::FuncOp>()) {
      abi::Function *built = program.mutable_modules(0)->add_functions();
      built->set_name(function.getSymName().str());
      built->set_precision("fast");
      built->set_target(target);
      if (failed(buildSteps(function, index, *built)))
        return failure("building the steps of @" + function.getSymName().str());
    }
    return {};
  }

  Status compileForCpu(ModuleOp source) {
    OwningOpRef<ModuleOp> module = source.clone();
    LONGC_TRY(tile(*module, tile::cpuTarget(&context), "cpu"));
    LONGC_TRY(addFunctions(*module, "cpu"));
    std::vector<StringRef> variants(options.variants.begin(), options.variants.end());
    if (variants.empty())
      variants = cpuVariantNames();
    OwningOpRef<ModuleOp> kernelsOnly = onlyKernels(*module);
    FailureOr<CpuObjects> code = compileCpu(*kernelsOnly, variants);
    if (failed(code))
      return failure("compiling kernels for the CPU");
    for (const CpuKernel &kernel : code->kernels)
      kernels.push_back({kernel.name, kernel.variant, kernel.symbol, kernel.scratchBytes});
    objects.insert(objects.end(), code->objects.begin(), code->objects.end());
    return {};
  }

  OwningOpRef<ModuleOp> onlyKernels(ModuleOp module) {
    OwningOpRef<ModuleOp> result = module.clone();
    for (auto function : llvm::make_early_inc_range(result->getOps<func::FuncOp>()))
      function.erase();
    return result;
  }

  /// With 192 query rows a block where the registers suffice, else with 128.
  Status compileForCuda(ModuleOp source) {
    if (Result<std::string> compiler = findCudaCompiler(); !compiler.ok())
      return compiler.status();
    Status last;
    for (int64_t rows : {192, 128}) {
      firstDiagnostic.clear();
      OwningOpRef<ModuleOp> module = source.clone();
      LONGC_TRY(tile(*module, cudaTarget(&context, rows), "cuda"));
      OwningOpRef<ModuleOp> kernelsOnly = onlyKernels(*module);
      FailureOr<std::vector<CudaKernel>> code = compileCuda(*kernelsOnly, options.dumpDir);
      if (failed(code)) {
        last = failure("compiling kernels for " + std::string(kCudaTarget));
        if (firstDiagnostic.find("more registers") == std::string::npos)
          return last;
        continue;
      }
      LONGC_TRY(addFunctions(*module, kCudaTarget));
      for (CudaKernel &kernel : *code) {
        *program.mutable_kernels(index.kernel(kernel.name))->mutable_device() = kernel.launch;
        if (!options.quiet)
          llvm::errs() << kernel.name << ": " << kernel.resources.registers << " registers, "
                       << kernel.resources.spillStoreBytes << " bytes of spills, " << kernel.resources.sharedBytes
                       << " bytes of shared memory\n";
        images.push_back({kernel.name, kCudaTarget, std::move(kernel.cubin)});
      }
      return {};
    }
    return last;
  }

  Status link() {
    llvm::SmallString<128> folder;
    if (llvm::sys::fs::createUniqueDirectory("longc", folder))
      return Status::error(4001, "no folder for intermediate files", "check TMPDIR and free space");
    Status status = linkIn(std::string(folder));
    std::error_code ignored;
    std::filesystem::remove_all(std::string(folder), ignored);
    return status;
  }

  Status linkIn(const std::string &folder) {
    Result<std::string> table = buildKernelTable(kernels, images);
    if (!table.ok())
      return table.status();
    objects.push_back(std::move(*table));
    std::vector<std::string> paths;
    for (const std::string &object : objects) {
      paths.push_back(folder + "/" + std::to_string(paths.size()) + ".o");
      std::ofstream stream(paths.back(), std::ios::binary | std::ios::trunc);
      stream.write(object.data(), std::streamsize(object.size()));
      stream.close();
      if (!stream)
        return Status::error(4001, "cannot write '" + paths.back() + "'", "check TMPDIR and free space");
    }
    LONGC_TRY(linkProgram(paths, folder + "/program"));
    return writeProgram(folder + "/program", program, {}, NoWeights(), options.output);
  }

  const CompileOptions &options;
  MLIRContext context;
  std::string firstDiagnostic;
  abi::Program program;
  ProgramIndex index;
  std::vector<CompiledKernel> kernels;
  std::vector<DeviceImage> images;
  std::vector<std::string> objects;
};

} // namespace

Status compileFunctions(const CompileOptions &options) {
  FunctionCompiler compiler(options);
  OwningOpRef<ModuleOp> source = parseSourceFile<ModuleOp>(options.model, &compiler.context);
  if (!source)
    return compiler.failure("reading '" + options.model + "'");
  if (source->getOps<func::FuncOp>().empty())
    return Status::error(3002, "'" + options.model + "' has no function", "write func.func @name of lm ops");
  compiler.program.set_version(1);
  compiler.program.set_compiler("longc " LONGC_VERSION);
  compiler.program.set_source(std::filesystem::path(options.model).filename().string());
  compiler.program.add_modules()->set_name(std::filesystem::path(options.model).stem().string());
  for (const std::string &target : options.targets) {
    if (target != "cpu" && target != kCudaTarget)
      return Status::error(1105, "target '" + target + "' is not known", std::string("targets: cpu, ") + kCudaTarget);
    compiler.program.add_targets(target);
    LONGC_TRY(target == "cpu" ? compiler.compileForCpu(*source) : compiler.compileForCuda(*source));
  }
  return compiler.link();
}

} // namespace longc
