// Passes of the CPU target, in pipeline order by dependence; declared alphabetically.
#ifndef LONGC_CPU_PASSES_TD
#define LONGC_CPU_PASSES_TD

include "mlir/Pass/PassBase.td"

def CpuLowerKernelsPass : Pass<"longc-cpu-lower-kernels", "::mlir::ModuleOp"> {
  let summary = "turns tile kernels into functions of vector code for one CPU variant";
  let description = [{
    Each `tile.kernel` becomes `longc_<kernel>_<variant>(views, scalars, begin, end, scratch)` (runtime/abi): loops over
    rows and register blocks, vectors of 16 lanes, pointers. `longc.scratch_bytes` says what the thread must provide.
    An op that cannot be lowered is refused by name.
  }];
  let options = [Option<"variant", "variant", "std::string", "\"avx512_bf16\"",
                        "avx2, avx512, avx512_bf16 or amx">];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::func::FuncDialect", "::mlir::LLVM::LLVMDialect",
                           "::mlir::math::MathDialect", "::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect"];
}

def CpuOverlapRowsPass : Pass<"longc-cpu-overlap-rows", "::mlir::ModuleOp"> {
  let summary = "marks products that run beside the row work of their next rows";
  let description = [{
    A bf16 product whose first operand hangs on a reduction of another product's result, as softmax weights do, gets
    `longc.overlaps_rows`: lowering makes the operand of one block of rows between the steps of the block before.
  }];
}

#endif // LONGC_CPU_PASSES_TD
