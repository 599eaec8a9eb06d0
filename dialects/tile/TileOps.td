// All families of tile ops.
#ifndef LONGC_TILE_OPS_TD
#define LONGC_TILE_OPS_TD

include "dialects/tile/TileKernel.td"
include "dialects/tile/TileMemory.td"
include "dialects/tile/TileProducts.td"
include "dialects/tile/TileShape.td"
include "dialects/tile/TileSelection.td"

#endif // LONGC_TILE_OPS_TD
