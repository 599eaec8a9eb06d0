// Enumerations of the tile dialect.
#ifndef LONGC_TILE_ENUMS_TD
#define LONGC_TILE_ENUMS_TD

include "mlir/IR/EnumAttr.td"

// q8_0: d * q, q signed 8 bit. q4_0: d * (q - 8). q4_1: d * q + m; q4_1f: the same with d and m
// of f32, not f16. q6_2: d * q, q a product of 6 bits and of a scale of 8 that 16 columns share. Blocks of 32 along the last dimension.
def Tile_FormatAttr : I32EnumAttr<"Format", "block quantisation format", [
    I32EnumAttrCase<"q8_0", 0>, I32EnumAttrCase<"q4_0", 1>, I32EnumAttrCase<"q4_1", 2>,
    I32EnumAttrCase<"q4_1f", 3>, I32EnumAttrCase<"q6_2", 4>]> {
  let cppNamespace = "::longc::tile";
}

def Tile_ReductionAttr : I32EnumAttr<"Reduction", "reduction", [
    I32EnumAttrCase<"add", 0>, I32EnumAttrCase<"max", 1>]> {
  let cppNamespace = "::longc::tile";
}

#endif // LONGC_TILE_ENUMS_TD
