// From tile kernels to object files, in process.
#include "codegen/cpu/CompileCpu.h"

#include "codegen/cpu/CpuPasses.h"

#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/UB/IR/UBOps.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Analysis/CGSCCPassManager.h"
#include "llvm/Analysis/LoopAnalysisManager.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/Transforms/Utils/Cloning.h"

#include <atomic>
#include <chrono>
#include <mutex>
#include <thread>

using namespace mlir;

namespace longc {

namespace {

// Adds the time since its construction to a stage of the options' times.
class Stopwatch {
public:
  Stopwatch(const CodeOptions &options, StringRef stage) : times_(options.times), stage_(stage) {}
  ~Stopwatch() {
    static std::mutex mutex;
    if (!times_)
      return;
    std::lock_guard<std::mutex> lock(mutex);
    auto found = llvm::find_if(*times_, [&](const auto &each) { return each.first == stage_; });
    if (found == times_->end())
      found = times_->insert(found, {stage_.str(), 0.0});
    found->second += std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

private:
  std::vector<std::pair<std::string, double>> *times_;
  StringRef stage_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

// One object file's worth of kernels: some kernels in one variant.
struct Unit {
  const cpu::CpuVariant *variant;
  OwningOpRef<ModuleOp> module;
  std::string object, error;
};

std::unique_ptr<llvm::TargetMachine> makeTargetMachine(const cpu::CpuVariant &variant, std::string &error) {
  llvm::Triple triple("x86_64-unknown-linux-gnu");
  const llvm::Target *target = llvm::TargetRegistry::lookupTarget(triple, error);
  if (!target)
    return nullptr;
  return std::unique_ptr<llvm::TargetMachine>(
      target->createTargetMachine(triple, variant.processor, variant.features, llvm::TargetOptions(), llvm::Reloc::PIC_,
                                  std::nullopt, llvm::CodeGenOptLevel::Default));
}

// LLVM dialect to an object file. Units share nothing but the MLIR context, which is safe to read.
void compileUnit(Unit &unit, const CodeOptions &options, const std::string &dumpName) {
  std::unique_ptr<llvm::TargetMachine> machine = makeTargetMachine(*unit.variant, unit.error);
  if (!machine)
    return;
  llvm::LLVMContext context;
  std::unique_ptr<llvm::Module> module = translateModuleToLLVMIR(*unit.module, context, dumpName);
  if (!module) {
    unit.error = "translation to LLVM IR failed";
    return;
  }
  module->setTargetTriple(machine->getTargetTriple());
  module->setDataLayout(machine->createDataLayout());
  for (llvm::Function &function : *module)
    if (!function.isDeclaration()) {
      function.addFnAttr(llvm::Attribute::NoUnwind);
      // Where loops stand in lines of code must not hang on what is linked before them: it is worth 4 %.
      function.setAlignment(llvm::Align(64));
    }
  {
    Stopwatch watch(options, "kernels through LLVM's passes");
    llvm::LoopAnalysisManager loops;
    llvm::FunctionAnalysisManager functions;
    llvm::CGSCCAnalysisManager components;
    llvm::ModuleAnalysisManager modules;
    llvm::PipelineTuningOptions tuning;
    // Kernels are vector code already; what the vectorisers would find are copies and short tails.
    tuning.LoopVectorization = false;
    tuning.SLPVectorization = false;
    tuning.LoopUnrolling = false;
    llvm::PassBuilder builder(machine.get(), tuning);
    builder.registerModuleAnalyses(modules);
    builder.registerCGSCCAnalyses(components);
    builder.registerFunctionAnalyses(functions);
    builder.registerLoopAnalyses(loops);
    builder.crossRegisterProxies(loops, functions, components, modules);
    builder.buildPerModuleDefaultPipeline(llvm::OptimizationLevel::O2).run(*module, modules);
  }
  if (options.dumps)
    options.dumps->keep(dumpName + ".ll", [&](llvm::raw_ostream &out) { module->print(out, nullptr); });
  Stopwatch watch(options, "kernels to machine code");
  auto emit = [&](llvm::Module &from, llvm::CodeGenFileType type) {
    llvm::SmallVector<char, 0> buffer;
    llvm::raw_svector_ostream stream(buffer);
    llvm::legacy::PassManager passes; // writes to the stream until it is gone
    if (machine->addPassesToEmitFile(passes, stream, nullptr, type))
      unit.error = "the LLVM target cannot write this kind of file";
    else
      passes.run(from);
    return std::string(buffer.begin(), buffer.end());
  };
  if (options.dumps) // code generation changes the module it is given
    options.dumps->keep(dumpName + ".s", [&](llvm::raw_ostream &out) {
      out << emit(*llvm::CloneModule(*module), llvm::CodeGenFileType::AssemblyFile);
    });
  unit.object = emit(*module, llvm::CodeGenFileType::ObjectFile);
}

// Verified once, at the end: verifying behind each pass takes a third of the time.
Status run(ModuleOp module, function_ref<void(PassManager &)> build) {
  PassManager passes(module.getContext());
  passes.enableVerifier(false);
  build(passes);
  return succeeded(passes.run(module)) && succeeded(verify(module)) ? Status() : Status::error(9003, "kernels have no vector form");
}

Status compileCpu(ModuleOp kernels, ArrayRef<StringRef> variants, const CodeOptions &options, KernelCode &code) {
  static std::once_flag once;
  std::call_once(once, [] {
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86Target();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86AsmPrinter();
  });
  MLIRContext *context = kernels.getContext();
  DialectRegistry registry;
  registerBuiltinDialectTranslation(registry);
  registerLLVMDialectTranslation(registry);
  context->appendDialectRegistry(registry);
  context->loadDialect<cpu::CpuDialect, arith::ArithDialect, cf::ControlFlowDialect, func::FuncDialect, LLVM::LLVMDialect,
                       math::MathDialect, scf::SCFDialect, ub::UBDialect, vector::VectorDialect>();

  std::vector<Unit> units;
  for (StringRef name : variants) {
    const cpu::CpuVariant *variant = cpu::findCpuVariant(name);
    if (!variant)
      return Status::error(9003, "unknown CPU variant '" + name.str() + "'");
    Stopwatch watch(options, "kernels to vector code");
    Unit unit{variant, ModuleOp::create(kernels.getLoc()), {}, {}};
    for (auto kernel : kernels.getOps<tile::KernelOp>())
      unit.module->push_back(kernel->clone());
    LONGC_TRY(run(*unit.module, [&](PassManager &passes) { buildCpuKernelPipeline(passes, name); }));
    for (auto [kernel, function] : llvm::zip_equal(kernels.getOps<tile::KernelOp>(), unit.module->getOps<func::FuncOp>())) {
      auto scratch = function->getAttrOfType<IntegerAttr>("longc.scratch_bytes").getInt();
      code.kernels.push_back({kernel.getSymName().str(), name.str(), function.getSymName().str(), scratch});
    }
    units.push_back(std::move(unit));
  }
  {
    Stopwatch watch(options, "kernels to the LLVM dialect");
    for (Unit &unit : units)
      LONGC_TRY(run(*unit.module, buildCpuToLLVMPipeline));
  }
  if (options.dumps)
    for (Unit &unit : units)
      options.dumps->keep((unit.variant->name + ".mlir").str(), [&](llvm::raw_ostream &out) { unit.module->print(out); });
  std::atomic<size_t> next{0};
  auto work = [&] {
    for (size_t at = next++; at < units.size(); at = next++)
      compileUnit(units[at], options, units[at].variant->name.str());
  };
  std::vector<std::thread> threads;
  for (unsigned i = 1; i < options.threads; ++i)
    threads.emplace_back(work);
  work();
  for (std::thread &thread : threads)
    thread.join();
  for (Unit &unit : units) {
    if (!unit.error.empty())
      return Status::error(9003, "variant " + unit.variant->name.str() + ": " + unit.error);
    code.objects.push_back(std::move(unit.object));
  }
  return {};
}

class CpuTarget final : public Target {
public:
  StringRef name() const override { return "cpu"; }
  std::string description() const override { return llvm::join(variants(), ", "); }
  SmallVector<StringRef> precisions() const override { return {"fast", "exact", "int8"}; }
  SmallVector<StringRef> variants() const override {
    return llvm::map_to_vector(cpu::cpuVariants(), [](const cpu::CpuVariant &each) -> StringRef { return each.name; });
  }
  // One block's operands stay in a 1 MB second-level cache; 96 columns are two register blocks of three panels. More rows
  // share the decoding of a weight (128: 3 % slower), more keys the passes over an accumulator (64: 8 % slower). The
  // cache is also where the next tile of an operand is asked to be.
  SmallVector<tile::TargetAttr> tilings(MLIRContext *context) const override {
    context->loadDialect<tile::TileDialect>();
    return {tile::TargetAttr::get(context, /*mma_rows=*/256, /*mma_cols=*/96, /*mma_depth=*/0, /*attention_rows=*/64,
                                  /*attention_cols=*/128, /*stream_rows=*/8, /*fold_heads=*/true, /*stages=*/2,
                                  /*staging_bytes=*/1 << 20, /*lists_by_sequence=*/false, /*few_rows=*/{},
                                  /*joint_cols=*/false, /*decoded_weights=*/false, /*key_splits=*/16,
                                  /*sum_cols=*/0, /*copied_cols=*/0, /*busy_blocks=*/0)};
  }
  void addDialects(DialectRegistry &registry) const override { registry.insert<cpu::CpuDialect>(); }
  void addKernelPasses(OpPassManager &manager, const CodeOptions &options) const override {
    buildCpuKernelPipeline(manager, chosen(options).back());
    buildCpuToLLVMPipeline(manager);
  }
  SmallVector<std::string> kernelFlags(const CodeOptions &options) const override {
    return llvm::map_to_vector(chosen(options), [](StringRef variant) { return "--longc-cpu-kernels=variant=" + variant.str() + " --longc-cpu-to-llvm"; });
  }
  Status canCompile() const override { return {}; }
  Status compile(ModuleOp kernels, const CodeOptions &options, KernelCode &code) const override {
    return compileCpu(kernels, chosen(options), options, code);
  }

private:
  SmallVector<StringRef> chosen(const CodeOptions &options) const { return options.variants.empty() ? variants() : options.variants; }
};

} // namespace

const Target &cpuTarget() {
  static const CpuTarget target;
  return target;
}

} // namespace longc
