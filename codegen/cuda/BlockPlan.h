// Where the tiles of a block-form kernel are: in shared memory, or nowhere, computed element by element where they are read.
#pragma once

#include "codegen/cuda/CudaDialect.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/MapVector.h"

namespace longc::cuda {

/// Rows that a product takes straight from memory: so few that staging the right operand would cost more.
inline constexpr int64_t kFewRows = 8;

class BlockPlan {
public:
  explicit BlockPlan(tile::KernelOp kernel) : kernel_(kernel) {}

  /// Plans the kernel; refuses by name what the form cannot hold, or has no room for in `sharedBytes`.
  mlir::LogicalResult run(int64_t sharedBytes);

  int64_t bytes() const { return bytes_; }
  bool isStored(mlir::Value tile) const { return slots_.contains(tile); }
  /// First byte of a stored tile, or of a selection's entries.
  int64_t offsetOf(mlir::Value tile) const { return slotList_[slots_.lookup(tile)].offset; }
  bool sharePlace(mlir::Value a, mlir::Value b) const { return slots_.lookup(a) == slots_.lookup(b); }
  /// Elements from one row of a stored matrix to the next, chosen so that the rows of a fragment lie in different banks.
  static int64_t pitchOf(mlir::RankedTensorType type);
  static int64_t bytesOf(mlir::Type type);
  /// Places of each row of a selection: its k best and what was offered since they were told apart.
  static int64_t capacityOf(tile::TopkType type);
  /// Whether a load is the right operand of a product of few rows that reads it from memory itself.
  bool isDirect(mlir::Operation *load) const { return direct_.contains(load); }
  /// Whether tiles are copied that may still be on their way when their stage is over.
  bool hasCopies() const { return hasCopies_; }
  /// Whether a branch only chooses between expressions: both sides are computed where the result is read.
  bool isChoice(mlir::Operation *branch) const { return choices_.contains(branch); }
  /// Whether a value is made of other tiles' elements by an expression.
  static bool isExpression(mlir::Operation *op);
  /// The stored tiles that an expression reads.
  void leavesOf(mlir::Value tile, llvm::SmallVectorImpl<mlir::Value> &leaves) const;

private:
  /// A piece of shared memory and the ops, by number, between which it is taken.
  struct Slot {
    int64_t begin, end, bytes, offset = 0;
  };

  mlir::LogicalResult checkOps();
  void findChoices();
  void findDirectLoads();
  bool mayBeDirect(tile::MmaOp op);
  void numberOps();
  void chooseStored();
  bool mustStore(mlir::Value tile);
  bool isCostly(mlir::Value tile);
  bool isUsedDeeper(mlir::Value tile);
  void makeSlots();
  void store(mlir::Value tile, int64_t begin, int64_t end);
  void shareWithCarried(mlir::scf::ForOp loop);
  void shareInPlace(mlir::Value tile);
  mlir::LogicalResult joinSelections();
  void merge(mlir::Value tile, mlir::Value into);
  mlir::LogicalResult allocate(int64_t sharedBytes);
  void forEachStage(mlir::Value tile, llvm::function_ref<void(mlir::Operation *)> visit);
  int64_t endOf(mlir::Value tile);
  int64_t positionFor(mlir::Operation *stage, mlir::Value tile);
  bool readsInPlace(mlir::Value tile, mlir::Operation *stage);

  tile::KernelOp kernel_;
  llvm::DenseMap<mlir::Operation *, int64_t> position_, last_;
  llvm::DenseSet<mlir::Operation *> direct_, choices_;
  llvm::SetVector<mlir::Value> stored_;
  llvm::DenseMap<mlir::Value, bool> costly_;
  llvm::DenseMap<mlir::Value, int64_t> slots_;
  std::vector<Slot> slotList_;
  int64_t bytes_ = 0;
  bool hasCopies_ = false;
};

/// Whether an integer is a multiple of `factor` whatever the block: by how it is made.
bool isMultipleOf(mlir::Value value, int64_t factor);

/// Whether the rows of a tile, or a tile of one dimension, can be copied 16 bytes at a time: the view's last dimension is the tile's, of a known size,
/// and the tile lies inside it, aligned.
bool hasAlignedRows(tile::LoadOp load);

} // namespace longc::cuda
