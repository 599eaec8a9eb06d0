// Row-wise lm ops on tiles: what streaming kernels consist of and what the epilogues of other kernels are made of.
//
// A row-wise op computes row t of its results from row t of its operands. So a block that owns some rows evaluates such
// ops one after the other on tiles of those rows; a value from outside is loaded where it is first needed.
#pragma once

#include "passes/FusedOps.h"

#include "llvm/ADT/TypeSwitch.h"

namespace longc {

// The row-wise ops beside the element-wise ones: an overload of RowTiles::evaluate each.
template <typename... Ops> struct OpList {
  static bool holds(mlir::Operation *op) { return mlir::isa<Ops...>(op); }
  template <typename Visitor> static mlir::LogicalResult visit(mlir::Operation *op, Visitor visitor) {
    return llvm::TypeSwitch<mlir::Operation *, mlir::LogicalResult>(op)
        .template Case<Ops...>(visitor)
        .Default([](mlir::Operation *other) {
          return mlir::LogicalResult(other->emitOpError("is not row-wise: no kernel is made of it"));
        });
  }
};
using RowOps = OpList<lm::ApplyRopeOp, lm::ChunkPoolOp, lm::DotRowsOp, lm::EmbeddingOp, lm::GatherRowsOp,
                      lm::LayerNormGradientOp, lm::LayerNormOp, lm::MergeHeadsOp, lm::QuantizeOp, lm::RmsNormGradientOp,
                      lm::RmsNormOp, lm::RopeAnglesOp, lm::ScaleByOp, lm::ScaleColumnsOp, lm::ScaleRowsOp,
                      lm::SliceColumnsOp, lm::SplitHeadsOp>;
// Those that write rows of another tensor, each by a method of its own.
using RowWritingOps = OpList<lm::CacheAppendOp, lm::MemoryAppendOp, lm::ScatterRowsOp>;

// The rows, and in epilogues of products and parts of wide rows the columns, that a block owns.
struct RowWindow {
  mlir::Value row;
  int64_t rows;
  mlir::Value column;             // null: all columns
  int64_t columns = 0, width = 0; // columns of the tile and of the whole, with `column`
  mlir::Value lo, hi;             // rows that may be read and written, when fewer than the tensor's
  mlir::Value diagonal, slot;     // of the sequence, where the window is a row of a work list
  mlir::Value head;               // null: all heads of a value that has some; else a block of one row has this one
};

class RowTiles {
public:
  RowTiles(KernelBuilder &kernel, RowWindow window) : kernel_(kernel), window_(window) {}

  static bool isRowWise(mlir::Operation *op);

  // Gives a value the tile that holds it.
  void bind(mlir::Value value, mlir::Value tile) { pieces_[value] = {{0, tile}}; }
  // Evaluates an op; emits an error on it when it cannot be.
  mlir::LogicalResult emit(mlir::Operation *op);
  // The tile that holds a value, in one piece.
  mlir::Value tileOf(mlir::Value value) { return whole(value); }
  // Evaluates an append: scatters its rows into the state's tensors, given as views.
  mlir::LogicalResult emitAppend(mlir::Operation *op, mlir::Value keys, mlir::Value values, mlir::Value placeArgument);
  // Evaluates a scatter: writes its soft tokens over rows of the view.
  mlir::LogicalResult emitScatter(lm::ScatterRowsOp op, mlir::Value view);
  void store(mlir::Value value, mlir::Value view);

private:
  // A value may be in pieces along its last dimension, each with the index where it begins.
  using Pieces = llvm::SmallVector<std::pair<int64_t, mlir::Value>, 1>;

  const Pieces &piecesOf(mlir::Value value);
  mlir::Value whole(mlir::Value value);
  mlir::Value vector(mlir::Value value); // a weight along the columns
  mlir::Value widened(mlir::Value value);
  void set(mlir::Value value, mlir::Value tile);
  mlir::Value columnOffset(int64_t width);
  llvm::SmallVector<int64_t> shapeOf(mlir::Value value);
  mlir::Value rowIndices(mlir::Value indices);
  bool alike(mlir::ValueRange values);
  mlir::LogicalResult evaluateElements(lm::ElementwiseOpInterface op);
  mlir::LogicalResult evaluate(lm::ApplyRopeOp op);
  mlir::LogicalResult evaluate(lm::ChunkPoolOp op);
  mlir::LogicalResult evaluate(lm::DotRowsOp op);
  mlir::LogicalResult evaluate(lm::EmbeddingOp op);
  mlir::LogicalResult evaluate(lm::GatherRowsOp op);
  mlir::LogicalResult evaluate(lm::LayerNormGradientOp op);
  mlir::LogicalResult evaluate(lm::LayerNormOp op);
  mlir::LogicalResult evaluate(lm::MergeHeadsOp op) { return reshapeHeads(op); }
  mlir::LogicalResult evaluate(lm::QuantizeOp op);
  mlir::LogicalResult evaluate(lm::RmsNormGradientOp op);
  mlir::LogicalResult evaluate(lm::RmsNormOp op);
  mlir::LogicalResult evaluate(lm::RopeAnglesOp op);
  mlir::LogicalResult evaluate(lm::ScaleByOp op);
  mlir::LogicalResult evaluate(lm::ScaleColumnsOp op);
  mlir::LogicalResult evaluate(lm::ScaleRowsOp op);
  mlir::LogicalResult evaluate(lm::SliceColumnsOp op);
  mlir::LogicalResult evaluate(lm::SplitHeadsOp op) { return reshapeHeads(op); }
  mlir::LogicalResult reshapeHeads(mlir::Operation *op);
  void emitAppendOfHead(mlir::Operation *op, mlir::Value keys, mlir::Value values, mlir::Value place);
  mlir::Value partOfHead(mlir::Value value, int64_t begin, int64_t columns);
  mlir::LogicalResult normalize(mlir::Operation *op, mlir::Value weight, mlir::Value bias, double epsilon, bool center);
  template <typename Op> mlir::LogicalResult normGradient(Op op, bool center);
  mlir::Value meanOfRow(mlir::Value tile);
  mlir::Value chunkMean(mlir::Value x, mlir::Value begin, mlir::Value end);
  mlir::Value constantLike(mlir::Value tile, double value);
  template <typename Op, typename... Args> mlir::Value make(Args &&...args) {
    return Op::create(kernel_.body(), std::forward<Args>(args)...);
  }

  KernelBuilder &kernel_;
  RowWindow window_;
  llvm::DenseMap<mlir::Value, Pieces> pieces_;
  // With `head`: heads that are columns of a value outside, and where those begin. They are read as far as they are wanted.
  llvm::DenseMap<mlir::Value, std::pair<mlir::Value, int64_t>> columnsOfHeads_;
};

} // namespace longc
