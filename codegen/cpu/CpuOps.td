// Ops of the cpu dialect: what stands in a kernel besides its tile program.
#ifndef LONGC_CPU_OPS_TD
#define LONGC_CPU_OPS_TD

include "codegen/cpu/CpuDialect.td"
include "mlir/IR/CommonAttrConstraints.td"
include "mlir/IR/CommonTypeConstraints.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class Cpu_Op<string mnemonic, list<Trait> traits = []> : Op<Cpu_Dialect, mnemonic, traits>;

def Cpu_KeepOp : Cpu_Op<"keep", [Pure, AllTypesMatch<["source", "tile"]>]> {
  let summary = "a tile evaluated into memory, where all that follows reads it";
  let description = [{
    A tile without it is evaluated where an element of it is needed; results of products, reductions, encodings, loops and
    branches lie in memory as they are. `late` waits for all work before it, `home` for that: it makes the tile where the
    loop or branch has it that the tile is handed to, its only use.

    ```mlir
    %k = cpu.keep %t : tensor<8x64xf32>
    ```
  }];
  let arguments = (ins AnyStaticShapeTensor:$source, UnitAttr:$late, UnitAttr:$home);
  let results = (outs AnyStaticShapeTensor:$tile);
  let assemblyFormat = "$source (`late` $late^)? (`home` $home^)? attr-dict `:` type($tile)";
}

def Cpu_TurnOp : Cpu_Op<"turn", [Pure]> {
  let summary = "a transposed tile in memory, made by squares of 16 x 16";
  let arguments = (ins AnyStaticShapeTensor:$source);
  let results = (outs AnyStaticShapeTensor:$tile);
  let assemblyFormat = "$source attr-dict `:` type($source) `->` type($tile)";
  let hasVerifier = 1;
}

def Cpu_PackOp : Cpu_Op<"pack", [Pure]> {
  let summary = "the other operand of a product as panels of 16 of the product's columns, in scratch";
  let description = [{
    ```mlir
    %p = cpu.pack %b transpose_b : tensor<48x64xbf16> -> tensor<48x64xbf16, #cpu.panels>
    ```
  }];
  let arguments = (ins AnyStaticShapeTensor:$source, UnitAttr:$transpose_b);
  let results = (outs AnyStaticShapeTensor:$panels);
  let assemblyFormat = "$source (`transpose_b` $transpose_b^)? attr-dict `:` type($source) `->` type($panels)";
  let hasVerifier = 1;
}

def Cpu_RowsOp : Cpu_Op<"rows", [AttrSizedOperandSegments, RecursiveMemoryEffects, SingleBlock]> {
  let summary = "work over the same rows, in one go or in blocks of rows";
  let description = [{
    What evaluates tiles without a product between shares one loop over the rows. `in 24` runs all of the region for 24 rows,
    then for the next. `of` says how many rows matter, where it is not all. No product overlaps rows where one of the
    conditions behind `unless` holds: the branches that have it are looked at row by row then, and else known not to be taken.
  }];
  let arguments = (ins Optional<Index>:$count, Variadic<I1>:$branches, OptionalAttr<I64Attr>:$block);
  let results = (outs Variadic<AnyType>:$results);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "(`of` $count^)? (`in` $block^)? (`unless` $branches^)? $body attr-dict (`:` type($results)^)?";
}

def Cpu_YieldOp : Cpu_Op<"yield", [Pure, Terminator, HasParent<"RowsOp">]> {
  let summary = "what others read of work over rows";
  let arguments = (ins Variadic<AnyType>:$values);
  let assemblyFormat = "($values^ `:` type($values))? attr-dict";
}

#endif // LONGC_CPU_OPS_TD
