// Passes of the CPU target, in pipeline order by dependence; declared alphabetically.
#ifndef LONGC_CPU_PASSES_TD
#define LONGC_CPU_PASSES_TD

include "mlir/Pass/PassBase.td"

def CpuBoundRowsPass : Pass<"longc-cpu-bound-rows", "::longc::tile::KernelOp"> {
  let summary = "limits work over rows to as many as are stored of them";
  let description = [{
    A ragged batch ends within a tile: `cpu.rows` gets the count of rows that lie inside the views which the tiles, or others
    whose rows correspond, are stored to (`RowBounds`).
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
}

def CpuChooseProductsPass : Pass<"longc-cpu-choose-products", "::longc::tile::KernelOp"> {
  let summary = "chooses the form and the register block of every product for one CPU variant";
  let description = [{
    A `tile.mma` or `tile.scaled_mma` gets `cpu.product`, the kernel `cpu.variant`, which later passes read.
  }];
  let options = [Option<"variant", "variant", "std::string", "\"avx512_bf16\"",
                        "avx2, avx512, avx512_bf16 or amx">];
  let dependentDialects = ["::longc::cpu::CpuDialect"];
}

def CpuLowerKernelsPass : Pass<"longc-cpu-lower-kernels", "::mlir::ModuleOp"> {
  let summary = "turns tile kernels into functions of vector code";
  let description = [{
    Each `tile.kernel` becomes `longc_<kernel>_<variant>(views, scalars, begin, end, scratch)` (runtime/abi): loops over
    rows and register blocks, vectors of 16 lanes, pointers. `longc.scratch_bytes` says what the thread must provide.
    An op that cannot be lowered is refused by name.
  }];
  let dependentDialects = ["::longc::cpu::CpuDialect", "::mlir::arith::ArithDialect", "::mlir::func::FuncDialect",
                           "::mlir::LLVM::LLVMDialect", "::mlir::math::MathDialect", "::mlir::scf::SCFDialect",
                           "::mlir::vector::VectorDialect"];
}

def CpuOrderRowsPass : Pass<"longc-cpu-order-rows", "::longc::tile::KernelOp"> {
  let summary = "groups work by the rows it goes over, in blocks of rows where one thing makes rows for the next";
  let description = [{
    Stores, reductions, encodings, kept tiles and products over the same rows come to stand in one `cpu.rows`. Where a
    product reads rows that are made there, it goes by blocks of rows (24, or 64 with a matrix unit); tiles that do not leave
    it get `cpu.local`, what others need of packing comes before it. One product a run keeps `cpu.overlaps_rows`, if its
    blocks are whole register blocks; the work that runs beside it and what waits for that get `cpu.stage`.
  }];
  let dependentDialects = ["::longc::cpu::CpuDialect"];
}

def CpuOverlapRowsPass : Pass<"longc-cpu-overlap-rows", "::longc::tile::KernelOp"> {
  let summary = "marks products that run beside the row work of their next rows";
  let description = [{
    A bf16 product whose first operand hangs on a reduction of another product's result, as softmax weights do, gets
    `cpu.overlaps_rows`: lowering makes the operand of one block of rows between the steps of the block before.
  }];
  let dependentDialects = ["::longc::cpu::CpuDialect"];
}

def CpuPackOperandsPass : Pass<"longc-cpu-pack-operands", "::longc::tile::KernelOp"> {
  let summary = "packs the other operand of products by panels that do not lie in panels";
  let dependentDialects = ["::longc::cpu::CpuDialect"];
}

def CpuPlaceTilesPass : Pass<"longc-cpu-place-tiles", "::longc::tile::KernelOp"> {
  let summary = "decides which tiles lie in memory";
  let description = [{
    Rows that a product broadcasts from, scalars of rows that a product or the next iteration reads, and what several
    carried tiles become get `cpu.keep` (`cpu.turn` where they are transposed); all others are evaluated where they are
    needed. A product that may write over the accumulator that its loop carries gets `cpu.in_place`.
  }];
  let dependentDialects = ["::longc::cpu::CpuDialect"];
}

def CpuPlanScratchPass : Pass<"longc-cpu-plan-scratch", "::longc::tile::KernelOp"> {
  let summary = "lays tiles into scratch, one over another that is read no more";
  let description = [{
    What makes tiles in memory, and what needs memory while it works, gets `cpu.scratch`: where in the thread's scratch each of
    them lies. The kernel gets `cpu.scratch_bytes`.
  }];
  let dependentDialects = ["::longc::cpu::CpuDialect"];
}

def CpuReadAheadPass : Pass<"longc-cpu-read-ahead", "::longc::tile::KernelOp"> {
  let summary = "marks loads whose next tile is asked for while products read this one";
  let description = [{
    An asynchronous load in a loop that is the other operand of a product gets `cpu.read_ahead`, the level of the cache.
  }];
  let dependentDialects = ["::longc::cpu::CpuDialect"];
}

def CpuRelaxFloatsPass : Pass<"longc-cpu-relax-floats", "::longc::tile::KernelOp"> {
  let summary = "says which float operations on tiles may be contracted or approximated";
  let description = [{
    Results that one op reads may be part of a multiply-add (`contract`); powers of two that someone rounds to bf16 may be
    approximate (`afn`).
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
}

#endif // LONGC_CPU_PASSES_TD
