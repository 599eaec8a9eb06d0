// Loads, stores and gathers.
#ifndef LONGC_TILE_MEMORY_TD
#define LONGC_TILE_MEMORY_TD

include "dialects/tile/TileOpBase.td"

def Tile_DimOp : Tile_Op<"dim", [Pure]> {
  let hasVerifier = 1;
  let summary = "size of a view along one dimension";
  let description = [{
    ```mlir
    %k = tile.dim %x, 0 : !tile.view<6x2x3xf32>
    ```

    Constraints: `dim_c1` the view has the dimension.
  }];
  let arguments = (ins Tile_ViewType:$view, I64Attr:$dim);
  let results = (outs Index:$size);
  let assemblyFormat = "$view `,` $dim attr-dict `:` type($view)";
}

def Tile_ScalarOp : Tile_Op<"scalar", [MemoryEffects<[MemRead]>]> {
  let summary = "one element of a view as a block-uniform scalar";
  let description = [{
    An integer element may be read as `index` (sign-extended).

    ```mlir
    %v = tile.scalar %x[%c3, %c1, %c2] : !tile.view<6x2x3xf32> -> f32
    ```

    Constraints: `scalar_c1` one offset per view dimension; `scalar_c2` the value has the element type, or is an index
    of an integer.
  }];
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
    sequence can never leak in. Padding is zero. `asynchronous`: it may start before the loop passes that precede
    it are over, as many as the loop's `tile.stages` says less one. `masked`: no result depends on the rows that
    `rows` hides, so that a target may leave anything in them, a NaN too.

    ```mlir
    %t = tile.load %x[%c1, %c1, %c0] rows(%c2 to %c4) dropped [1] : !tile.view<6x2x3xf32> -> tensor<4x3xf32>
    ```

    Constraints: `load_c1` one offset per view dimension; `load_c2` element types agree; `load_c3` the tile's
    shape, with the dimensions listed in `dropped` put back as 1, has the view's rank; `load_c4` a quantised tile is a
    matrix of whole blocks of 32 columns (its column offset is a multiple of 32 too); `load_c5` both row limits or none.
  }];
  let arguments = (ins Tile_ViewType:$view, Variadic<Index>:$offsets, Optional<Index>:$lo, Optional<Index>:$hi,
                       DefaultValuedAttr<DenseI64ArrayAttr, "{}">:$dropped, UnitAttr:$asynchronous,
                       UnitAttr:$masked);
  let results = (outs AnyStaticShapeTensor:$tile);
  let assemblyFormat = [{
    $view `[` $offsets `]` (`rows` `(` $lo^ `to` $hi `)`)? (`dropped` $dropped^)? (`asynchronous` $asynchronous^)?
    (`masked` $masked^)? attr-dict `:` type($view) `->` type($tile)
  }];
  let hasVerifier = 1;
}

def Tile_StoreOp : Tile_Op<"store", [MemoryEffects<[MemWrite]>, AttrSizedOperandSegments]> {
  let summary = "writes a tile at a position of a view; what is out of range is dropped";
  let description = [{
    Same rules of position, `rows` and `dropped` as `tile.load`. With `accumulate`, adds to what is there
    (`ordered`: blocks in grid order; the default for floats is that no two blocks write the same element).

    ```mlir
    tile.store %t, %a[%c1, %c0] rows(%c2 to %c4) : tensor<4x2xf32>, !tile.view<5x2xf32>
    ```
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

    ```mlir
    %t = tile.gather %x[%n, %c1, %c0] dropped [1] : !tile.view<5x2x3xf32>, tensor<4xi32> -> tensor<4x3xf32>
    ```

    Constraints: `gather_c1` one offset per dimension after the first; `gather_c2` one row per index; `gather_c3`
    element types agree, or decode.
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
  let description = [{
    ```mlir
    tile.scatter %t, %b[%n, %c0] : tensor<4x3xf32>, !tile.view<5x3xf32>, tensor<4xi32>
    ```

    Constraints: `gather_c1`, `gather_c2` as in `tile.gather`; `scatter_c1` element types agree.
  }];
  let arguments = (ins AnyStaticShapeTensor:$tile, Tile_ViewType:$view, TensorRankOf<[I32], [1]>:$indices,
                       Variadic<Index>:$offsets, DefaultValuedAttr<DenseI64ArrayAttr, "{}">:$dropped);
  let assemblyFormat = [{
    $tile `,` $view `[` $indices (`,` $offsets^)? `]` (`dropped` $dropped^)? attr-dict
    `:` type($tile) `,` type($view) `,` type($indices)
  }];
  let hasVerifier = 1;
}

#endif // LONGC_TILE_MEMORY_TD
