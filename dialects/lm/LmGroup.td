// Groups: ops that become one kernel.
#ifndef LONGC_LM_GROUP_TD
#define LONGC_LM_GROUP_TD

include "dialects/lm/LmOpBase.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"

def Lm_GroupOp : Lm_Op<"group", [SingleBlock, NoRegionArguments, RecursiveMemoryEffects]> {
  let summary = "ops that become one kernel";
  let description = [{
    Fusion passes move ops into groups; tiling turns each group, and each op outside one, into a kernel. The body sees
    the values around it. Its meaning is that of its body.

    ```mlir
    %y = lm.group -> (tensor<4x3xf32>) {
      %s = lm.add %x, %x : (tensor<4x3xf32>, tensor<4x3xf32>) -> tensor<4x3xf32>
      %t = lm.add %s, %x : (tensor<4x3xf32>, tensor<4x3xf32>) -> tensor<4x3xf32>
      lm.yield %t : tensor<4x3xf32>
    }
    ```

    Constraints: `group_c1` the body's yield has the result types; `group_c2` a group holds no group.
  }];
  let results = (outs Variadic<AnyType>:$results);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "(`->` `(` type($results)^ `)`)? attr-dict-with-keyword $body";
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    ::mlir::Operation *getYield() { return getBody().front().getTerminator(); }
  }];
}

def Lm_YieldOp : Op<Lm_Dialect, "yield", [Pure, Terminator, HasParent<"GroupOp">, ReturnLike]> {
  let summary = "results of a group";
  let arguments = (ins Variadic<AnyType>:$values);
  let assemblyFormat = "($values^ `:` type($values))? attr-dict";
}

#endif // LONGC_LM_GROUP_TD
