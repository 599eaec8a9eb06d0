// The pass that lowers kernels, and the pipelines before and behind it.
#include "codegen/cpu/CpuPasses.h"

#include "codegen/cpu/CompileCpu.h"
#include "codegen/cpu/Emitter.h"

#include "mlir/Conversion/Passes.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

namespace longc {

#define GEN_PASS_DEF_CPULOWERKERNELSPASS
#include "codegen/cpu/CpuPasses.h.inc"

namespace {

struct CpuLowerKernelsPass : impl::CpuLowerKernelsPassBase<CpuLowerKernelsPass> {
  void runOnOperation() override {
    for (auto kernel : llvm::make_early_inc_range(getOperation().getOps<tile::KernelOp>())) {
      FailureOr<const cpu::CpuVariant *> variant = cpu::variantOf(kernel);
      if (failed(variant) || failed(cpu::KernelEmitter(kernel, **variant, getOperation()).run()))
        return signalPassFailure();
      kernel.erase();
    }
  }
};

} // namespace

void buildCpuKernelPipeline(OpPassManager &manager, StringRef variant) {
  OpPassManager &kernels = manager.nest<tile::KernelOp>();
  kernels.addPass(createCpuOverlapRowsPass());
  kernels.addPass(createCpuChooseProductsPass({variant.str()}));
  kernels.addPass(createCpuRelaxFloatsPass());
  kernels.addPass(createCpuReadAheadPass());
  kernels.addPass(createCpuPlaceTilesPass());
  kernels.addPass(createCpuPackOperandsPass());
  kernels.addPass(createCpuOrderRowsPass());
  kernels.addPass(createCpuBoundRowsPass());
  kernels.addPass(createCpuPlanScratchPass());
  manager.addPass(createCpuLowerKernelsPass());
}

void buildCpuToLLVMPipeline(OpPassManager &manager) {
  OpPassManager &functions = manager.nest<func::FuncOp>(); // side by side, as far as that goes
  functions.addPass(createCanonicalizerPass());
  functions.addPass(createCSEPass());
  functions.addPass(createLoopInvariantCodeMotionPass());
  functions.addPass(createSCFToControlFlowPass());
  functions.addPass(createConvertVectorToLLVMPass());
  functions.addPass(createConvertMathToLLVMPass());
  functions.addPass(createArithToLLVMConversionPass());
  functions.addPass(createConvertIndexToLLVMPass());
  functions.addPass(createUBToLLVMConversionPass());
  manager.addPass(createConvertMathToLibmPass());
  manager.addPass(createConvertFuncToLLVMPass());
  manager.addPass(createConvertControlFlowToLLVMPass());
  manager.addPass(createReconcileUnrealizedCastsPass());
}

namespace {

struct CpuKernelOptions : PassPipelineOptions<CpuKernelOptions> {
  Option<std::string> variant{*this, "variant", llvm::cl::desc("avx2, avx512, avx512_bf16 or amx"),
                              llvm::cl::init("avx512_bf16")};
};

// What the pipeline is made of, so that its printed form (a crash's reproducer has it) can be read back.
void registerUpstreamPasses() {
  registerSCFToControlFlowPass();
  registerConvertVectorToLLVMPass();
  registerConvertMathToLLVMPass();
  registerConvertMathToLibmPass();
  registerConvertFuncToLLVMPass();
  registerArithToLLVMConversionPass();
  registerConvertControlFlowToLLVMPass();
  registerConvertIndexToLLVMPass();
  registerUBToLLVMConversionPass();
  registerReconcileUnrealizedCastsPass();
}

} // namespace

void registerCpuPasses() {
  registerLongcCpuPasses();
  registerUpstreamPasses();
  PassPipelineRegistration<CpuKernelOptions>(
      "longc-cpu-kernels", "kernels of tiles to functions of vector code for one CPU variant",
      [](OpPassManager &manager, const CpuKernelOptions &options) { buildCpuKernelPipeline(manager, options.variant); });
  PassPipelineRegistration<>("longc-cpu-to-llvm", "functions of vector code to the LLVM dialect",
                             buildCpuToLLVMPipeline);
}

} // namespace longc
