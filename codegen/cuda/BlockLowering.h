// Lowering of one block-form kernel: each op on tiles becomes a stage, a loop of the block's threads over elements.
#pragma once

#include "codegen/cuda/BlockPlan.h"
#include "codegen/cuda/KernelLowering.h"

#include <map>

namespace longc::cuda {

inline constexpr int64_t kBlockThreads = 256, kWarpThreads = 32;

class BlockLowering : public KernelLowering {
public:
  /// Behind `waitsAfter` the kernel waits for the one before it; null: it has done so before.
  BlockLowering(const BlockPlan &plan, mlir::OpBuilder &builder, mlir::Operation *waitsAfter)
      : KernelLowering(builder, builder.getUnknownLoc()), plan_(plan), waitsAfter_(waitsAfter) {}

  mlir::LogicalResult lowerBlock(mlir::Block &source);

private:
  using Indices = llvm::SmallVector<mlir::Value, 4>;
  /// Bytes of shared memory.
  struct Range {
    int64_t begin, end;
  };
  using KernelLowering::lower;
  mlir::LogicalResult lower(mlir::scf::ForOp op);
  mlir::LogicalResult lower(mlir::scf::IfOp op);
  void lower(tile::LoadOp op);
  void lower(tile::GatherOp op);
  void lower(tile::MmaOp op);
  void lower(tile::ReduceOp op);
  void lower(tile::StoreOp op);
  void lower(tile::ScatterOp op);
  void lower(tile::TopkInitOp op);
  void lower(tile::TopkUpdateOp op);
  void lower(tile::TopkThresholdOp op);
  void copyRows(tile::LoadOp op);
  mlir::Value reduced(tile::ReduceOp op, const Indices &at, mlir::Value begin, int64_t step);
  void reduceRows(tile::ReduceOp op);

  // Stages: barriers, then a loop over elements.
  void keep(mlir::Value tile);
  void copyInto(mlir::Value tile, mlir::Value place);
  void beginStage(mlir::ValueRange read, mlir::Value written);
  void barrier();
  void forEachElement(llvm::ArrayRef<int64_t> shape, llvm::function_ref<void(const Indices &)> body);
  mlir::scf::ForOp openLoop(mlir::Value begin, mlir::Value end, int64_t step, mlir::ValueRange carried = {});

  // Elements.
  mlir::Value elementAt(mlir::Value tile, const Indices &at);
  mlir::Value expressionAt(mlir::Value tile, const Indices &at);
  mlir::Value reshaped(tile::ReshapeOp op, const Indices &at);
  mlir::Value pointerTo(mlir::Value tile);
  mlir::Value selectionAt(mlir::Value state);
  mlir::Value pointerTo(mlir::Value tile, const Indices &at);
  mlir::Value linear(mlir::RankedTensorType type, const Indices &at);
  Indices indicesIn(llvm::ArrayRef<int64_t> shape, mlir::Value element);
  template <typename Op> Access placeOf(Op op, const Indices &at);
  template <typename Op> Access placeOfRow(Op op, const Indices &at);
  Indices positionsOf(mlir::ValueRange offsets, llvm::ArrayRef<int64_t> dropped, const Indices &at);
  void writeIf(mlir::Value view, const Access &place, llvm::function_ref<mlir::Value()> value);
  struct RowCopy {
    mlir::Value pointer, stride, begin, end;
  };
  RowCopy rowsOf(tile::LoadOp op);

  mlir::Value thread() { return pureCall("thread_of_block", b.getIndexType()); }

  const BlockPlan &plan_;
  mlir::Operation *waitsAfter_;
  llvm::DenseMap<Value, Value> tables_; // of constants whose elements differ
  std::vector<Range> readSince_, writtenSince_; // since the last barrier
  std::map<std::pair<const void *, std::vector<const void *>>, mlir::Value> known_; // elements of the loop's body
};

} // namespace longc::cuda
