// Fuzz target of the compiler: small valid functions (RandomFunction.h), compiled as the driver does. A function may be
// refused with a diagnostic that has a place; a module that does not verify, an assertion or a symbol that no library has
// is a finding. `longc-random-functions` shows what an input says and writes seeds.
#include "codegen/BuildSteps.h"
#include "codegen/cpu/CompileCpu.h"
#include "codegen/cpu/CpuPasses.h"
#include "frontends/tools/RegisterAll.h"
#include "passes/Passes.h"
#include "passes/Pipelines.h"
#include "runtime/serve/CheckFunction.h"
#include "test/fuzz/Features.h"
#include "test/fuzz/RandomFunction.h"

#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Object/ObjectFile.h"

#include <dlfcn.h>
#include <memory>

using namespace mlir;

namespace {

// Types and attributes stay in their context for ever, so it is renewed now and then.
MLIRContext &freshContext() {
  static std::unique_ptr<MLIRContext> context;
  static int uses = 0;
  if (uses++ % 200 == 0) {
    DialectRegistry registry;
    longc::registerAllDialects(registry);
    context = std::make_unique<MLIRContext>(registry, MLIRContext::Threading::DISABLED);
    context->loadAllAvailableDialects();
  }
  return *context;
}

std::string said; // the first diagnostic
bool placed;      // whether all have a place

[[noreturn]] void report(const char *what, StringRef detail, StringRef text) {
  llvm::errs() << what << ": " << detail << "\n" << text;
  std::abort();
}

// What is wrong with a module that passes have left must not look like a refusal: it is verified by itself.
LogicalResult runPasses(ModuleOp module, function_ref<void(PassManager &)> build, StringRef text) {
  PassManager manager(module.getContext());
  manager.enableVerifier(false);
  build(manager);
  if (failed(manager.run(module)))
    return failure();
  if (failed(verify(module)))
    report("passes left what does not verify", said, text);
  longc::fuzz::noteOps(module, 1);
  return success();
}

// What a program's link would ask for in vain: kernels may call the C library and the mathematical one.
std::string undefinedSymbol(StringRef object) {
  auto file = llvm::object::ObjectFile::createObjectFile(llvm::MemoryBufferRef(object, "kernels"));
  if (!file)
    return llvm::toString(file.takeError());
  for (llvm::object::SymbolRef symbol : (*file)->symbols()) {
    auto flags = symbol.getFlags();
    auto name = symbol.getName();
    if (!flags || !name)
      return "a symbol that cannot be read";
    if (*flags & llvm::object::SymbolRef::SF_Undefined && !name->empty() && !dlsym(RTLD_DEFAULT, name->str().c_str()))
      return name->str();
  }
  return {};
}

// As the driver does it; false where something is refused. Code itself takes most of the time: not always as far as that.
bool compile(ModuleOp module, int64_t precision, StringRef variant, bool toCode, StringRef text) {
  module->setAttr("tile.target", longc::cpuTarget().tilings(module.getContext()).front());
  longc::LoweringOptions lowering;
  lowering.precision = precision ? "fast" : "exact";
  if (failed(runPasses(module, [&](PassManager &manager) { longc::buildLoweringPipeline(manager, lowering); }, text)))
    return false;
  longc::abi::Program program;
  longc::ProgramIndex index(program);
  for (auto function : llvm::make_early_inc_range(module.getOps<func::FuncOp>())) {
    longc::abi::Function host;
    if (failed(longc::buildSteps(function, index, host)))
      return false;
    if (longc::Status status = longc::checkFunction(program, host); !status.ok())
      report("the loader refuses steps that the compiler made", status.message(), text);
    function.erase();
  }
  if (!toCode)
    return succeeded(runPasses(
        module,
        [&](PassManager &manager) {
          longc::buildCpuKernelPipeline(manager, variant);
          longc::buildCpuToLLVMPipeline(manager);
        },
        text));
  longc::CodeOptions options;
  options.threads = 1;
  options.variants = {variant};
  longc::KernelCode code;
  if (!longc::cpuTarget().compile(module, options, code).ok())
    return false;
  for (const std::string &object : code.objects)
    if (std::string missing = undefinedSymbol(object); !missing.empty())
      report("no library has this symbol", missing, text);
  return true;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  longc::fuzz::Choices choices({data, size});
  const int64_t precision = choices.below(2), variant = choices.below(4), code = choices.below(4);
  std::string text = longc::fuzz::randomFunction(choices);
  MLIRContext &context = freshContext();
  said.clear();
  placed = true;
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
    if (said.empty())
      said = diagnostic.str();
    longc::fuzz::noteFeature(diagnostic.str(), 0);
    placed &= !isa<UnknownLoc>(diagnostic.getLocation());
    return success();
  });
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(text, ParserConfig(&context));
  if (!module)
    report("the function is not valid", said, text);
  longc::fuzz::noteOps(*module, 2);
  if (!compile(*module, precision, longc::cpuTarget().variants()[static_cast<size_t>(variant)], !code, text) &&
      (said.empty() || !placed))
    report("refused without a message or its place", said, text);
  return 0;
}
