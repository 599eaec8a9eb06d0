// Plain arithmetic that gradients are made of: element-wise, products with numbers of rows and columns, and sums.
#ifndef LONGC_LM_ARITHMETIC_TD
#define LONGC_LM_ARITHMETIC_TD

include "dialects/lm/LmOpBase.td"

class Lm_ArithmeticOp<string mnemonic> : Lm_Op<mnemonic> {
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def Lm_MultiplyOp : Lm_ElementwiseOp<"multiply"> {
  let summary = "element-wise product";
  let description = [{
    `out = x * y`. Constraints: `elementwise_c1` all shapes agree.

    ```mlir
    %z = lm.multiply %x, %y : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
    ```
  }];
  let arguments = (ins Lm_Elements:$x, Lm_Elements:$y);
}

def Lm_SigmoidOp : Lm_ElementwiseOp<"sigmoid"> {
  let summary = "logistic function, a gate's share";
  let description = [{
    `out = 1 / (1 + exp(-x))`. Constraints: `elementwise_c1` all shapes agree.

    ```mlir
    %z = lm.sigmoid %x : (tensor<2x4xf32>) -> tensor<2x4xf32>
    ```
  }];
  let arguments = (ins Lm_Elements:$x);
}

def Lm_SiluOp : Lm_ElementwiseOp<"silu"> {
  let summary = "sigmoid linear unit";
  let description = [{
    `out = x / (1 + exp(-x))`. Constraints: `elementwise_c1` all shapes agree.

    ```mlir
    %z = lm.silu %x : (tensor<2x4xf32>) -> tensor<2x4xf32>
    ```
  }];
  let arguments = (ins Lm_Elements:$x);
}

def Lm_SiluGradientOp : Lm_ElementwiseOp<"silu_gradient"> {
  let summary = "a gradient through the sigmoid linear unit";
  let description = [{
    With `s = 1 / (1 + exp(-x))`: `out = gradient * s * (1 + x * (1 - s))`. Constraints: `elementwise_c1` all shapes
    agree.

    ```mlir
    %z = lm.silu_gradient %x, %y : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
    ```
  }];
  let arguments = (ins Lm_Elements:$x, Lm_Elements:$gradient);
}

def Lm_GeluGradientOp : Lm_ElementwiseOp<"gelu_gradient"> {
  let summary = "a gradient through the Gaussian error linear unit, exact by erf or by tanh";
  let description = [{
    `out = gradient * (1/2 * (1 + erf(x / sqrt(2))) + x * exp(-x^2 / 2) / sqrt(2 pi))`; with `tanh` and
    `t = tanh(u(x))`, `u(x) = sqrt(2/pi) * (x + 0.044715 x^3)`: `out = gradient / 2 * (1 + t + x * (1 - t^2) * u'(x))`.
    Constraints: `elementwise_c1` all shapes agree.

    ```mlir
    %z = lm.gelu_gradient %x, %y : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
    ```
  }];
  let arguments = (ins Lm_Elements:$x, Lm_Elements:$gradient, UnitAttr:$tanh);
}

def Lm_MergeWeightOp : Lm_ElementwiseOp<"merge_weight"> {
  let summary = "share of a part in a merged softmax";
  let description = [{
    `out = exp(part - whole)` of log-sum-exps; 0 where the part is -inf, also where both are. Constraints:
    `elementwise_c1` all shapes agree.

    ```mlir
    %z = lm.merge_weight %x, %y : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
    ```
  }];
  let arguments = (ins Lm_Elements:$part, Lm_Elements:$whole);
}

def Lm_FillOp : Lm_ElementwiseOp<"fill"> {
  let summary = "one number in the shape of a tensor";
  let description = [{
    `out = value` in the shape of x; the elements of x do not matter. Constraints: `elementwise_c1` all shapes agree.

    ```mlir
    %z = lm.fill %x {value = 0.5 : f64} : (tensor<2x4xf32>) -> tensor<2x4xf32>
    ```
  }];
  let arguments = (ins Lm_Elements:$x, Lm_RealAttr:$value);
}

def Lm_ScaleRowsOp : Lm_ArithmeticOp<"scale_rows"> {
  let summary = "each row, or each head of a row, times a number of its own";
  let description = [{
    `out[t, c] = x[t, c] * factors[t]`; of heads `out[t, h, d] = x[t, h, d] * factors[t, h]`.

    ```mlir
    %z = lm.scale_rows %x, %f : (tensor<2x4xf32>, tensor<2xf32>) -> tensor<2x4xf32>
    ```

    Constraints: `scale_rows_c1` out has the shape of x; `scale_rows_c2` factors have it without its last size.
  }];
  let arguments = (ins TensorRankOf<[F32], [2, 3]>:$x, TensorRankOf<[F32], [1, 2]>:$factors);
  let results = (outs TensorRankOf<[F32], [2, 3]>:$result);
}

def Lm_ScaleColumnsOp : Lm_ArithmeticOp<"scale_columns"> {
  let summary = "each column times a number of its own";
  let description = [{
    `out[..., c] = x[..., c] * factors[c]`.

    ```mlir
    %z = lm.scale_columns %x, %f : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
    ```

    Constraints: `scale_columns_c1` out has the shape of x; `scale_columns_c2` factors have its last size.
  }];
  let arguments = (ins TensorRankOf<[F32], [2, 3]>:$x, Lm_Vector:$factors);
  let results = (outs TensorRankOf<[F32], [2, 3]>:$result);
}

def Lm_ScaleByOp : Lm_ArithmeticOp<"scale_by"> {
  let summary = "product with one number that is computed";
  let description = [{
    `out = x * factor[0]`.

    ```mlir
    %z = lm.scale_by %x, %f : (tensor<2x4xf32>, tensor<1xf32>) -> tensor<2x4xf32>
    ```

    Constraints: `scale_by_c1` out has the shape of x; `scale_by_c2` the factor has one element.
  }];
  let arguments = (ins TensorOf<[F32]>:$x, Lm_Vector:$factor);
  let results = (outs TensorOf<[F32]>:$result);
}

def Lm_SumRowsOp : Lm_ArithmeticOp<"sum_rows"> {
  let summary = "sum of the rows, heads being rows";
  let description = [{
    `out[c] = sum_t x[t, c]`; of heads `out[d] = sum_(t, h) x[t, h, d]`.

    ```mlir
    %z = lm.sum_rows %x : (tensor<2x4xf32>) -> tensor<4xf32>
    ```

    Constraints: `sum_rows_c1` out has the last size of x.
  }];
  let arguments = (ins TensorRankOf<[F32], [2, 3]>:$x);
  let results = (outs Lm_Vector:$result);
}

def Lm_DotRowsOp : Lm_ArithmeticOp<"dot_rows"> {
  let summary = "product of each row, or of each head of a row, with the one at its place";
  let description = [{
    `out[t] = sum_c x[t, c] * y[t, c]`; of heads `out[t, h] = sum_d x[t, h, d] * y[t, h, d]`.

    ```mlir
    %z = lm.dot_rows %x, %y : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2xf32>
    ```

    Constraints: `dot_rows_c1` x and y have one shape; `dot_rows_c2` out has it without its last size.
  }];
  let arguments = (ins TensorRankOf<[F32], [2, 3]>:$x, TensorRankOf<[F32], [2, 3]>:$y);
  let results = (outs TensorRankOf<[F32], [1, 2]>:$result);
}

def Lm_DotOp : Lm_ArithmeticOp<"dot"> {
  let summary = "sum of the products of all elements";
  let description = [{
    `out[0] = sum_i x[i] * y[i]`.

    ```mlir
    %z = lm.dot %x, %y : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<1xf32>
    ```

    Constraints: `dot_c1` x and y have one shape; `dot_c2` out has one element.
  }];
  let arguments = (ins TensorOf<[F32]>:$x, TensorOf<[F32]>:$y);
  let results = (outs Lm_Vector:$result);
}

#endif // LONGC_LM_ARITHMETIC_TD
