// Rows picked and placed: embeddings, gather, scatter of soft tokens.
#ifndef LONGC_LM_EMBEDDING_TD
#define LONGC_LM_EMBEDDING_TD

include "dialects/lm/LmOpBase.td"

def Lm_EmbeddingOp : Lm_Op<"embedding"> {
  let summary = "rows of a table by token id";
  let description = [{
    `out[t, c] = table[tokens[t], c]`; table `[V, C]` dense or quantised.

    ```mlir
    %x = lm.embedding %t, %w : (tensor<3xi32>, tensor<5x3xf32>) -> tensor<3x3xf32>
    ```

    Constraints: `embedding_c1` the table is a matrix; `embedding_c2` out is `[T, C]`.
  }];
  let arguments = (ins Lm_Indices:$tokens, Lm_Weight:$table);
  let results = (outs Lm_Matrix:$result);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def Lm_GatherRowsOp : Lm_Op<"gather_rows"> {
  let summary = "rows of a matrix by index";
  let description = [{
    `out[r, c] = x[rows[r], c]`. Constraints: `gather_rows_c1` out is `[R, C]` of the element type of x.

    ```mlir
    %y = lm.gather_rows %x, %t : (tensor<5x3xf32>, tensor<3xi32>) -> tensor<3x3xf32>
    ```
  }];
  let arguments = (ins Lm_Matrix:$x, Lm_Indices:$rows);
  let results = (outs Lm_Matrix:$result);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def Lm_ScatterRowsOp : Lm_Op<"scatter_rows"> {
  let summary = "soft tokens placed among token embeddings";
  let description = [{
    `out = x`, then `out[destinations[i], :] = soft[i, :]`. As many destinations as soft tokens, each in range and
    none twice: otherwise an error when it runs.

    ```mlir
    %y = lm.scatter_rows %x, %s, %d : (tensor<5x3xf32>, tensor<2x3xf32>, tensor<2xi32>) -> tensor<5x3xf32>
    ```

    Constraints: `scatter_rows_c1` out has the type of x; `scatter_rows_c2` columns and element types of x and soft
    agree; `scatter_rows_c3` one destination per soft token where both counts are static.
  }];
  let arguments = (ins Lm_Matrix:$x, Lm_Matrix:$soft, Lm_Indices:$destinations);
  let results = (outs Lm_Matrix:$result);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def Lm_ScatterAddOp : Lm_Op<"scatter_add"> {
  let summary = "rows added to those of a matrix by index";
  let description = [{
    `out = x`, then `out[indices[i], :] += rows[i, :]` in the order of i; an index may stand more than once. The gradient
    of a table of embeddings.

    ```mlir
    %y = lm.scatter_add %x, %r, %t : (tensor<5x3xf32>, tensor<3x3xf32>, tensor<3xi32>) -> tensor<5x3xf32>
    ```

    Constraints: `scatter_add_c1` out has the type of x; `scatter_add_c2` columns of x and rows agree; `scatter_add_c3`
    one index per row.
  }];
  let arguments = (ins TensorRankOf<[F32], [2]>:$x, TensorRankOf<[F32], [2]>:$rows, Lm_Indices:$indices);
  let results = (outs TensorRankOf<[F32], [2]>:$result);
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

#endif // LONGC_LM_EMBEDDING_TD
