// Shape work: heads, columns, rows; and the group that becomes one kernel.
#ifndef LONGC_LM_SHAPE_TD
#define LONGC_LM_SHAPE_TD

include "dialects/lm/LmBase.td"

def Lm_SplitHeadsOp : Lm_Op<"split_heads", [Pure]> {
  let summary = "[T, H*D] as [T, H, D]";
  let arguments = (ins 2DTensorOf<[AnyType]>:$source);
  let results = (outs 3DTensorOf<[AnyType]>:$result);
  let assemblyFormat = "$source attr-dict `:` type($source) `->` type($result)";
  let hasVerifier = 1;
}

def Lm_MergeHeadsOp : Lm_Op<"merge_heads", [Pure]> {
  let summary = "[T, H, D] as [T, H*D]";
  let arguments = (ins 3DTensorOf<[AnyType]>:$source);
  let results = (outs 2DTensorOf<[AnyType]>:$result);
  let assemblyFormat = "$source attr-dict `:` type($source) `->` type($result)";
  let hasVerifier = 1;
}

def Lm_SliceColumnsOp : Lm_Op<"slice_columns", [Pure]> {
  let summary = "columns [begin, begin + width) of a matrix; the width is the result's";
  let arguments = (ins 2DTensorOf<[AnyType]>:$source, I64Attr:$begin);
  let results = (outs 2DTensorOf<[AnyType]>:$result);
  let assemblyFormat = "$source `from` $begin attr-dict `:` type($source) `->` type($result)";
  let hasVerifier = 1;
}

def Lm_GatherRowsOp : Lm_Op<"gather_rows", [Pure]> {
  let summary = "rows of a matrix by index";
  let arguments = (ins 2DTensorOf<[AnyType]>:$source, Lm_Indices:$rows);
  let results = (outs 2DTensorOf<[AnyType]>:$result);
  let assemblyFormat = "$source `,` $rows attr-dict `:` type($source) `,` type($rows) `->` type($result)";
  let hasVerifier = 1;
}

def Lm_GroupOp : Lm_Op<"group", [SingleBlock, NoRegionArguments, RecursiveMemoryEffects]> {
  let summary = "ops that become one kernel";
  let description = [{
    Made by fusion passes, which only move ops into it; tiling turns each group into one kernel. It means what its
    body means.
    ```mlir
    %y = lm.group : tensor<?x64xf32> {
      %a = lm.add %x, %x : tensor<?x64xf32>
      lm.yield %a : tensor<?x64xf32>
    }
    ```
  }];
  let results = (outs Variadic<AnyType>:$results);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "(`:` type($results)^)? attr-dict-with-keyword $body";
  let hasVerifier = 1;
}

def Lm_YieldOp : Op<Lm_Dialect, "yield", [Pure, Terminator, HasParent<"GroupOp">]> {
  let summary = "results of a group";
  let arguments = (ins Variadic<AnyType>:$values);
  let assemblyFormat = "attr-dict ($values^ `:` type($values))?";
}

#endif // LONGC_LM_SHAPE_TD
