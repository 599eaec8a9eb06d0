// Lowering of one block-form kernel: each op on tiles becomes a stage, a loop of the block's threads over elements.
#pragma once

#include "codegen/cuda/BlockPlan.h"

#include "mlir/IR/IRMapping.h"

#include <map>

namespace longc::cuda {

inline constexpr int64_t kBlockThreads = 256, kWarpThreads = 32;

class BlockLowering {
public:
  /// Behind `waitsAfter` the kernel waits for the one before it; null: it has done so before.
  BlockLowering(const BlockPlan &plan, mlir::OpBuilder &builder, mlir::Operation *waitsAfter)
      : plan_(plan), b(builder), loc(builder.getUnknownLoc()), waitsAfter_(waitsAfter) {}

  mlir::LogicalResult lowerBlock(mlir::Block &source);

  mlir::IRMapping scalars; // what is the same for all threads

private:
  using Indices = llvm::SmallVector<mlir::Value, 4>;
  /// Bytes of shared memory.
  struct Range {
    int64_t begin, end;
  };
  /// Where an element lies in memory, and whether it is there.
  struct Access {
    mlir::Value offset, inRange;
  };

  mlir::LogicalResult lower(mlir::scf::ForOp op);
  mlir::LogicalResult lower(mlir::scf::IfOp op);
  void lower(tile::LoadOp op);
  void lower(tile::GatherOp op);
  void lower(tile::MmaOp op);
  void lower(tile::ReduceOp op);
  void lower(tile::StoreOp op);
  void lower(tile::ScatterOp op);
  void lower(tile::ScalarOp op);
  void lower(tile::TopkInitOp op);
  void lower(tile::TopkUpdateOp op);
  void lower(tile::TopkThresholdOp op);
  void copyRows(tile::LoadOp op);
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
  Access access(mlir::Value view, mlir::ValueRange positions, mlir::Value lo, mlir::Value hi);
  Indices positionsOf(mlir::ValueRange offsets, llvm::ArrayRef<int64_t> dropped, const Indices &at);
  mlir::Value readOrZero(mlir::Value view, const Access &place, mlir::Type element);
  void writeIf(mlir::Value view, const Access &place, llvm::function_ref<mlir::Value()> value);
  struct RowCopy {
    mlir::Value pointer, stride, begin, end;
  };
  RowCopy rowsOf(tile::LoadOp op);

  // Arithmetic.
  mlir::Value constant(int64_t value) { return mlir::arith::ConstantIndexOp::create(b, loc, value); }
  mlir::Value add(mlir::Value x, mlir::Value y) { return b.createOrFold<mlir::arith::AddIOp>(loc, x, y); }
  mlir::Value mul(mlir::Value x, int64_t y) { return b.createOrFold<mlir::arith::MulIOp>(loc, x, constant(y)); }
  mlir::Value div(mlir::Value x, int64_t y) { return b.createOrFold<mlir::arith::DivSIOp>(loc, x, constant(y)); }
  mlir::Value rem(mlir::Value x, int64_t y) { return b.createOrFold<mlir::arith::RemSIOp>(loc, x, constant(y)); }
  mlir::Value wide(mlir::Value x) { return mlir::arith::IndexCastOp::create(b, loc, b.getI64Type(), x); }
  mlir::Value compare(mlir::arith::CmpIPredicate predicate, mlir::Value x, mlir::Value y) {
    return mlir::arith::CmpIOp::create(b, loc, predicate, x, y);
  }
  mlir::Value both(mlir::Value x, mlir::Value y) {
    return x ? Value(mlir::arith::AndIOp::create(b, loc, x, y)) : y;
  }
  mlir::Value sizeOf(mlir::Value view, int64_t dim);
  mlir::Value stride(mlir::Value view, int64_t dim) { return StrideOp::create(b, loc, b.getI64Type(), view, dim); }
  mlir::Value call(llvm::StringRef callee, mlir::Type type, mlir::ValueRange arguments = {}, bool pure = false) {
    return CallOp::create(b, loc, type, callee, arguments, pure).getResult();
  }
  void call(llvm::StringRef callee, mlir::ValueRange arguments = {}) {
    CallOp::create(b, loc, mlir::TypeRange(), callee, arguments, false);
  }
  mlir::Value thread() { return call("thread_of_block", b.getIndexType(), {}, true); }

  using Value = mlir::Value;
  const BlockPlan &plan_;
  mlir::Operation *waitsAfter_;
  mlir::OpBuilder &b;
  mlir::Location loc;
  llvm::DenseMap<Value, Value> tables_; // of constants whose elements differ
  std::vector<Range> readSince_, writtenSince_; // since the last barrier
  std::map<std::pair<const void *, std::vector<const void *>>, mlir::Value> known_; // elements of the loop's body
};

} // namespace longc::cuda
