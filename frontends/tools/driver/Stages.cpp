// The stages between a model's graph and object code.
#include "frontends/tools/driver/Stages.h"

#include "codegen/cpu/CompileCpu.h"
#include "dialects/lm/LmDialect.h"
#include "dialects/tile/TileDialect.h"
#include "passes/Pipelines.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

namespace longc {

// Adds the seconds of its life to the report under a name.
class Stages::Timer {
public:
  Timer(Stages &stages, std::string name)
      : stages_(stages), name_(std::move(name)), begin_(std::chrono::steady_clock::now()) {}
  ~Timer() {
    std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin_;
    stages_.seconds_.emplace_back(name_, seconds.count());
  }

private:
  Stages &stages_;
  std::string name_;
  std::chrono::steady_clock::time_point begin_;
};

Status checkOptions(const CompileOptions &options, const LlamaConfig &config) {
  if (options.method != "none" && options.method != "fot")
    return Status::error(1102, "method '" + options.method + "' is not known", "methods: none, fot");
  if (options.window < 16 || options.window > config.contextLength)
    return Status::error(1103, "window " + std::to_string(options.window) + " is outside 16.." +
                                   std::to_string(config.contextLength) + ", the model's own window");
  if (options.lastContext < 1 || options.lastContext > options.window)
    return Status::error(1104, "last context " + std::to_string(options.lastContext) + " is outside 1.." +
                                   std::to_string(options.window) + ", the window");
  for (const std::string &target : options.targets)
    if (target != "cpu")
      return Status::error(1105, "target '" + target + "' is not available for a whole model",
                           "whole models compile for cpu; single functions (.mlir) also for the other targets of codegen/");
  return {};
}

Stages::Stages(const CompileOptions &options) : options_(options) {
  context_.loadDialect<lm::LmDialect, tile::TileDialect, func::FuncDialect, arith::ArithDialect, math::MathDialect,
                       scf::SCFDialect, tensor::TensorDialect>();
  context_.getDiagEngine().registerHandler([this](Diagnostic &diagnostic) {
    if (diagnostic.getSeverity() == DiagnosticSeverity::Error && firstDiagnostic_.empty())
      firstDiagnostic_ = diagnostic.str();
    if (diagnostic.getSeverity() == DiagnosticSeverity::Remark && options_.remarks)
      llvm::errs() << "remark: " << diagnostic.getLocation() << ": " << diagnostic << "\n";
    return success();
  });
}

Result<std::vector<int64_t>> memoryLayers(const CompileOptions &options, const LlamaConfig &config) {
  std::vector<int64_t> layers;
  if (options.method == "none")
    return layers;
  if (options.memoryLayers == "all") {
    for (int64_t layer = 0; layer < config.layers; ++layer)
      layers.push_back(layer);
    return layers;
  }
  SmallVector<StringRef> items;
  StringRef(options.memoryLayers).split(items, ',');
  for (StringRef item : items) {
    int64_t layer = 0;
    if (item.trim().getAsInteger(10, layer) || layer < 0 || layer >= config.layers)
      return Status::error(1106, "memory layer '" + item.str() + "' is not one of the model's layers 0.." +
                                     std::to_string(config.layers - 1),
                           "--mem-layers all, a list such as 7,8,18,20, or probe");
    layers.push_back(layer);
  }
  return layers;
}

void Stages::dump(ModuleOp module, StringRef name) {
  if (options_.dumpDir.empty())
    return;
  llvm::sys::fs::create_directories(options_.dumpDir);
  char number[8];
  std::snprintf(number, sizeof number, "%02d-", ++dumps_);
  std::error_code error;
  llvm::raw_fd_ostream stream(options_.dumpDir + "/" + number + name.str() + ".mlir", error);
  if (!error)
    module.print(stream, OpPrintingFlags().elideLargeElementsAttrs());
}

Status Stages::failure(const std::string &stage) {
  std::string detail = firstDiagnostic_.empty() ? "no diagnostic was given" : firstDiagnostic_;
  return Status::error(3001, stage + " failed: " + detail, "run again with --dump-dir DIR to see the stages before");
}

Status Stages::lower(ModuleOp module, StringRef precision) {
  Timer timer(*this, "lower " + precision.str());
  module->setAttr("tile.target", tile::cpuTarget(&context_));
  LoweringOptions lowering;
  lowering.method = options_.method;
  lowering.memLayers = options_.memoryLayers;
  lowering.topk = options_.topk;
  lowering.precision = precision.str();
  PassManager manager(&context_);
  if (options_.timePasses)
    manager.enableTiming();
  buildLoweringPipeline(manager, lowering);
  if (failed(manager.run(module)))
    return failure("lowering the " + precision.str() + " functions");
  dump(module, "tiled-" + precision.str());
  return {};
}

Status Stages::collect(ModuleOp module, StringRef precision, ProgramIndex &index, abi::Module &result, ModuleOp kernels,
                       ParameterParts &parts) {
  for (auto parameter : module.getOps<lm::ParameterOp>())
    if (ArrayAttr names = parameter.getPartsAttr()) {
      std::vector<std::string> &list = parts[parameter.getSymName().str()];
      list.clear(); // both precisions join the same parts
      for (Attribute name : names)
        list.push_back(cast<StringAttr>(name).str());
    }
  // Kernels of both precisions live side by side in one object: their names are kept apart.
  for (auto kernel : llvm::make_early_inc_range(module.getOps<tile::KernelOp>())) {
    std::string renamed = kernel.getSymName().str() + "_" + precision.str();
    if (failed(SymbolTable::replaceAllSymbolUses(kernel, StringAttr::get(&context_, renamed), module)))
      return failure("renaming kernels");
    kernel.setSymName(renamed);
    kernel->moveBefore(kernels.getBody(), kernels.getBody()->end());
  }
  for (auto function : module.getOps<func::FuncOp>()) {
    abi::Function *built = result.add_functions();
    built->set_name(function.getSymName().str());
    built->set_precision(precision.str());
    built->set_target("cpu");
    if (failed(buildSteps(function, index, *built)))
      return failure("building the steps of @" + function.getSymName().str());
  }
  return {};
}

Result<CpuObjects> Stages::compileKernels(ModuleOp kernels) {
  Timer timer(*this, "kernels");
  dump(kernels, "kernels");
  kernels->setAttr("tile.target", tile::cpuTarget(&context_));
  std::vector<StringRef> variants(options_.variants.begin(), options_.variants.end());
  if (variants.empty())
    variants = cpuVariantNames();
  CpuOptions cpu;
  cpu.dumpDir = options_.dumpDir;
  FailureOr<CpuObjects> objects = compileCpu(kernels, variants, cpu);
  if (failed(objects))
    return failure("compiling kernels for the CPU");
  return std::move(*objects);
}

void Stages::report(const abi::Program &program, const std::string &output) {
  if (options_.timePasses)
    for (const auto &[name, seconds] : seconds_)
      llvm::errs() << llvm::format("%8.2f s  %s\n", seconds, name.c_str());
  if (options_.quiet)
    return;
  uint64_t bytes = 0;
  for (const abi::Parameter &parameter : program.parameters())
    bytes += parameter.bytes();
  llvm::errs() << "wrote " << output << ": " << program.kernels_size() << " kernels, " << program.parameters_size()
               << " parameters (" << bytes / 1000000 << " MB)\n";
}

} // namespace longc
