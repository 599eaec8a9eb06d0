// Element-wise layers.
#ifndef LONGC_LM_ACTIVATION_TD
#define LONGC_LM_ACTIVATION_TD

include "dialects/lm/LmOpBase.td"

def Lm_AddOp : Lm_ElementwiseOp<"add"> {
  let summary = "element-wise sum: the residual connection";
  let description = [{
    `out = x + y`. Constraints: `elementwise_c1` all shapes agree.

    ```mlir
    %z = lm.add %x, %y : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
    ```
  }];
  let arguments = (ins Lm_Elements:$x, Lm_Elements:$y);
}

def Lm_SwigluOp : Lm_ElementwiseOp<"swiglu"> {
  let summary = "gated unit, silu(gate) * up";
  let description = [{
    `out = gate / (1 + exp(-gate)) * up`. Constraints: `elementwise_c1` all shapes agree.

    ```mlir
    %z = lm.swiglu %x, %y : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
    ```
  }];
  let arguments = (ins Lm_Elements:$gate, Lm_Elements:$up);
}

def Lm_GegluOp : Lm_ElementwiseOp<"geglu"> {
  let summary = "gated unit, gelu(gate) * up with the gelu by tanh";
  let description = [{
    `out = gate / 2 * (1 + tanh(sqrt(2/pi) * (gate + 0.044715 gate^3))) * up`. Constraints: `elementwise_c1` all shapes
    agree.

    ```mlir
    %z = lm.geglu %x, %y : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
    ```
  }];
  let arguments = (ins Lm_Elements:$gate, Lm_Elements:$up);
}

def Lm_GeluOp : Lm_ElementwiseOp<"gelu"> {
  let summary = "Gaussian error linear unit, exact by erf or by tanh";
  let description = [{
    `out = x / 2 * (1 + erf(x / sqrt(2)))`; with `tanh`: `x / 2 * (1 + tanh(sqrt(2/pi) * (x + 0.044715 x^3)))`.

    ```mlir
    %y = lm.gelu %x : (tensor<2x4xf32>) -> tensor<2x4xf32>
    ```

    Constraints: `elementwise_c1` all shapes agree.
  }];
  let arguments = (ins Lm_Elements:$x, UnitAttr:$tanh);
}

def Lm_ScaleOp : Lm_ElementwiseOp<"scale"> {
  let summary = "product with one number: embeddings of some models";
  let description = [{
    `out = factor * x`.

    ```mlir
    %y = lm.scale %x {factor = 2.5 : f64} : (tensor<2x4xf32>) -> tensor<2x4xf32>
    ```

    Constraints: `elementwise_c1` all shapes agree; `scale_c1` the factor is finite.
  }];
  let arguments = (ins Lm_Elements:$x, Lm_RealAttr:$factor);
  let hasVerifier = 1;
}

#endif // LONGC_LM_ACTIVATION_TD
