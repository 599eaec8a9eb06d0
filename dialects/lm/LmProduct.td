// Products beside the linear layer's: of a matrix as it stands, of rows with rows, and the transpose.
#ifndef LONGC_LM_PRODUCT_TD
#define LONGC_LM_PRODUCT_TD

include "dialects/lm/LmOpBase.td"

class Lm_PlainProductOp<string mnemonic> : Lm_Op<mnemonic> {
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def Lm_ProductOp : Lm_PlainProductOp<"product"> {
  let summary = "rows times a matrix as it stands, or head by head";
  let description = [{
    `out[t, k] = sum_n x[t, n] * w[n, k]`; of heads `out[t, h, k] = sum_n x[t, h, n] * w[h, n, k]`. With g in the place
    of x it is the gradient of the input of `lm.linear`.

    ```mlir
    %y = lm.product %x, %w : (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<2x4xf32>
    ```

    Constraints: `product_c1` all have one rank, and element types of x and w agree; `product_c2` heads agree;
    `product_c3` N agrees; `product_c4` out is `[T, K]` or `[T, H, K]`.
  }];
  let arguments = (ins Lm_MatrixOrHeads:$x, Lm_MatrixOrHeads:$w);
  let results = (outs Lm_MatrixOrHeads:$result);
}

def Lm_RowProductOp : Lm_PlainProductOp<"row_product"> {
  let summary = "sum over rows of the outer products of two rows, or head by head";
  let description = [{
    `out[n, k] = sum_t x[t, n] * y[t, k]`, x^T y; of heads `out[h, n, k] = sum_t x[t, h, n] * y[t, h, k]`. With the
    gradient of a linear layer as x and its input as y it is the gradient of its weight.

    ```mlir
    %w = lm.row_product %x, %y : (tensor<2x3xf32>, tensor<2x4xf32>) -> tensor<3x4xf32>
    ```

    Constraints: `row_product_c1` all have one rank, and element types of x and y agree; `row_product_c2` rows and heads
    agree; `row_product_c3` out is `[N, K]` or `[H, N, K]`.
  }];
  let arguments = (ins Lm_MatrixOrHeads:$x, Lm_MatrixOrHeads:$y);
  let results = (outs Lm_MatrixOrHeads:$result);
}

def Lm_TransposeOp : Lm_PlainProductOp<"transpose"> {
  let summary = "rows and columns of a matrix, or of each of several, exchanged";
  let description = [{
    `out[c, t] = x[t, c]`; of several `out[h, c, t] = x[h, t, c]`.

    ```mlir
    %y = lm.transpose %x : (tensor<2x3xf32>) -> tensor<3x2xf32>
    ```

    Constraints: `transpose_c1` out has the element type of x and its last two sizes exchanged.
  }];
  let arguments = (ins Lm_MatrixOrHeads:$x);
  let results = (outs Lm_MatrixOrHeads:$result);
}

#endif // LONGC_LM_PRODUCT_TD
