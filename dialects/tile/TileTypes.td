// Types of the tile dialect: views of memory, quantised elements, the state of a running selection.
#ifndef LONGC_TILE_TYPES_TD
#define LONGC_TILE_TYPES_TD

include "dialects/tile/TileDialect.td"
include "dialects/tile/TileEnums.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/BuiltinTypeInterfaces.td"

class Tile_Type<string typeName, string typeMnemonic> : TypeDef<Tile_Dialect, typeName> {
  let mnemonic = typeMnemonic;
}

def Tile_QuantizedType : Tile_Type<"Quantized", "quantized"> {
  let summary = "element of a block-quantised matrix";
  let description = [{
    Element type of views and tiles whose memory holds blocks of 32 values along the last dimension with a
    scale (and a minimum): `!tile.view<960x576x!tile.quantized<q4_1>>`. A block's value is `d * q + m`.
  }];
  let parameters = (ins EnumParameter<Tile_FormatAttr>:$format);
  let assemblyFormat = "`<` $format `>`";
}

def Tile_ViewType : Tile_Type<"View", "view"> {
  let summary = "typed, strided view of memory whose sizes and strides are known at launch";
  let description = [{
    `!tile.view<?x16x128xbf16>`: rank, sizes (`?` = known at launch only) and element type. `!tile.view<64x64xbf16, panels>` is
    a matrix in panels of 16 rows (runtime/io/Panels.h), as quantised ones always are; it is read-only.
  }];
  let parameters = (ins ArrayRefParameter<"int64_t">:$shape, "::mlir::Type":$elementType, DefaultValuedParameter<"bool", "false">:$panels);
  let builders = [TypeBuilder<(ins "::llvm::ArrayRef<int64_t>":$shape, "::mlir::Type":$elementType), [{
    return Base::get($_ctxt, shape, elementType, /*panels=*/false);
  }]>];
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    int64_t getRank() const { return getShape().size(); }
    bool isDynamicDim(int64_t dim) const { return ::mlir::ShapedType::isDynamic(getShape()[dim]); }
    bool liesInPanels() const;
  }];
}

def Tile_TopkType : Tile_Type<"Topk", "topk"> {
  let summary = "running exact selection of the k best (score, index) pairs of each row";
  let description = "`!tile.topk<192, 32>`: rows and k. Ties go to the lower index.";
  let parameters = (ins "int64_t":$rows, "int64_t":$k);
  let assemblyFormat = "`<` $rows `,` $k `>`";
}

#endif // LONGC_TILE_TYPES_TD
