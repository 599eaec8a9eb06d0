// Enumerations of the tile dialect.
#ifndef LONGC_TILE_ENUMS_TD
#define LONGC_TILE_ENUMS_TD

include "mlir/IR/EnumAttr.td"

// q8_0: d * q, q signed 8 bit. q4_0: d * (q - 8). q4_1: d * q + m. Blocks of 32 along the last dimension.
def Tile_FormatAttr : I32EnumAttr<"Format", "block quantisation format", [
    I32EnumAttrCase<"q8_0", 0>, I32EnumAttrCase<"q4_0", 1>, I32EnumAttrCase<"q4_1", 2>]> {
  let cppNamespace = "::longc::tile";
}

def Tile_ReductionAttr : I32EnumAttr<"Reduction", "reduction", [
    I32EnumAttrCase<"add", 0>, I32EnumAttrCase<"max", 1>]> {
  let cppNamespace = "::longc::tile";
}

#endif // LONGC_TILE_ENUMS_TD
