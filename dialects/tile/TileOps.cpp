// Generated definitions of the tile ops.
#include "dialects/tile/TileDialect.h"

using namespace mlir;
using namespace longc::tile;

#define GET_OP_CLASSES
#include "dialects/tile/TileOps.cpp.inc"
