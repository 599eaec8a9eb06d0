// What every family of tile ops is declared with.
#ifndef LONGC_TILE_OP_BASE_TD
#define LONGC_TILE_OP_BASE_TD

include "dialects/interpreter/InterpretableOpInterface.td"
include "dialects/tile/TileAttrs.td"
include "dialects/tile/TileTypes.td"
include "mlir/IR/BuiltinAttributeInterfaces.td"
include "mlir/IR/CommonAttrConstraints.td"
include "mlir/IR/CommonTypeConstraints.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class Tile_Op<string mnemonic, list<Trait> traits = []>
    : Op<Tile_Dialect, mnemonic, !listconcat(traits, [DeclareOpInterfaceMethods<InterpretableOpInterface>])>;

#endif // LONGC_TILE_OP_BASE_TD
