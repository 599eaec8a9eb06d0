// Reductions and changes of shape.
#ifndef LONGC_TILE_SHAPE_TD
#define LONGC_TILE_SHAPE_TD

include "dialects/tile/TileOpBase.td"

def Tile_ReduceOp : Tile_Op<"reduce", [Pure]> {
  let summary = "reduction along one dimension";
  let description = [{
    The order of a sum is the target's, fixed for a given kernel. A maximum is that of the numbers: NaN is left out.

    ```mlir
    %p = tile.reduce add %t dim 0 : tensor<2x3x4xf32> -> tensor<3x4xf32>
    ```

    Constraints: `reduce_c1` the source has the dimension; `reduce_c2` the result is the source without it.
  }];
  let arguments = (ins Tile_ReductionAttr:$kind, AnyStaticShapeTensor:$source, I64Attr:$dim);
  let results = (outs AnyStaticShapeTensor:$result);
  let assemblyFormat = "$kind $source `dim` $dim attr-dict `:` type($source) `->` type($result)";
  let hasVerifier = 1;
}

def Tile_ExpandOp : Tile_Op<"expand", [Pure]> {
  let summary = "repeats a tile along a new dimension";
  let description = [{
    `tensor<M>` expanded at `dim` 1 to `tensor<MxN>`: every column is the source; at 0: every row.

    ```mlir
    %p = tile.expand %t dim 0 : tensor<2x3xf32> -> tensor<2x2x3xf32>
    ```

    Constraints: `expand_c1` the result has the dimension; `expand_c2` the source is the result without it.
  }];
  let arguments = (ins AnyStaticShapeTensor:$source, I64Attr:$dim);
  let results = (outs AnyStaticShapeTensor:$result);
  let assemblyFormat = "$source `dim` $dim attr-dict `:` type($source) `->` type($result)";
  let hasVerifier = 1;
}

def Tile_SplatOp : Tile_Op<"splat", [Pure]> {
  let summary = "tile filled with one block-uniform scalar";
  let description = [{
    ```mlir
    %s = tile.splat %g : f32 -> tensor<1x1xf32>
    ```

    Constraints: `splat_c1` the value has the element type.
  }];
  let arguments = (ins AnyTypeOf<[AnyInteger, AnyFloat, Index]>:$value);
  let results = (outs AnyStaticShapeTensor:$result);
  let assemblyFormat = "$value attr-dict `:` type($value) `->` type($result)";
  let hasVerifier = 1;
}

def Tile_IotaOp : Tile_Op<"iota", [Pure]> {
  let summary = "index along one dimension, as i32";
  let description = [{
    ```mlir
    %r = tile.iota dim 1 : tensor<2x3xi32>
    ```

    Constraints: `iota_c1` the result has the dimension.
  }];
  let arguments = (ins I64Attr:$dim);
  let results = (outs StaticShapeTensorOf<[I32]>:$result);
  let assemblyFormat = "`dim` $dim attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def Tile_ReshapeOp : Tile_Op<"reshape", [Pure]> {
  let summary = "same elements in row-major order under another shape";
  let description = [{
    ```mlir
    %s = tile.reshape %t : tensor<2x3xf32> -> tensor<3x2xf32>
    ```

    Constraints: `reshape_c1` as many elements of the same type.
  }];
  let arguments = (ins AnyStaticShapeTensor:$source);
  let results = (outs AnyStaticShapeTensor:$result);
  let assemblyFormat = "$source attr-dict `:` type($source) `->` type($result)";
  let hasVerifier = 1;
}

def Tile_TransposeOp : Tile_Op<"transpose", [Pure]> {
  let summary = "exchanges the two dimensions of a tile";
  let description = [{
    ```mlir
    %u = tile.transpose %t : tensor<2x3xf32> -> tensor<3x2xf32>
    ```

    Constraints: `transpose_c1` a matrix and its transpose.
  }];
  let arguments = (ins AnyStaticShapeTensor:$source);
  let results = (outs AnyStaticShapeTensor:$result);
  let assemblyFormat = "$source attr-dict `:` type($source) `->` type($result)";
  let hasVerifier = 1;
}

def Tile_SliceOp : Tile_Op<"slice", [Pure]> {
  let summary = "part of a tile at static offsets";
  let description = [{
    ```mlir
    %v = tile.slice %t [1, 1] : tensor<2x3xf32> -> tensor<1x2xf32>
    ```

    Constraints: `slice_c1` one offset per dimension, rank and element type stay; `slice_c2` the slice lies inside the
    source.
  }];
  let arguments = (ins AnyStaticShapeTensor:$source, DenseI64ArrayAttr:$offsets);
  let results = (outs AnyStaticShapeTensor:$result);
  let assemblyFormat = "$source $offsets attr-dict `:` type($source) `->` type($result)";
  let hasVerifier = 1;
}

#endif // LONGC_TILE_SHAPE_TD
