// The stages between a model's graph and object code.
#include "frontends/tools/driver/Stages.h"

#include "dialects/lm/LmDialect.h"
#include "dialects/tile/TileDialect.h"
#include "frontends/tools/driver/CheckOptions.h"
#include "frontends/tools/driver/ReadSize.h"
#include "passes/Passes.h"
#include "passes/Pipelines.h"
#include "passes/TargetFacts.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/Remarks.h"
#include "mlir/Pass/PassInstrumentation.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"

#include <csignal>

using namespace mlir;

namespace longc {

namespace {

// Dies as a pass begins, so that a test can see what a crash leaves behind.
class CrashBefore : public PassInstrumentation {
public:
  explicit CrashBefore(std::string pass) : pass_(std::move(pass)) {}
  void runBeforePass(Pass *pass, Operation *) override {
    if (pass->getArgument() == pass_)
      std::raise(SIGSEGV);
  }

private:
  std::string pass_;
};

} // namespace

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

Stages::Stages(const CompileOptions &options, const WorkFolder &work)
    : options_(options), reproducer_(work.file(reproducerName)), dumps_(options) {
  context_.loadDialect<lm::LmDialect, tile::TileDialect, func::FuncDialect, arith::ArithDialect, math::MathDialect,
                       scf::SCFDialect, tensor::TensorDialect>();
  if (options_.remarks) // as diagnostics, for the handler below to print
    (void)remark::enableOptimizationRemarks(context_, nullptr, std::make_unique<remark::RemarkEmittingPolicyAll>(),
                                            {.missed = "longc.*"}, /*printAsEmitRemarks=*/true);
  context_.getDiagEngine().registerHandler([this](Diagnostic &diagnostic) {
    std::string place;
    if (auto at = dyn_cast<FileLineColLoc>(diagnostic.getLocation()))
      place = llvm::formatv("{0}:{1}:{2}: ", at.getFilename().getValue(), at.getLine(), at.getColumn());
    if (diagnostic.getSeverity() == DiagnosticSeverity::Error && firstDiagnostic_.empty())
      firstDiagnostic_ = place + diagnostic.str();
    if (diagnostic.getSeverity() == DiagnosticSeverity::Remark && options_.remarks)
      llvm::errs() << "remark: " << diagnostic.getLocation() << ": " << diagnostic << "\n";
    else if (auto named = dyn_cast<NameLoc>(diagnostic.getLocation()); named && named.getName() == "memory-budget") {
      const bool isMissed = diagnostic.getSeverity() == DiagnosticSeverity::Warning;
      if ((isMissed || !options_.quiet) && told_.insert(diagnostic.str()).second)
        llvm::errs() << (isMissed ? "warning: " : "note: ") << diagnostic << "\n";
    }
    return success();
  });
}

Status Stages::failure(const std::string &stage) {
  std::string detail = firstDiagnostic_.empty() ? "no diagnostic was given" : firstDiagnostic_;
  return Status::error(isFunctionFile(options_) ? 3001 : 9003, stage + " failed: " + detail,
                       "run again with --dump-dir DIR to see the stages before");
}

// Written before every run of passes, in the form that --run-reproducer reads: whatever ends the process, the file is
// there. It takes milliseconds. (MLIR's own makeReproducer ends the process when the disk is full.)
Status Stages::keepReproducer(ModuleOp module, PassManager &manager) {
  if (!options_.reproOnCrash)
    return {};
  std::string pipeline;
  llvm::raw_string_ostream text(pipeline);
  manager.printAsTextualPipeline(text);
  AsmState state(module);
  state.attachResourcePrinter("mlir_reproducer", [&](Operation *, AsmResourceBuilder &resources) {
    resources.buildString("pipeline", pipeline);
    resources.buildBool("disable_threading", false);
    resources.buildBool("verify_each", true);
  });
  std::error_code error;
  llvm::raw_fd_ostream stream(reproducer_, error);
  if (!error) {
    module->print(stream, state);
    stream.close();
    error = stream.error();
    stream.clear_error(); // else the stream would end the process
  }
  return error ? Status::error(4001, "cannot write '" + reproducer_ + "': " + error.message(),
                               "set TMPDIR to a folder with free space")
               : Status();
}

Status Stages::run(PassManager &manager, ModuleOp module, const std::string &name) {
  Timer timer(*this, name);
  LONGC_TRY(keepReproducer(module, manager));
  if (options_.timePasses)
    manager.enableTiming();
  if (!options_.crashBefore.empty())
    manager.addInstrumentation(std::make_unique<CrashBefore>(options_.crashBefore));
  dumps_.follow(manager);
  if (failed(manager.run(module)))
    return failure(name);
  return dumps_.status();
}

static void chooseLowering(const CompileOptions &options, const Target &target, StringRef precision, LoweringOptions &lowering) {
  lowering.overlays = options.overlays && (!options.train || target.servesWhileTraining());
  lowering.method = options.method;
  lowering.memLayers = options.memoryLayers;
  lowering.topk = options.topk;
  lowering.train = options.train;
  lowering.detachMemory = options.detachMemory;
  lowering.shareContext = options.shareContext;
  if (const std::optional<uint64_t> budget = readSize(options.memoryBudget))
    lowering.memoryBudget = static_cast<int64_t>(*budget);
  lowering.width = options.softWidth;
  lowering.hidden = options.adapterHidden;
  if (!options.pool.empty())
    lowering.pool = options.pool;
  lowering.storedAdapter = options.storedAdapter;
  lowering.precision = precision.str();
  lowering.narrowWeights = options.narrowWeights;
}

Status Stages::begin(const Target &target, ModuleOp module, const std::string &name, ArrayRef<StringRef> precisions) {
  module->setAttr(targetAttributeName, target.tilings(&context_).front());
  std::vector<std::string> goOn;
  for (StringRef precision : precisions) {
    LoweringOptions lowering;
    chooseLowering(options_, target, precision, lowering);
    std::string flags;
    llvm::raw_string_ostream stream(flags);
    lowering.print(stream);
    goOn.push_back("--longc-lower='" + StringRef(flags).trim("{}").str() + "'");
  }
  return dump(module, name, goOn);
}

Status Stages::lower(const Target &target, ModuleOp module, StringRef precision, const std::string &name, ArrayRef<std::string> goOn) {
  LoweringOptions lowering;
  chooseLowering(options_, target, precision, lowering);
  PassManager manager(&context_);
  buildLoweringPipeline(manager, lowering);
  target.addLaunchPasses(manager);
  LONGC_TRY(run(manager, module, "lowering to " + name));
  return dump(module, name, goOn);
}

Status Stages::renameKernels(ModuleOp module, StringRef suffix) {
  for (auto kernel : module.getOps<tile::KernelOp>()) {
    auto renamed = StringAttr::get(&context_, kernel.getSymName() + "_" + suffix);
    if (failed(SymbolTable::replaceAllSymbolUses(kernel, renamed, module)))
      return failure("renaming kernels");
    kernel.setSymName(renamed);
  }
  return {};
}

Status Stages::addFunctions(ModuleOp module, StringRef precision, StringRef target, ProgramParts &parts) {
  for (auto parameter : module.getOps<lm::ParameterOp>())
    if (ArrayAttr names = parameter.getPartsAttr()) {
      std::vector<std::string> &list = parts.parameters[parameter.getSymName().str()];
      list.clear(); // all precisions, and all targets, join the same parts
      for (Attribute name : names)
        list.push_back(cast<StringAttr>(name).str());
    }
  for (auto function : module.getOps<func::FuncOp>()) {
    abi::Function *built = parts.program.mutable_modules(0)->add_functions();
    built->set_name(function.getSymName().str());
    built->set_precision(precision.str());
    built->set_target(target.str());
    if (failed(buildSteps(function, parts.index, *built)))
      return failure("building the steps of @" + function.getSymName().str());
  }
  return {};
}

CodeOptions Stages::codeOptions() const {
  CodeOptions code;
  code.variants.assign(options_.variants.begin(), options_.variants.end());
  code.quiet = options_.quiet;
  return code;
}

Status Stages::compile(ModuleOp graph, const std::string &name, ArrayRef<StringRef> precisions, ProgramParts &parts) {
  const SmallVector<const Target *> wanted = llvm::filter_to_vector(targets(), [&](const Target *each) { return llvm::is_contained(options_.targets, each->name()); });
  for (const Target *target : wanted) // before any of them takes its time
    LONGC_TRY(target->canCompile());
  for (const Target *target : wanted)
    LONGC_TRY(compileFor(*target, graph, name, precisions, parts));
  return {};
}

Status Stages::compileFor(const Target &target, ModuleOp graph, const std::string &name, ArrayRef<StringRef> precisions, ProgramParts &parts) {
  const StringRef written = "written";
  const SmallVector<StringRef> served = target.precisions();
  SmallVector<StringRef> lowered = llvm::filter_to_vector(precisions, [&](StringRef each) { return each == written || llvm::is_contained(served, each); });
  const bool isFirst = &target == targets().front();
  const std::string ownName = target.name().split(':').first.str();
  LONGC_TRY(begin(target, graph, isFirst && lowered.front() != written ? name : "functions-" + ownName, lowered));
  std::vector<std::string> goOn;
  CodeOptions code = codeOptions();
  for (const std::string &flags : target.kernelFlags(code))
    goOn.push_back("--longc-keep-kernels " + flags);
  OwningOpRef<ModuleOp> kernels = ModuleOp::create(UnknownLoc::get(&context_));
  for (StringRef precision : lowered) {
    const std::string kind = isFirst && precision != written ? precision.str() : ownName;
    OwningOpRef<ModuleOp> module = graph.clone();
    LONGC_TRY(lower(target, *module, precision, "tiled-" + kind, goOn));
    (*kernels)->setAttr(targetAttributeName, (*module)->getAttr(targetAttributeName));
    LONGC_TRY(renameKernels(*module, kind));
    if (!kernels->getBody()->empty()) { // what a precision before has already is not compiled again
      for (auto kernel : llvm::make_early_inc_range(kernels->getOps<tile::KernelOp>()))
        kernel->moveBefore(module->getBody(), module->getBody()->begin());
      PassManager sharing(&context_);
      sharing.addPass(createDeduplicateKernelsPass());
      if (failed(sharing.run(*module)))
        return failure("sharing kernels");
    }
    LONGC_TRY(addFunctions(*module, precision == written ? "fast" : precision, target.name(), parts));
    for (auto kernel : llvm::make_early_inc_range(module->getOps<tile::KernelOp>()))
      kernel->moveBefore(kernels->getBody(), kernels->getBody()->end());
  }
  LONGC_TRY(dump(*kernels, isFirst ? "kernels" : "kernels-" + ownName, goOn));
  const auto anyOfTarget = [&](auto is) {
    return llvm::any_of(parts.program.modules(0).functions(), [&](const abi::Function &function) { return function.target() == target.name() && is(function); });
  };
  code.trains = anyOfTarget([](const abi::Function &function) { return function.gradients_size() > 0; });
  code.decodes = anyOfTarget([](const abi::Function &function) { return function.name() == "decode"; });
  return compileKernels(target, *kernels, std::move(code), parts);
}

Status Stages::compileKernels(const Target &target, ModuleOp kernels, CodeOptions code, ProgramParts &parts) {
  Timer timer(*this, "compiling kernels for " + target.name().str());
  PassManager manager(&context_);
  target.addKernelPasses(manager, code);
  LONGC_TRY(keepReproducer(kernels, manager));
  if (options_.crashBefore == "kernels")
    std::raise(SIGSEGV);
  if (options_.crashBefore == "memory") // what no machine has
    llvm::SmallString<0>().reserve(size_t(1) << 62);
  OwningOpRef<ModuleOp> chosen = dumps_.chosenKernels(kernels);
  code.dumps = &dumps_.folder();
  const auto compile = [&](ModuleOp some, KernelCode &made) {
    Status status = target.compile(some, code, made);
    return status.ok() || firstDiagnostic_.empty() ? status : failure("compiling kernels for " + target.name().str());
  };
  if (KernelCode unused; chosen && !code.dumps->isOff() && !chosen->getBody()->empty())
    LONGC_TRY(compile(*chosen, unused));
  if (chosen)
    code.dumps = nullptr;
  std::vector<std::pair<std::string, double>> times;
  code.times = &times;
  const size_t before = parts.code.images.size();
  LONGC_TRY(compile(kernels, parts.code));
  for (const DeviceImage &image : llvm::drop_begin(parts.code.images, before))
    *parts.program.mutable_kernels(int(parts.index.kernel(image.kernel)))->mutable_device() = image.launch;
  for (const auto &[stage, seconds] : times)
    seconds_.emplace_back("of all threads: " + stage, seconds);
  return dumps_.status();
}

void Stages::report(const abi::Program &program) {
  if (options_.timePasses)
    for (const auto &[name, seconds] : seconds_)
      llvm::errs() << llvm::format("%8.2f s  %s\n", seconds, name.c_str());
  if (options_.quiet)
    return;
  uint64_t bytes = 0;
  for (const abi::Parameter &parameter : program.parameters())
    bytes += parameter.bytes();
  if (!options_.onlyKernel.empty() && !dumps_.foundAny())
    llvm::errs() << "note: no kernel has '" << options_.onlyKernel << "' in its name; one that several precisions share is called after the first of them, fast\n";
  llvm::errs() << "wrote " << options_.output << ": " << program.kernels_size() << " kernels, "
               << program.parameters_size() << " parameters (" << bytes / 1000000 << " MB)\n";
}

} // namespace longc
