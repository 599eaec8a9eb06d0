// The cuda dialect: what stands between tile kernels and CUDA C++ text. Private to codegen/cuda.
#ifndef LONGC_CUDA_DIALECT_TD
#define LONGC_CUDA_DIALECT_TD

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/OpBase.td"

def Cuda_Dialect : Dialect {
  let name = "cuda";
  let cppNamespace = "::longc::cuda";
  let summary = "warp roles, rings of shared tiles and register arrays of one kernel on a Hopper-class GPU";
  let description = [{
    Two levels. *Roles*: a kernel split into a producer, which feeds rings of shared tiles through the copy engine,
    and consumer warpgroups, which own 64 rows each and still compute on whole tiles. *Threads*: every tile is an
    array of registers of one thread, and every op has one printed form.
  }];
  let useDefaultTypePrinterParser = 1;
  let useDefaultAttributePrinterParser = 1;
}

def Cuda_Layout : I32EnumAttr<"Layout", "where the elements of a tile live", [
    I32EnumAttrCase<"shared", 0>,   // shared memory, rows of 128 bytes under the 128-byte swizzle
    I32EnumAttrCase<"fragment", 1>, // registers, as wgmma's accumulator: 64 rows a warpgroup
    I32EnumAttrCase<"row", 2>,      // one value per row of a fragment
    I32EnumAttrCase<"column", 3>    // one value per column of a fragment
]> {
  let cppNamespace = "::longc::cuda";
  let genSpecializedAttr = 0;
}
def Cuda_LayoutAttr : EnumAttr<Cuda_Dialect, Cuda_Layout, "layout"> {
  let assemblyFormat = "`<` $value `>`";
}

def Cuda_TensorMapAttr : AttrDef<Cuda_Dialect, "TensorMap"> {
  let mnemonic = "tensor_map";
  let summary = "copy-engine descriptor that the host makes over one view: which view, and the box, outermost first";
  let parameters = (ins "int64_t":$operand, ArrayRefParameter<"int64_t">:$box);
  let assemblyFormat = "`<` `operand` `=` $operand `,` `box` `=` `[` $box `]` `>`";
}

class Cuda_Type<string typeName, string typeMnemonic> : TypeDef<Cuda_Dialect, typeName> {
  let mnemonic = typeMnemonic;
}
def Cuda_RegistersType : Cuda_Type<"Registers", "registers"> {
  let summary = "array of registers of one thread";
  let parameters = (ins "int64_t":$count, "::mlir::Type":$elementType);
  let assemblyFormat = "`<` $count `,` $elementType `>`";
}
def Cuda_PointerType : Cuda_Type<"Pointer", "pointer"> {
  let summary = "address of an element in device memory";
  let parameters = (ins "::mlir::Type":$elementType);
  let assemblyFormat = "`<` $elementType `>`";
}
def Cuda_MapType : Cuda_Type<"Map", "map"> {
  let summary = "copy-engine descriptor, a kernel parameter";
}
def Cuda_RingType : Cuda_Type<"Ring", "ring"> {
  let summary = "ring of shared tiles with a full and an empty barrier a stage";
  let parameters = (ins "int64_t":$stages, "::mlir::Type":$tile);
  let assemblyFormat = "`<` $stages `,` $tile `>`";
}

#endif // LONGC_CUDA_DIALECT_TD
