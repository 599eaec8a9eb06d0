// The cpu dialect: what passes decide about a kernel of tiles before it becomes vector code. Private to codegen/cpu.
#ifndef LONGC_CPU_DIALECT_TD
#define LONGC_CPU_DIALECT_TD

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/OpBase.td"

def Cpu_Dialect : Dialect {
  let name = "cpu";
  let cppNamespace = "::longc::cpu";
  let summary = "where tiles of a kernel lie, how its products multiply and what runs together on one CPU variant";
  let description = [{
    Kernels stay `tile` programs. `cpu.keep` and `cpu.turn` say which tiles lie in memory, `cpu.pack` what is packed and
    when, `cpu.rows` what runs together. Choices of form are attributes:

    | attribute | on | says |
    |---|---|---|
    | `cpu.variant` | `tile.kernel` | the variant that all below is for |
    | `cpu.product` | `tile.mma`, `tile.scaled_mma` | the product's form and register block |
    | `cpu.overlaps_rows` | `tile.mma` | the product runs beside the row work of its next rows |
    | `cpu.in_place` | `tile.mma`, `tile.scaled_mma` | the product writes over its accumulator, which a loop carries |
    | `cpu.local` | `cpu.keep`, products | memory for so many blocks of rows is enough (1 or 2) |
    | `cpu.stage` | work in `cpu.rows` | when it is done: `beside` the product that overlaps rows, or `after` that |
    | `cpu.read_ahead` | `tile.load` | its next tile is asked for, in the cache of this level (1 or 2) |
    | `cpu.scratch` | what makes tiles in memory | where in scratch, in bytes, each of them lies |
    | `cpu.scratch_bytes` | `tile.kernel` | how much scratch there must be |
  }];
  let useDefaultAttributePrinterParser = 1;
  let hasOperationAttrVerify = 1;
}

def Cpu_Stage : I32EnumAttr<"Stage", "when work of a run is done, of which a product overlaps rows", [
    I32EnumAttrCase<"beside", 0>, // between the product's steps, for its next rows
    I32EnumAttrCase<"after", 1>   // needs what is done beside it
]> {
  let cppNamespace = "::longc::cpu";
  let genSpecializedAttr = 0;
}
def Cpu_StageAttr : EnumAttr<Cpu_Dialect, Cpu_Stage, "stage"> {
  let assemblyFormat = "`<` $value `>`";
}

def Cpu_PanelsAttr : AttrDef<Cpu_Dialect, "Panels"> {
  let mnemonic = "panels";
  let summary = "encoding of a tile that lies in scratch as panels of 16 columns of a product";
}

def Cpu_Form : I32EnumAttr<"Form", "how a product multiplies", [
    I32EnumAttrCase<"panels", 0>,      // register blocks of rows x panels of 16 columns, one dot a step
    I32EnumAttrCase<"matrix_unit", 1>, // the same panels, by tiles of 16 x 16
    I32EnumAttrCase<"lanes", 2>,       // few rows: rows of B lie as they are, sums go across lanes at the end
    I32EnumAttrCase<"joined", 3>,      // few rows: rows of B along k are joined to groups as they are read
    I32EnumAttrCase<"scaled", 4>,      // int8: unpacked weights serve many rows, few rows stream them
    I32EnumAttrCase<"wide", 5>         // int16: a few rows share the unpacking, and each comes out as it would alone
]> {
  let cppNamespace = "::longc::cpu";
  let genSpecializedAttr = 0;
}

def Cpu_ProductAttr : AttrDef<Cpu_Dialect, "Product"> {
  let mnemonic = "product";
  let summary = "form of a product and its register block";
  let description = [{
    Rows and panels of 16 columns of the register block. `last`: rows of the block of a last, narrow panel. `sums`: columns of
    the operands that are summed alone before the parts are added up (0: all). `streams`: so few rows stream weights from
    memory, each by itself.
  }];
  let parameters = (ins EnumParameter<Cpu_Form>:$form, "int64_t":$rows, "int64_t":$panels,
                        DefaultValuedParameter<"int64_t", "0">:$lastRows, DefaultValuedParameter<"int64_t", "0">:$sums,
                        DefaultValuedParameter<"int64_t", "0">:$streams);
  let assemblyFormat = "`<` $form `,` $rows `by` $panels (`last` $lastRows^)? (`sums` $sums^)? (`streams` $streams^)? `>`";
  let extraClassDeclaration = [{
    static constexpr ::llvm::StringLiteral attributeName = "cpu.product";
    /// Of a product; null before `longc-cpu-choose-products`.
    static ProductAttr of(::mlir::Operation *op) { return op->getAttrOfType<ProductAttr>(attributeName); }
    bool is(Form form) const { return getForm() == form; }
  }];
}

#endif // LONGC_CPU_DIALECT_TD
