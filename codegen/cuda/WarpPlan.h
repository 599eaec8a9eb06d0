// Where the tiles of a warp-form kernel are: in registers, spread over the lanes of one warp.
#pragma once

#include "codegen/cuda/CudaDialect.h"

#include <string>

namespace longc::cuda {

/// Lanes of a warp, and columns that a lane has side by side.
inline constexpr int64_t kLanes = 32, kChunk = 8;

/// Which lanes have which elements of a tile, taken as a matrix whose rows are all dimensions but the last. `lanes` of them
/// share a row, so that 32 / lanes groups stand side by side.
struct WarpLayout {
  enum Kind : uint8_t {
    whole,   // each lane has all elements
    spread,  // each lane has every lanes-th chunk of every row; all groups have the same
    columns, // each group has every (32 / lanes)-th column; all its lanes have the same
    rows,    // each group has every (32 / lanes)-th row, spread over its lanes
  };
  Kind kind = whole;
  int64_t lanes = kLanes;

  int64_t groups() const { return kLanes / lanes; }
  bool operator==(const WarpLayout &) const = default;
};

/// Rows and columns of a tile.
std::pair<int64_t, int64_t> matrixOf(mlir::Type type);
/// Registers of a lane, of the whole tile and of a row that it has a part of.
int64_t registersOf(const WarpLayout &layout, mlir::Type type);
int64_t registersOfRow(const WarpLayout &layout, mlir::Type type);

/// How the tiles of a product lie.
struct ProductLayouts {
  WarpLayout left, right, sum;
};
ProductLayouts layoutsOf(tile::MmaOp product);

/// Whether a tile's chunks can be read or written 16 bytes at a time: each lies in the view or outside it as a whole.
bool hasChunks(tile::LoadOp load);
bool hasChunks(tile::StoreOp store);

class WarpPlan {
public:
  explicit WarpPlan(tile::KernelOp kernel) : kernel_(kernel) {}

  /// Gives every tile a layout. What stands in the way, empty if nothing does.
  std::string run();

  /// Of a tile that is kept, or of what an expression is made of; whole where it is made of nothing that is kept.
  WarpLayout layoutOf(mlir::Value tile) const { return known(tile).value_or(WarpLayout{}); }
  /// Whether a tile's elements are computed where they are read: constants, numbers of rows, copies along a dimension.
  static bool isFree(mlir::Operation *op);

private:
  using Value = mlir::Value;

  bool hasPieces() { return kernel_.getGridRank() == 3; }
  bool isRowWise();
  void visit(mlir::Operation *op);
  void check(mlir::Operation *op);
  void tie(llvm::ArrayRef<Value> tiles);
  void require(Value tile, WarpLayout layout);
  void propagate();
  Value firstWithout();
  std::optional<WarpLayout> known(Value tile) const;
  void refuse(mlir::Operation *op, llvm::StringRef reason);

  tile::KernelOp kernel_;
  llvm::DenseMap<Value, WarpLayout> layouts_;
  bool changed_ = false;
  std::string obstacle_;
};

} // namespace longc::cuda
