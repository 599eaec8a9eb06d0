// Fuzz target of IR text: parser, verifiers, and for what verifies the lowering to kernels and to CPU code. Any module
// may be refused with a diagnostic; none may crash, and what a pass leaves must verify.
//
// MLIR itself is the system's, without sanitizers: run with detect_container_overflow=0.
#include "codegen/cpu/CpuPasses.h"
#include "frontends/tools/RegisterAll.h"
#include "passes/Pipelines.h"
#include "test/fuzz/Features.h"
#include "test/fuzz/IrMutation.h"

#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"

#include <memory>

using namespace mlir;

namespace {

using longc::fuzz::noteFeature;
using longc::fuzz::noteOps;

// Types and attributes stay in their context for ever, so it is renewed now and then.
MLIRContext &freshContext() {
  static std::unique_ptr<MLIRContext> context;
  static int uses = 0;
  if (uses++ % 500 == 0) {
    DialectRegistry registry;
    longc::registerAllDialects(registry);
    context = std::make_unique<MLIRContext>(registry, MLIRContext::Threading::DISABLED);
    context->getDiagEngine().registerHandler([](Diagnostic &diagnostic) {
      noteFeature(diagnostic.str(), 0);
      return success();
    });
    context->loadAllAvailableDialects();
  }
  return *context;
}

void lower(ModuleOp module, StringRef method, StringRef precision) {
  longc::LoweringOptions options;
  options.method = method.str();
  options.precision = precision.str();
  PassManager manager(module.getContext());
  longc::buildLoweringPipeline(manager, options);
  longc::buildCpuKernelPipeline(manager, "avx2");
  if (succeeded(manager.run(module)))
    noteOps(module, 1);
}

} // namespace

namespace {

// Crashes inside MLIR 22.1 itself, which is not ours to mend: inputs that would only find them again.
bool hitsUpstreamDefect(StringRef text) {
  return text.contains("array<index"); // DenseArrayAttr's parser takes any type that is no integer for a float
}

} // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t largest, unsigned seed) {
  return longc::fuzz::mutateIr(data, size, largest, seed);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  StringRef text(reinterpret_cast<const char *>(data), size);
  if (hitsUpstreamDefect(text))
    return 0;
  MLIRContext &context = freshContext();
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(text, ParserConfig(&context));
  if (!module)
    return 0;
  noteOps(*module, 2);
  OwningOpRef<ModuleOp> again = module->clone();
  lower(*module, "none", "exact");
  lower(*again, "fot", "fast");
  return 0;
}
