// Positions of tile elements in views.
#include "dialects/tile/TilePosition.h"

using namespace mlir;

namespace longc::tile {

std::optional<SmallVector<int64_t>> restoreDropped(ArrayRef<int64_t> tileShape, ArrayRef<int64_t> dropped,
                                                   int64_t rank) {
  if (tileShape.size() + dropped.size() != static_cast<size_t>(rank))
    return std::nullopt;
  SmallVector<int64_t> shape;
  size_t next = 0;
  for (int64_t d = 0; d < rank; ++d) {
    if (llvm::is_contained(dropped, d))
      shape.push_back(1);
    else if (next < tileShape.size())
      shape.push_back(tileShape[next++]);
  }
  if (shape.size() != static_cast<size_t>(rank) || next != tileShape.size())
    return std::nullopt;
  return shape;
}

LogicalResult verifyPosition(Operation *op, ViewType view, RankedTensorType tile, size_t offsets,
                             ArrayRef<int64_t> dropped, bool oneLimitAlone) {
  // load_c1
  if (offsets != static_cast<size_t>(view.getRank()))
    return op->emitOpError("expected ") << view.getRank() << " offsets, one per dimension of the view, got " << offsets;
  // load_c2
  if (tile.getElementType() != view.getElementType())
    return op->emitOpError("expected a tile of ") << view.getElementType() << ", got " << tile.getElementType();
  // load_c3
  if (!restoreDropped(tile.getShape(), dropped, view.getRank()))
    return op->emitOpError("expected a tile of rank ") << view.getRank() << " less the dropped dimensions, got rank "
                                                       << tile.getRank() << " and " << dropped.size() << " dropped";
  // load_c4
  if (isa<QuantizedType>(view.getElementType()) && (tile.getRank() != 2 || tile.getDimSize(1) % 32 != 0))
    return op->emitOpError("expected a quantised tile of whole blocks of 32 columns, got ") << tile;
  // load_c5
  if (oneLimitAlone)
    return op->emitOpError("expected both row limits or none");
  return success();
}

void forEachElement(ArrayRef<int64_t> viewShape, ArrayRef<int64_t> offsets, ArrayRef<int64_t> shape, int64_t lo,
                    int64_t hi, function_ref<void(int64_t, int64_t)> f) {
  int64_t rank = shape.size(), count = 1;
  for (int64_t size : shape)
    count *= size;
  SmallVector<int64_t> indices(rank, 0);
  for (int64_t i = 0; i < count; ++i) {
    bool inside = true;
    int64_t position = 0;
    for (int64_t d = 0; d < rank; ++d) {
      int64_t index = offsets[d] + indices[d];
      inside &= index >= 0 && index < viewShape[d] && (d != 0 || (index >= lo && index < hi));
      position = position * viewShape[d] + index;
    }
    f(i, inside ? position : -1);
    for (int64_t d = rank - 1; d >= 0 && ++indices[d] == shape[d]; --d)
      indices[d] = 0;
  }
}

} // namespace longc::tile
