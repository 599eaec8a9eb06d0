// Passes from tile kernels to printable CUDA kernels, in pipeline order by dependence; declared alphabetically.
#ifndef LONGC_CUDA_PASSES_TD
#define LONGC_CUDA_PASSES_TD

include "mlir/Pass/PassBase.td"

def CudaAssignLayoutsPass : Pass<"longc-cuda-assign-layouts", "::mlir::ModuleOp"> {
  let summary = "gives every tile of a kernel a layout: shared, fragment, row or column";
  let description = [{
    Operands of a product that come straight from memory are shared tiles; accumulators and whatever is computed
    with them are fragments; rank-1 tiles follow the reduction or expansion that ties them to a fragment. An op
    that has no layout rule is refused by name.
  }];
  let dependentDialects = ["::longc::cuda::CudaDialect"];
}

def CudaChooseFormsPass : Pass<"longc-cuda-choose-forms", "::mlir::ModuleOp"> {
  let summary = "says of each kernel whether producer and consumers run it (the fast form), a warp or a block as a whole";
  let description = [{
    A kernel takes the fast form when a copy of it goes through layouts and roles. Any other gets `cuda.warp_form` where it
    multiplies few rows and a warp's registers hold its tiles, else `cuda.block_form`, and a remark says why.
  }];
  let options = [ListOption<"blockForm", "block-form", "std::string", "kernels that take the block form in any case">];
  let dependentDialects = ["::longc::cuda::CudaDialect", "::mlir::arith::ArithDialect", "::mlir::scf::SCFDialect"];
}

def CudaDeferScalePass : Pass<"longc-cuda-defer-scale", "::mlir::ModuleOp"> {
  let summary = "moves a positive factor of scores past mask and row maximum into the exponent's multiply-add";
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::math::MathDialect"];
}

def CudaDeferSumsPass : Pass<"longc-cuda-defer-sums", "::mlir::ModuleOp"> {
  let summary = "adds the four threads of a row together once after the loop that carries the row's sum";
  let description = [{
    The loop's `tile.reduce add` gets `cuda.partial`, its result goes through `cuda.quad_sum`.
  }];
  let dependentDialects = ["::longc::cuda::CudaDialect"];
}

def CudaEmitPass : Pass<"longc-cuda-emit", "::mlir::ModuleOp"> {
  let summary = "prints the module's cuda kernels as CUDA C++";
  let options = [Option<"includePrelude", "prelude", "bool", "false", "print the prelude first">];
}

def CudaLowerBlocksPass : Pass<"longc-cuda-lower-blocks", "::mlir::ModuleOp"> {
  let summary = "turns kernels of the block form into loops of a block's threads over tiles in shared memory";
  let description = [{
    A block owns one point of the grid. A tile that is kept lies in shared memory from its maker to its last reader; what is
    cheap is computed where it is read. Products use the tensor cores where shape and type allow it.
  }];
  let options = [Option<"sharedBytes", "shared-bytes", "int64_t", "232448", "shared memory of one block">];
  let dependentDialects = ["::longc::cuda::CudaDialect", "::mlir::arith::ArithDialect", "::mlir::math::MathDialect",
                           "::mlir::scf::SCFDialect"];
}

def CudaLowerTilesPass : Pass<"longc-cuda-lower-tiles", "::mlir::ModuleOp"> {
  let summary = "turns rings into barriers and tiles into registers of a thread";
  let dependentDialects = ["::longc::cuda::CudaDialect", "::mlir::arith::ArithDialect", "::mlir::math::MathDialect",
                           "::mlir::scf::SCFDialect"];
}

def CudaLowerWarpsPass : Pass<"longc-cuda-lower-warps", "::mlir::ModuleOp"> {
  let summary = "turns kernels of the warp form into the program of one warp that holds every tile in registers";
  let description = [{
    A warp owns one point of the grid. Rows are spread over lanes in chunks of 8 columns that are read at once; sums over a row
    are of lanes that exchange registers. No shared memory, no barrier.
  }];
  let dependentDialects = ["::longc::cuda::CudaDialect", "::mlir::arith::ArithDialect", "::mlir::math::MathDialect",
                           "::mlir::scf::SCFDialect"];
}

def CudaMarkParametersPass : Pass<"longc-cuda-mark-parameters", "::mlir::ModuleOp"> {
  let summary = "says on kernels which of their arguments are parameters in all launches";
}

def CudaSplitRolesPass : Pass<"longc-cuda-split-roles", "::mlir::ModuleOp"> {
  let summary = "splits a kernel into a copying producer and computing warpgroups, joined by rings";
  let description = [{
    Each shared load becomes a ring: as many stages as its loop's `tile.stages` where the load is asynchronous, one
    otherwise. The grid becomes a loop of persistent blocks: they draw their work from a counter in kernels that read a
    work list, whose rows differ in cost, and take turns on panels of rows otherwise.
  }];
  let options = [Option<"sharedBytes", "shared-bytes", "int64_t", "232448", "shared memory of one block">];
  let dependentDialects = ["::longc::cuda::CudaDialect", "::mlir::arith::ArithDialect", "::mlir::scf::SCFDialect"];
}

#endif // LONGC_CUDA_PASSES_TD
