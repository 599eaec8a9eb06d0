// Ops of the cuda dialect: kernels, roles and rings, register arrays, calls into the prelude.
#ifndef LONGC_CUDA_OPS_TD
#define LONGC_CUDA_OPS_TD

include "codegen/cuda/CudaDialect.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class Cuda_Op<string mnemonic, list<Trait> traits = []> : Op<Cuda_Dialect, mnemonic, traits>;

//===----------------------------------------------------------------------===//
// Kernels and roles
//===----------------------------------------------------------------------===//

def Cuda_KernelOp : Cuda_Op<"kernel", [IsolatedFromAbove, Symbol, SingleBlock, NoTerminator]> {
  let summary = "one __global__ function";
  let description = [{
    Block arguments: the tensor maps in the order of `tensor_maps`, the views, the scalars, the counters of a kernel that
    draws its blocks, then the sizes of the grid of tiles (index), as `runtime/device` passes them.
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, I64Attr:$threads, I64Attr:$shared_bytes, I64Attr:$consumers,
                       ArrayAttr:$tensor_maps, I64Attr:$grid_rank);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$sym_name attr-dict-with-keyword $body";
}

def Cuda_RolesOp : Cuda_Op<"roles", [NoTerminator]> {
  let summary = "the producer's program and the program of each consumer warpgroup";
  let regions = (region SizedRegion<1>:$producer, SizedRegion<1>:$consumer);
  let assemblyFormat = "`producer` $producer `consumer` $consumer attr-dict";
}

def Cuda_DrawOp : Cuda_Op<"draw", [NoTerminator, SingleBlock]> {
  let summary = "runs its region for each block of the grid that this thread block draws";
  let description = [{
    The producer draws the numbers 0, 1, ... below `limit` from a counter in device memory and tells them to the
    consumers, so that whoever is free takes what comes next. In both roles the region has the number as argument.
  }];
  let arguments = (ins Cuda_PointerType:$counters, Index:$limit);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$counters `below` $limit $body attr-dict `:` type($counters)";
}

def Cuda_RingOp : Cuda_Op<"ring"> {
  let summary = "a ring of shared tiles";
  let arguments = (ins StrAttr:$name);
  let results = (outs Cuda_RingType:$ring);
  let assemblyFormat = "$name attr-dict `:` type($ring)";
}

def Cuda_ProduceOp : Cuda_Op<"produce"> {
  let summary = "waits for a free stage of a ring and starts the copy of a tile into it";
  let arguments = (ins Cuda_RingType:$ring, Cuda_MapType:$map, Variadic<Index>:$offsets, StrAttr:$cache);
  let assemblyFormat = "$ring `,` $map `[` $offsets `]` attr-dict `:` type($ring)";
}

def Cuda_AcquireOp : Cuda_Op<"acquire", [AttrSizedOperandSegments]> {
  let summary = "waits for the next stage of a ring to be full; rows outside [lo, hi) become zero";
  let arguments = (ins Cuda_RingType:$ring, Optional<Index>:$row, Optional<Index>:$lo, Optional<Index>:$hi);
  let results = (outs AnyStaticShapeTensor:$tile);
  let assemblyFormat = "$ring (`rows` $row^ `in` `(` $lo `to` $hi `)`)? attr-dict `:` type($ring) `->` type($tile)";
}

def Cuda_ReleaseOp : Cuda_Op<"release"> {
  let summary = "gives the stage of an acquired tile back to the producer";
  let arguments = (ins Cuda_RingType:$ring, AnyStaticShapeTensor:$tile);
  let assemblyFormat = "$ring `,` $tile attr-dict `:` type($ring) `,` type($tile)";
}

def Cuda_QuadSumOp : Cuda_Op<"quad_sum", !listconcat([Pure, AllTypesMatch<["parts", "sum"]>], ElementwiseMappable.traits)> {
  let summary = "sum over the four threads that share a row, of parts that each of them added up";
  let description = [{
    Ends a `tile.reduce add` that carries `cuda.partial`: there each thread of the quad keeps the sum of its own columns.
  }];
  let arguments = (ins AnyType:$parts);
  let results = (outs AnyType:$sum);
  let assemblyFormat = "$parts attr-dict `:` type($parts)";
}

//===----------------------------------------------------------------------===//
// Threads: one printed form each
//===----------------------------------------------------------------------===//

def Cuda_TunableOp : Cuda_Op<"tunable"> {
  let summary = "a number that shapes the kernel; has a name, on top of the text";
  let arguments = (ins StrAttr:$name, I64Attr:$value);
  let results = (outs Index:$result);
  let assemblyFormat = "$name `=` $value attr-dict";
}

def Cuda_RegistersOp : Cuda_Op<"registers"> {
  let summary = "declares an array of registers";
  let arguments = (ins StrAttr:$name);
  let results = (outs Cuda_RegistersType:$registers);
  let assemblyFormat = "$name attr-dict `:` type($registers)";
}

def Cuda_GetOp : Cuda_Op<"get", [TypesMatchWith<"the array's element", "registers", "value",
                                  "::llvm::cast<RegistersType>($_self).getElementType()">]> {
  let arguments = (ins Cuda_RegistersType:$registers, Index:$index);
  let results = (outs AnyType:$value);
  let assemblyFormat = "$registers `[` $index `]` attr-dict `:` type($registers)";
}

def Cuda_SetOp : Cuda_Op<"set", [TypesMatchWith<"the array's element", "registers", "value",
                                  "::llvm::cast<RegistersType>($_self).getElementType()">]> {
  let arguments = (ins AnyType:$value, Cuda_RegistersType:$registers, Index:$index);
  let assemblyFormat = "$value `,` $registers `[` $index `]` attr-dict `:` type($registers)";
}

def Cuda_UnrollOp : Cuda_Op<"unroll", [NoTerminator, SingleBlock]> {
  let summary = "loop that is always unrolled; its region has the index as argument";
  let arguments = (ins I64Attr:$count);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$count $body attr-dict";
}

def Cuda_DrawLoopOp : Cuda_Op<"draw_loop", [NoTerminator, SingleBlock]> {
  let summary = "loop whose passes ask a function of the prelude for a number, until it is `limit` or more";
  let description = [{ The callee's last argument is the number of the pass. }];
  let arguments = (ins StrAttr:$callee, Variadic<AnyType>:$arguments, Index:$limit);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$callee `(` $arguments `)` `below` $limit $body attr-dict `:` type($arguments)";
}

def Cuda_CallOp : Cuda_Op<"call"> {
  let summary = "call of a function of the prelude, or of a device function of CUDA";
  let arguments = (ins StrAttr:$callee, Variadic<AnyType>:$arguments, UnitAttr:$pure);
  let results = (outs Optional<AnyType>:$result);
  let assemblyFormat = "$callee `(` $arguments `)` (`pure` $pure^)? attr-dict `:` functional-type($arguments, $result)";
}

def Cuda_SharedBaseOp : Cuda_Op<"shared_base", [Pure]> {
  let summary = "address of the block's dynamic shared memory";
  let results = (outs Index:$address);
  let assemblyFormat = "attr-dict";
}

def Cuda_SharedTileOp : Cuda_Op<"shared_tile", [Pure]> {
  let summary = "the tile that begins at an offset of the block's shared memory, in bytes";
  let arguments = (ins I64Attr:$offset);
  let results = (outs Cuda_PointerType:$pointer);
  let assemblyFormat = "$offset attr-dict `:` type($pointer)";
}

def Cuda_TableOp : Cuda_Op<"table", [Pure]> {
  let summary = "numbers known when the kernel is compiled, in row-major order";
  let arguments = (ins ElementsAttr:$values);
  let results = (outs Cuda_PointerType:$pointer);
  let assemblyFormat = "$values attr-dict `:` type($pointer)";
}

def Cuda_AtOp : Cuda_Op<"at", [Pure, AllTypesMatch<["pointer", "element"]>]> {
  let summary = "address of the element so many elements on";
  let arguments = (ins Cuda_PointerType:$pointer, Index:$index);
  let results = (outs Cuda_PointerType:$element);
  let assemblyFormat = "$pointer `[` $index `]` attr-dict `:` type($pointer)";
}

def Cuda_StrideOp : Cuda_Op<"stride", [Pure]> {
  let summary = "distance in elements along one dimension of a view";
  let arguments = (ins AnyType:$view, I64Attr:$dim);
  let results = (outs I64:$stride);
  let assemblyFormat = "$view `,` $dim attr-dict `:` type($view)";
}

def Cuda_ElementOp : Cuda_Op<"element", [Pure]> {
  let summary = "address of the element at an offset of a view's data";
  let arguments = (ins AnyType:$view, I64:$offset);
  let results = (outs Cuda_PointerType:$pointer);
  let assemblyFormat = "$view `[` $offset `]` attr-dict `:` type($view) `->` type($pointer)";
}

def Cuda_LoadOp : Cuda_Op<"load"> {
  let summary = "reads one element";
  let arguments = (ins Cuda_PointerType:$pointer);
  let results = (outs AnyType:$value);
  let assemblyFormat = "$pointer attr-dict `:` type($pointer) `->` type($value)";
}

def Cuda_StoreOp : Cuda_Op<"store"> {
  let summary = "writes one element";
  let arguments = (ins AnyType:$value, Cuda_PointerType:$pointer);
  let assemblyFormat = "$value `,` $pointer attr-dict `:` type($value) `,` type($pointer)";
}

#endif // LONGC_CUDA_OPS_TD
