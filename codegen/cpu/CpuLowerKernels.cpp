// The pass that lowers kernels, and the pipeline behind it.
#include "codegen/cpu/CpuPasses.h"

#include "codegen/cpu/CompileCpu.h"
#include "codegen/cpu/Emitter.h"
#include "passes/TargetFacts.h"

#include "mlir/Conversion/Passes.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

namespace longc {

#define GEN_PASS_DEF_CPULOWERKERNELSPASS
#include "codegen/cpu/CpuPasses.h.inc"

namespace {

struct CpuLowerKernelsPass : impl::CpuLowerKernelsPassBase<CpuLowerKernelsPass> {
  using CpuLowerKernelsPassBase::CpuLowerKernelsPassBase;

  void runOnOperation() override {
    const cpu::CpuVariant *found = cpu::findCpuVariant(variant);
    if (!found) {
      getOperation().emitError("unknown CPU variant '") << variant << "': expected avx2, avx512, avx512_bf16 or amx";
      return signalPassFailure();
    }
    for (auto kernel : llvm::make_early_inc_range(getOperation().getOps<tile::KernelOp>())) {
      if (failed(cpu::KernelEmitter(kernel, *found, getOperation()).run()))
        return signalPassFailure();
      kernel.erase();
    }
  }
};

} // namespace

void buildCpuToLLVMPipeline(OpPassManager &manager) {
  manager.addNestedPass<func::FuncOp>(createCanonicalizerPass());
  manager.addNestedPass<func::FuncOp>(createCSEPass());
  manager.addNestedPass<func::FuncOp>(createLoopInvariantCodeMotionPass());
  manager.addPass(createSCFToControlFlowPass());
  manager.addPass(createConvertVectorToLLVMPass());
  manager.addPass(createConvertMathToLLVMPass());
  manager.addPass(createConvertMathToLibmPass());
  manager.addPass(createConvertFuncToLLVMPass());
  manager.addPass(createArithToLLVMConversionPass());
  manager.addPass(createConvertControlFlowToLLVMPass());
  manager.addPass(createConvertIndexToLLVMPass());
  manager.addPass(createUBToLLVMConversionPass());
  manager.addPass(createReconcileUnrealizedCastsPass());
}

namespace {

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
  registerTarget("cpu", tile::cpuTarget);
  PassPipelineRegistration<>("longc-cpu-to-llvm", "functions of vector code to the LLVM dialect",
                             buildCpuToLLVMPipeline);
}

} // namespace longc
