// longc-cuda-cases: every launch of a function as a case for a machine with a GPU.
//
// The function is lowered by a pipeline for the GPU, then interpreted on random inputs with every value rounded to its
// type. --bundle gets the kernels' images, how to launch them (launches.pb) and the launches with their expected
// outputs (cases.bin), for run_cases.cpp. --block-form compiles every kernel in the block form.
#include "codegen/cuda/CompileCuda.h"
#include "codegen/cuda/CudaPasses.h"
#include "dialects/interpreter/compare/RandomInputs.h"
#include "frontends/tools/RegisterAll.h"
#include "passes/FunctionInputs.h"
#include "passes/TargetFacts.h"
#include "test/codegen/cpu/WriteCases.h"

#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/InitLLVM.h"

using namespace llvm;
using namespace mlir;

namespace {

cl::opt<std::string> file(cl::Positional, cl::desc("FILE"), cl::init("-"));
cl::opt<std::string> function("function", cl::desc("function to run"), cl::init("main"));
cl::opt<bool> adapted("adapted", cl::desc("the copy of it that takes an adapter, once it is lowered"));
cl::opt<std::string> pipeline("pass-pipeline", cl::desc("passes to run first"));
cl::opt<uint64_t> seed("seed", cl::desc("seed of inputs and parameters"), cl::init(1));
cl::opt<int64_t> tokens("tokens", cl::desc("query rows where open"), cl::init(37));
cl::opt<int64_t> sequences("sequences", cl::desc("sequences where open"), cl::init(3));
cl::opt<int64_t> rows("attention-rows", cl::desc("query rows of a block"), cl::init(128));
cl::opt<double> tolerance("tolerance", cl::desc("largest error relative to an output's largest magnitude"),
                          cl::init(1e-5));
cl::opt<double> roughTolerance("rough-tolerance", cl::desc("the same for outputs behind bf16"), cl::init(1e-2));
cl::opt<std::string> bundle("bundle", cl::desc("folder to write"), cl::Required);

/// The module's kernels without their functions.
OwningOpRef<ModuleOp> onlyKernels(ModuleOp module) {
  OwningOpRef<ModuleOp> result = module.clone();
  for (Operation &op : llvm::make_early_inc_range(*result->getBody()))
    if (!isa<longc::tile::KernelOp>(op))
      op.erase();
  return result;
}

bool save(StringRef path, StringRef content) {
  std::error_code error;
  raw_fd_ostream stream(path, error);
  stream << content;
  stream.close();
  return !error && !stream.has_error();
}

} // namespace

int main(int argc, char **argv) {
  InitLLVM init(argc, argv);
  longc::registerAllPasses();
  cl::ParseCommandLineOptions(argc, argv, "launches as cases for a GPU\n");
  DialectRegistry registry;
  longc::registerAllDialects(registry);
  MLIRContext context(registry);
  context.loadDialect<longc::tile::TileDialect>(); // of the facts, whatever the file holds
  OwningOpRef<ModuleOp> module = parseSourceFile<ModuleOp>(file, &context);
  auto original = module ? (*module).lookupSymbol<FunctionOpInterface>(function) : FunctionOpInterface();
  if (!original)
    return errs() << "error: no function @" << function << "\n", 1;
  (*module)->setAttr(longc::targetAttributeName, longc::cudaSizes(&context, rows));
  OwningOpRef<ModuleOp> before = (*module).clone();
  longc::RandomInputs inputs(*before, (*before).lookupSymbol<FunctionOpInterface>(function), {seed, tokens, sequences});
  PassManager passes(&context);
  if (!pipeline.empty() && (failed(parsePassPipeline(pipeline, passes)) || failed(passes.run(*module))))
    return 1;
  const std::string name = adapted ? function + longc::adaptedEnd.str() : function.getValue();
  auto lowered = (*module).lookupSymbol<FunctionOpInterface>(name);
  if (!lowered)
    return errs() << "error: no function @" << name << " behind the passes\n", 1;
  auto arguments = inputs.arguments(lowered);
  longc::Interpreter interpreter(*module, {/*roundToTypes=*/true});
  interpreter.setParameterSource(inputs.parameters());
  if (failed(arguments) || failed(interpreter.call(name, *arguments)))
    return 1;

  llvm::StringSet<> launched;
  lowered->walk([&](longc::tile::LaunchOp launch) { launched.insert(launch.getKernel()); });
  PassManager marking(&context);
  marking.addPass(longc::createCudaMarkParametersPass());
  if (failed(marking.run(*module)))
    return 1;
  OwningOpRef<ModuleOp> kernels = onlyKernels(*module);
  for (auto kernel : llvm::make_early_inc_range(kernels->getOps<longc::tile::KernelOp>()))
    if (!launched.contains(kernel.getSymName()))
      kernel.erase();
  longc::Result<std::vector<longc::CudaKernel>> code = longc::compileCuda(*kernels);
  if (!code.ok())
    return errs() << code.status().text() << "\n", 1;
  longc::abi::Program program;
  for (const longc::CudaKernel &kernel : *code) {
    auto *described = program.add_kernels();
    described->set_name(kernel.name);
    *described->mutable_device() = kernel.launch;
    if (!save(bundle + "/" + kernel.name + ".cubin", StringRef(kernel.cubin.data(), kernel.cubin.size())) ||
        !save(bundle + "/" + kernel.name + ".cu", kernel.source))
      return errs() << "error: cannot write into " << bundle << "\n", 1;
  }
  longc::CaseWriter writer(bundle + "/cases.bin");
  if (!writer.good() || !save(bundle + "/launches.pb", program.SerializeAsString()))
    return errs() << "error: cannot write into " << bundle << "\n", 1;
  int count = 0;
  lowered->walk([&](longc::tile::LaunchOp launch) {
    auto kernel = SymbolTable::lookupNearestSymbolFrom<longc::tile::KernelOp>(launch, launch.getKernelAttr());
    longc::LaunchCase launched(launch, kernel, interpreter, /*panels=*/false,
                               longc::isRough(kernel) ? roughTolerance : tolerance);
    writer.write(launched, launch.getKernel(), 0);
    ++count;
  });
  outs() << code->size() << " kernels, " << count << " cases\n";
  return 0;
}
