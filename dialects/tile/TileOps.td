// Ops of the tile dialect: kernels and their launch, memory, products, reductions, shape, selection.
#ifndef LONGC_TILE_OPS_TD
#define LONGC_TILE_OPS_TD

include "dialects/interpreter/InterpretableOpInterface.td"
include "dialects/tile/TileAttrs.td"
include "dialects/tile/TileTypes.td"
include "mlir/IR/BuiltinAttributeInterfaces.td"
include "mlir/IR/CommonAttrConstraints.td"
include "mlir/IR/CommonTypeConstraints.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class Tile_Op<string mnemonic, list<Trait> traits = []>
    : Op<Tile_Dialect, mnemonic, !listconcat(traits, [DeclareOpInterfaceMethods<InterpretableOpInterface>])>;

//===----------------------------------------------------------------------===//
// Kernels and launches
//===----------------------------------------------------------------------===//

def Tile_KernelOp : Op<Tile_Dialect, "kernel", [IsolatedFromAbove, Symbol, SingleBlock]> {
  let summary = "program of one block of a launch grid";
  let description = [{
    The entry block's first `grid_rank` arguments are the block's indices in the grid; the rest are views
    (`!tile.view`) and scalars (`index`, `i32`, `f32`) bound at launch. Blocks are independent of each other.

    ```mlir
    tile.kernel @scale grid(%i) (%x: !tile.view<?x64xf32>, %y: !tile.view<?x64xf32>) {
      %c8 = arith.constant 8 : index
      %row = arith.muli %i, %c8 : index
      %c0 = arith.constant 0 : index
      %t = tile.load %x[%row, %c0] : !tile.view<?x64xf32> -> tensor<8x64xf32>
      %s = arith.addf %t, %t : tensor<8x64xf32>
      tile.store %s, %y[%row, %c0] : tensor<8x64xf32>, !tile.view<?x64xf32>
      tile.return
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, I64Attr:$grid_rank);
  let regions = (region SizedRegion<1>:$body);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// Block indices of the launch grid.
    ::mlir::Block::BlockArgListType getGridIndices() {
      return getBody().getArguments().take_front(getGridRank());
    }
    /// Views and scalars bound at launch.
    ::mlir::Block::BlockArgListType getKernelArguments() {
      return getBody().getArguments().drop_front(getGridRank());
    }
  }];
}

def Tile_ReturnOp : Op<Tile_Dialect, "return", [Terminator, HasParent<"KernelOp">]> {
  let summary = "end of a kernel";
  let assemblyFormat = "attr-dict";
}

def Tile_LaunchOp : Tile_Op<"launch", [AttrSizedOperandSegments, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "runs a kernel over a grid; results are its outputs, written in whole or in part";
  let description = [{
    Host side. Kernel arguments are the inputs followed by the outputs, in order; a tensor binds to a view,
    a scalar to a scalar. An output operand gives the shape and, where the kernel does not write every
    element, the old contents; each output operand has one result of its type.

    ```mlir
    %y = tile.launch @scale grid(%blocks) ins(%x : tensor<?x64xf32>) outs(%init : tensor<?x64xf32>)
    ```

    Constraints: `launch_c1` one result per output, of its type; `launch_c2` the kernel exists; `launch_c3` the grid has
    its rank; `launch_c4` as many operands as kernel arguments; `launch_c5` each fits: a scalar has the argument's type,
    a tensor the view's element type and a compatible shape.
  }];
  let arguments = (ins FlatSymbolRefAttr:$kernel, Variadic<Index>:$grid, Variadic<AnyType>:$inputs,
                       Variadic<AnyRankedTensor>:$outputs);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
}

def Tile_WorkListOp : Tile_Op<"work_list", [Pure]> {
  let summary = "rows of work for a ragged kernel, one row a block of queries, costliest first";
  let description = [{
    Host side, built from the ragged batch before the launch. `segments` has one row a sequence: query begin,
    query end, key begin, key end, memory begin, memory end, slot (cache ring and page-table row). The result
    has one row a block of `rows` queries:

    | column | meaning |
    |---|---|
    | 0, 1 | query rows [begin, end) of this block |
    | 2, 3 | visible keys [begin, end) of the sequence |
    | 4 | `diagonal`: key index that query row `begin` stands at (it sees keys <= diagonal when causal) |
    | 5, 6 | visible memory entries [begin, end) |
    | 7 | slot |

    With `keys`, the batch is two lists of boundaries instead (`cu_seqlens`): sequence i has query rows
    `[segments[i], segments[i+1])` and keys `[keys[i], keys[i+1])`, no memory, slot 0.

    The order is for speed only: kernels are right for any list that covers the work.
  }];
  let arguments = (ins TensorRankOf<[I32], [1, 2]>:$segments, Optional<TensorRankOf<[I32], [1]>>:$key_boundaries,
                       I64Attr:$rows);
  let results = (outs TensorRankOf<[I32], [2]>:$list);
  let assemblyFormat = [{
    $segments (`keys` $key_boundaries^)? `rows` `=` $rows attr-dict
    `:` type($segments) (`,` type($key_boundaries)^)? `->` type($list)
  }];
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

def Tile_DimOp : Tile_Op<"dim", [Pure]> {
  let hasVerifier = 1;
  let summary = "size of a view along one dimension";
  let arguments = (ins Tile_ViewType:$view, I64Attr:$dim);
  let results = (outs Index:$size);
  let assemblyFormat = "$view `,` $dim attr-dict `:` type($view)";
}

def Tile_ScalarOp : Tile_Op<"scalar", [MemoryEffects<[MemRead]>]> {
  let summary = "one element of a view as a block-uniform scalar";
  let description = "An integer element may be read as `index` (sign-extended).";
  let arguments = (ins Tile_ViewType:$view, Variadic<Index>:$offsets);
  let results = (outs AnyTypeOf<[Index, I32, F32]>:$value);
  let assemblyFormat = "$view `[` $offsets `]` attr-dict `:` type($view) `->` type($value)";
  let hasVerifier = 1;
}

def Tile_LoadOp : Tile_Op<"load", [MemoryEffects<[MemRead]>, AttrSizedOperandSegments]> {
  let summary = "tile at a position of a view; what is out of range reads as padding";
  let description = [{
    The tile has the view's rank (leading unit dimensions of the tile may be dropped: a rank-2 tile of a rank-3
    view `[T, H, D]` at `[t, h, 0]` takes rows along dimension 0 if `row_dim` says so). `rows(lo to hi)` narrows
    the range of dimension 0 beyond the view's own size: rows outside read as padding, so a neighbouring
    sequence can never leak in. Padding is zero.

    Constraints: `load_c1` one offset per view dimension; `load_c2` element types agree; `load_c3` the tile's
    shape, with the dimensions listed in `dropped` put back as 1, has the view's rank; `load_c4` a quantised tile is a
    matrix of whole blocks of 32 columns (its column offset is a multiple of 32 too); `load_c5` both row limits or none.
  }];
  let arguments = (ins Tile_ViewType:$view, Variadic<Index>:$offsets, Optional<Index>:$lo, Optional<Index>:$hi,
                       DefaultValuedAttr<DenseI64ArrayAttr, "{}">:$dropped);
  let results = (outs AnyStaticShapeTensor:$tile);
  let assemblyFormat = [{
    $view `[` $offsets `]` (`rows` `(` $lo^ `to` $hi `)`)? (`dropped` $dropped^)? attr-dict
    `:` type($view) `->` type($tile)
  }];
  let hasVerifier = 1;
}

def Tile_StoreOp : Tile_Op<"store", [MemoryEffects<[MemWrite]>, AttrSizedOperandSegments]> {
  let summary = "writes a tile at a position of a view; what is out of range is dropped";
  let description = [{
    Same rules of position, `rows` and `dropped` as `tile.load`. With `accumulate`, adds to what is there
    (`ordered`: blocks in grid order; the default for floats is that no two blocks write the same element).
  }];
  let arguments = (ins AnyStaticShapeTensor:$tile, Tile_ViewType:$view, Variadic<Index>:$offsets,
                       Optional<Index>:$lo, Optional<Index>:$hi,
                       DefaultValuedAttr<DenseI64ArrayAttr, "{}">:$dropped, UnitAttr:$accumulate);
  let assemblyFormat = [{
    $tile `,` $view `[` $offsets `]` (`rows` `(` $lo^ `to` $hi `)`)? (`dropped` $dropped^)?
    (`accumulate` $accumulate^)? attr-dict `:` type($tile) `,` type($view)
  }];
  let hasVerifier = 1;
}

def Tile_GatherOp : Tile_Op<"gather", [MemoryEffects<[MemRead]>]> {
  let summary = "rows of a view picked by a tile of indices along dimension 0";
  let description = [{
    `tile[r, ...] = view[indices[r], offsets...]`; `offsets` are those of dimensions 1 and up. An index outside
    the view reads as padding. A quantised view gives decoded values when the result's element type is a float.
  }];
  let arguments = (ins Tile_ViewType:$view, TensorRankOf<[I32], [1]>:$indices, Variadic<Index>:$offsets,
                       DefaultValuedAttr<DenseI64ArrayAttr, "{}">:$dropped);
  let results = (outs AnyStaticShapeTensor:$tile);
  let assemblyFormat = [{
    $view `[` $indices (`,` $offsets^)? `]` (`dropped` $dropped^)? attr-dict
    `:` type($view) `,` type($indices) `->` type($tile)
  }];
  let hasVerifier = 1;
}

def Tile_ScatterOp : Tile_Op<"scatter", [MemoryEffects<[MemWrite]>]> {
  let summary = "writes the rows of a tile to rows of a view given by indices; a negative index is dropped";
  let arguments = (ins AnyStaticShapeTensor:$tile, Tile_ViewType:$view, TensorRankOf<[I32], [1]>:$indices,
                       Variadic<Index>:$offsets, DefaultValuedAttr<DenseI64ArrayAttr, "{}">:$dropped);
  let assemblyFormat = [{
    $tile `,` $view `[` $indices (`,` $offsets^)? `]` (`dropped` $dropped^)? attr-dict
    `:` type($tile) `,` type($view) `,` type($indices)
  }];
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

def Tile_MmaOp : Tile_Op<"mma", [Pure, AllTypesMatch<["acc", "result"]>]> {
  let summary = "acc + A x B, accumulated in the accumulator's type";
  let description = [{
    A is `[M, K]`, B is `[K, N]`, or `[N, K]` with `transpose_b`; `acc` and the result are `[M, N]` f32 (or f64).
    Constraints: `mma_c1` ranks are 2; `mma_c2` K agrees; `mma_c3` M and N agree; `mma_c4` A and B have one
    element type, f32, f64, bf16 or f16.
  }];
  let arguments = (ins AnyStaticShapeTensor:$a, AnyStaticShapeTensor:$b, AnyStaticShapeTensor:$acc,
                       UnitAttr:$transpose_b);
  let results = (outs AnyStaticShapeTensor:$result);
  let assemblyFormat = [{
    $a `,` $b `,` $acc (`transpose_b` $transpose_b^)? attr-dict `:` type($a) `,` type($b) `->` type($acc)
  }];
  let hasVerifier = 1;
}

def Tile_ScaledMmaOp : Tile_Op<"scaled_mma", [Pure, AllTypesMatch<["acc", "result"]>]> {
  let summary = "acc + A x B^T on block-scaled integers";
  let description = [{
    A is an encoded tile (see `tile.encode`): values `[M, K]` i8 or i16, scales `[M, K/32]` f32, sums `[M, K/32]` f32.
    B is `[N, K]` of a quantised type with value `d*q + m` per block of 32 (q4_0: `m = -8 d`; q8_0: `m = 0`).
    Per block: `acc[i,j] += scale[i] * d[j] * sum_k(a[i,k] * q[j,k]) + m[j] * sums[i]`. Sums are
    `scale * sum_k a[i,k]`, in float. The integer sums are exact.
  }];
  let arguments = (ins TensorRankOf<[I8, I16], [2]>:$a, TensorRankOf<[F32], [2]>:$scales, TensorRankOf<[F32], [2]>:$sums,
                       AnyStaticShapeTensor:$b, AnyStaticShapeTensor:$acc);
  let results = (outs AnyStaticShapeTensor:$result);
  let assemblyFormat = [{
    $a `scaled` `(` $scales `,` $sums `)` `,` $b `,` $acc attr-dict `:` type($a) `,` type($b) `->` type($acc)
    `(` type($scales) `,` type($sums) `)`
  }];
  let hasVerifier = 1;
}

def Tile_EncodeOp : Tile_Op<"encode", [Pure]> {
  let summary = "float tile to int8 or int16 with a scale and a sum per 32 values along the last dimension";
  let description = [{
    `scale = max|x| / levels` of the block, levels 127 for int8 and 32512 = 127 * 256 for int16 (a value is then
    256 h + l with both halves int8), `values = round_half_even(x / scale)` (0 where scale is 0),
    `sums = scale * sum(values)`. Partner of `tile.scaled_mma`.
  }];
  let arguments = (ins StaticShapeTensorOf<[F32]>:$source);
  let results = (outs StaticShapeTensorOf<[I8, I16]>:$values, StaticShapeTensorOf<[F32]>:$scales,
                      StaticShapeTensorOf<[F32]>:$sums);
  let assemblyFormat = [{
    $source attr-dict `:` type($source) `->` type($values) `,` type($scales) `,` type($sums)
  }];
  let hasVerifier = 1;
}

def Tile_DecodeOp : Tile_Op<"decode", [Pure]> {
  let summary = "packed quantised tile to a tile of float values";
  let arguments = (ins AnyStaticShapeTensor:$source);
  let results = (outs StaticShapeTensorOf<[F32, BF16]>:$values);
  let assemblyFormat = "$source attr-dict `:` type($source) `->` type($values)";
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Reductions and shape
//===----------------------------------------------------------------------===//

def Tile_ReduceOp : Tile_Op<"reduce", [Pure]> {
  let summary = "reduction along one dimension";
  let description = "The order of a sum is the target's, fixed for a given kernel.";
  let arguments = (ins Tile_ReductionAttr:$kind, AnyStaticShapeTensor:$source, I64Attr:$dim);
  let results = (outs AnyStaticShapeTensor:$result);
  let assemblyFormat = "$kind $source `dim` $dim attr-dict `:` type($source) `->` type($result)";
  let hasVerifier = 1;
}

def Tile_ExpandOp : Tile_Op<"expand", [Pure]> {
  let summary = "repeats a tile along a new dimension";
  let description = "`tensor<M>` expanded at `dim` 1 to `tensor<MxN>`: every column is the source; at 0: every row.";
  let arguments = (ins AnyStaticShapeTensor:$source, I64Attr:$dim);
  let results = (outs AnyStaticShapeTensor:$result);
  let assemblyFormat = "$source `dim` $dim attr-dict `:` type($source) `->` type($result)";
  let hasVerifier = 1;
}

def Tile_SplatOp : Tile_Op<"splat", [Pure]> {
  let summary = "tile filled with one block-uniform scalar";
  let arguments = (ins AnyTypeOf<[AnyInteger, AnyFloat, Index]>:$value);
  let results = (outs AnyStaticShapeTensor:$result);
  let assemblyFormat = "$value attr-dict `:` type($value) `->` type($result)";
  let hasVerifier = 1;
}

def Tile_IotaOp : Tile_Op<"iota", [Pure]> {
  let summary = "index along one dimension, as i32";
  let arguments = (ins I64Attr:$dim);
  let results = (outs StaticShapeTensorOf<[I32]>:$result);
  let assemblyFormat = "`dim` $dim attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def Tile_ReshapeOp : Tile_Op<"reshape", [Pure]> {
  let summary = "same elements in row-major order under another shape";
  let arguments = (ins AnyStaticShapeTensor:$source);
  let results = (outs AnyStaticShapeTensor:$result);
  let assemblyFormat = "$source attr-dict `:` type($source) `->` type($result)";
  let hasVerifier = 1;
}

def Tile_TransposeOp : Tile_Op<"transpose", [Pure]> {
  let summary = "exchanges the two dimensions of a tile";
  let arguments = (ins AnyStaticShapeTensor:$source);
  let results = (outs AnyStaticShapeTensor:$result);
  let assemblyFormat = "$source attr-dict `:` type($source) `->` type($result)";
  let hasVerifier = 1;
}

def Tile_SliceOp : Tile_Op<"slice", [Pure]> {
  let summary = "part of a tile at static offsets";
  let arguments = (ins AnyStaticShapeTensor:$source, DenseI64ArrayAttr:$offsets);
  let results = (outs AnyStaticShapeTensor:$result);
  let assemblyFormat = "$source $offsets attr-dict `:` type($source) `->` type($result)";
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Selection
//===----------------------------------------------------------------------===//

def Tile_TopkInitOp : Tile_Op<"topk_init", [Pure]> {
  let summary = "empty selection";
  let results = (outs Tile_TopkType:$state);
  let assemblyFormat = "attr-dict `:` type($state)";
  let hasVerifier = 1;
}

def Tile_TopkUpdateOp : Tile_Op<"topk_update", [Pure, AllTypesMatch<["state", "result"]>]> {
  let summary = "offers a tile of scores whose columns have consecutive indices from `first`";
  let description = "A score of -inf is never selected. Ties go to the lower index.";
  let arguments = (ins Tile_TopkType:$state, TensorRankOf<[F32], [2]>:$scores, Index:$first);
  let results = (outs Tile_TopkType:$result);
  let assemblyFormat = "$state `,` $scores `at` $first attr-dict `:` type($scores) `->` type($state)";
  let hasVerifier = 1;
}

def Tile_TopkThresholdOp : Tile_Op<"topk_threshold", [Pure]> {
  let summary = "score and index of each row's k-th best entry";
  let description = [{
    An entry (s, i) is selected exactly when `s > score`, or `s == score` and `i <= index`. A row with fewer than
    k entries gives (-inf, 2147483647): everything offered is selected.
  }];
  let arguments = (ins Tile_TopkType:$state);
  let results = (outs TensorRankOf<[F32], [1]>:$scores, TensorRankOf<[I32], [1]>:$indices);
  let assemblyFormat = "$state attr-dict `:` type($state) `->` type($scores) `,` type($indices)";
  let hasVerifier = 1;
}

#endif // LONGC_TILE_OPS_TD
