// Changes of shape that move no number.
#ifndef LONGC_LM_SHAPE_TD
#define LONGC_LM_SHAPE_TD

include "dialects/lm/LmOpBase.td"

def Lm_SplitHeadsOp : Lm_Op<"split_heads"> {
  let summary = "columns of a row as heads";
  let description = [{
    `out[t, h, d] = x[t, h*D + d]`. Constraints: `split_heads_c1` out is `[T, H, D]` with H*D = C.

    ```mlir
    %h = lm.split_heads %x : (tensor<2x6xf32>) -> tensor<2x2x3xf32>
    ```
  }];
  let arguments = (ins Lm_Matrix:$x);
  let results = (outs Lm_Heads:$result);
  let assemblyFormat = "$x attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def Lm_MergeHeadsOp : Lm_Op<"merge_heads"> {
  let summary = "heads of a token side by side in one row";
  let description = [{
    `out[t, h*D + d] = x[t, h, d]`. Constraints: `merge_heads_c1` out is `[T, C]` with C = H*D.

    ```mlir
    %h = lm.merge_heads %x : (tensor<2x3x2xf32>) -> tensor<2x6xf32>
    ```
  }];
  let arguments = (ins Lm_Heads:$x);
  let results = (outs Lm_Matrix:$result);
  let assemblyFormat = "$x attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def Lm_SliceColumnsOp : Lm_Op<"slice_columns"> {
  let summary = "columns [begin, end) of a matrix";
  let description = [{
    `out[t, c] = x[t, begin + c]`.

    ```mlir
    %h = lm.slice_columns %x {begin = 1 : i64, end = 4 : i64} : (tensor<2x6xf32>) -> tensor<2x3xf32>
    ```

    Constraints: `slice_columns_c1` 0 <= begin < end <= C; `slice_columns_c2` out is `[T, end - begin]` of the element
    type of x.
  }];
  let arguments = (ins Lm_Matrix:$x, I64Attr:$begin, I64Attr:$end);
  let results = (outs Lm_Matrix:$result);
  let assemblyFormat = "$x attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def Lm_PadColumnsOp : Lm_Op<"pad_columns"> {
  let summary = "columns put into a wider matrix of zeros";
  let description = [{
    `out[t, begin + c] = x[t, c]`, 0 elsewhere.

    ```mlir
    %h = lm.pad_columns %x {begin = 1 : i64} : (tensor<2x3xf32>) -> tensor<2x6xf32>
    ```

    Constraints: `pad_columns_c1` 0 <= begin and begin + C is at most the columns of out; `pad_columns_c2` rows agree.
  }];
  let arguments = (ins TensorRankOf<[F32], [2]>:$x, I64Attr:$begin);
  let results = (outs TensorRankOf<[F32], [2]>:$result);
  let assemblyFormat = "$x attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def Lm_ReshapeOp : Lm_Op<"reshape"> {
  let summary = "the same elements in the same order under another shape";
  let description = [{
    `out[i] = x[i]` with i counted over all elements, the last size fastest.

    ```mlir
    %h = lm.reshape %x : (tensor<2x6xf32>) -> tensor<2x2x3xf32>
    ```

    Constraints: `reshape_c1` sizes multiply to one number; one that is open is the first on both sides, or on neither.
  }];
  let arguments = (ins TensorOf<[F32]>:$x);
  let results = (outs TensorOf<[F32]>:$result);
  let assemblyFormat = "$x attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

#endif // LONGC_LM_SHAPE_TD
