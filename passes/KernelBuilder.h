// Builds one tile.kernel and the launch that runs it, keeping the two argument lists in step.
//
// A tiling pass asks for the view of a host value and gets a kernel argument; the launch that `finish` makes binds the
// same host values in the same order. Index arithmetic is written plainly; canonicalisation tidies it.
#pragma once

#include "dialects/tile/TileDialect.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "llvm/ADT/MapVector.h"

namespace longc {

// On a tile.kernel: columns of its views, where the type leaves them open, are a multiple of this.
inline constexpr llvm::StringLiteral openColumnsAttribute = "tile.open_columns";

class KernelBuilder {
public:
  // The kernel goes before the function that holds `anchor`, the launch before `anchor` itself.
  KernelBuilder(mlir::Operation *anchor, llvm::StringRef name, unsigned gridRank);

  // Where the next op of the kernel goes; callers may move it into loops and must move it back.
  mlir::ImplicitLocOpBuilder &body() { return body_; }
  mlir::ImplicitLocOpBuilder &host() { return host_; }

  mlir::Value gridIndex(unsigned dim) { return kernel_.getBody().getArgument(dim); }
  // The kernel argument bound to a host value: a view of a tensor, or the scalar itself. One argument a value.
  mlir::Value input(mlir::Value hostValue);
  // A further argument bound to `hostInit`, which the launch writes; its result is the launch's next one.
  mlir::Value output(mlir::Value hostInit);

  // Lets the tensors be of any sizes, once all is loaded and stored: kernels that differ in sizes alone are then equal.
  void openSizes();
  // Whether the columns of all tensors are a multiple of `factor`, or open; and that open ones are.
  bool hasColumnsOf(int64_t factor);
  void setOpenColumns(int64_t factor);

  // Ends the kernel and launches it over the grid.
  tile::LaunchOp finish(mlir::ValueRange grid);

  // Index arithmetic in the kernel.
  mlir::Value index(int64_t value);
  mlir::Value add(mlir::Value lhs, mlir::Value rhs) { return mlir::arith::AddIOp::create(body_, lhs, rhs); }
  mlir::Value sub(mlir::Value lhs, mlir::Value rhs) { return mlir::arith::SubIOp::create(body_, lhs, rhs); }
  mlir::Value mul(mlir::Value lhs, int64_t rhs);
  mlir::Value div(mlir::Value lhs, int64_t rhs);
  mlir::Value rem(mlir::Value lhs, int64_t rhs);
  mlir::Value min(mlir::Value lhs, mlir::Value rhs) { return mlir::arith::MinSIOp::create(body_, lhs, rhs); }
  mlir::Value max(mlir::Value lhs, mlir::Value rhs) { return mlir::arith::MaxSIOp::create(body_, lhs, rhs); }

  // An element of a view, an integer as an index; and the size of a view.
  mlir::Value scalar(mlir::Value view, mlir::ValueRange offsets);
  mlir::Value size(mlir::Value view, int64_t dim);

  // Loops over [begin, end): what they carry begins as `initial` and becomes what `next` makes of it.
  using Next = llvm::function_ref<llvm::SmallVector<mlir::Value>(mlir::Value at, mlir::ValueRange carried)>;
  llvm::SmallVector<mlir::Value> loop(mlir::Value begin, mlir::Value end, int64_t step, mlir::ValueRange initial, Next next);
  mlir::Value accumulate(mlir::Value begin, mlir::Value end, int64_t step, mlir::Value initial,
                         llvm::function_ref<mlir::Value(mlir::Value at, mlir::Value sum)> next);
  void when(mlir::Value condition, llvm::function_ref<void()> body);
  // The tile, or what `changed` makes where the condition holds.
  mlir::Value when(mlir::Value condition, mlir::Value tile, llvm::function_ref<mlir::Value()> changed);

  // Tiles filled with one value; and i32 numbers that count along a dimension, from `first` on.
  mlir::Value constantTile(llvm::ArrayRef<int64_t> shape, double value);
  mlir::Value integers(llvm::ArrayRef<int64_t> shape, int64_t value);
  mlir::Value counted(llvm::ArrayRef<int64_t> shape, int64_t dim, mlir::Value first = {});
  mlir::Value splat(llvm::ArrayRef<int64_t> shape, mlir::Value scalar);
  mlir::Value reshape(mlir::Value tile, llvm::ArrayRef<int64_t> shape);
  mlir::Value expand(mlir::Value tile, int64_t dim, int64_t size);
  mlir::Value transpose(mlir::Value tile);
  mlir::Value reduce(tile::Reduction kind, mlir::Value tile, int64_t dim);
  // The tile with its numbers in another type.
  mlir::Value converted(mlir::Value tile, mlir::Type element);
  mlir::Value widened(mlir::Value tile) { return converted(tile, body_.getF32Type()); }
  // sum + a b, and sum + a b^T; no sum is zero.
  mlir::Value multiply(mlir::Value a, mlir::Value b, mlir::Value sum = {});
  mlir::Value multiplyRows(mlir::Value a, mlir::Value b, mlir::Value sum = {});
  mlir::Value load(mlir::Value view, llvm::ArrayRef<int64_t> shape, mlir::ValueRange offsets, mlir::Value lo = {},
                   mlir::Value hi = {}, llvm::ArrayRef<int64_t> dropped = {});
  void store(mlir::Value tile, mlir::Value view, mlir::ValueRange offsets, mlir::Value lo = {}, mlir::Value hi = {},
             llvm::ArrayRef<int64_t> dropped = {});

private:
  tile::KernelOp kernel_;
  mlir::ImplicitLocOpBuilder body_, host_;
  llvm::MapVector<mlir::Value, mlir::Value> inputs_;
  llvm::SmallVector<mlir::Value> outputs_; // host side
  unsigned gridRank_;
};

// `type` with another element type or shape.
mlir::RankedTensorType tileType(llvm::ArrayRef<int64_t> shape, mlir::Type element);
llvm::ArrayRef<int64_t> tileShape(mlir::Value tile);
mlir::Type tileElement(mlir::Value tile);

// The host's size of a tensor along one dimension: a constant where the type tells it.
mlir::Value hostSize(mlir::ImplicitLocOpBuilder &host, mlir::Value tensor, int64_t dim);
// Blocks of `tile` that cover the dimension.
mlir::Value hostBlocks(mlir::ImplicitLocOpBuilder &host, mlir::Value tensor, int64_t dim, int64_t tile);

// A tile size for a static dimension: the size itself when it fits, else the largest multiple of `granule` that
// divides it and is more than half of `limit`, else `limit` (the ragged last tile is clipped by loads and stores).
int64_t fitTile(int64_t limit, int64_t size, int64_t granule);

} // namespace longc
