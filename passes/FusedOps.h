// What becomes one kernel: an lm.group or a lone lm op, seen alike; and the host side of replacing it by a launch.
#pragma once

#include "passes/KernelBuilder.h"

#include "dialects/lm/LmDialect.h"

namespace longc {

struct FusedOps {
  mlir::Operation *root;                    // the group, or the op itself
  llvm::SmallVector<mlir::Operation *> ops; // in order
  llvm::SmallVector<mlir::Value> results;   // inner value of each result of the root

  explicit FusedOps(mlir::Operation *root);

  template <typename... Ops> bool holds() const {
    return llvm::any_of(ops, [](mlir::Operation *op) { return mlir::isa<Ops...>(op); });
  }
  template <typename Op> llvm::SmallVector<Op> all() const {
    llvm::SmallVector<Op> found;
    for (mlir::Operation *op : ops)
      if (auto match = mlir::dyn_cast<Op>(op))
        found.push_back(match);
    return found;
  }
  bool isInside(mlir::Value value) const { return llvm::is_contained(ops, value.getDefiningOp()); }
  // The value from outside whose dimension 0 has the size of `value`'s rows.
  mlir::Value rowSource(mlir::Value value) const;
  // Words of the ops in order, then sizes: "quantized_linear_add_576x1536".
  std::string kernelName(mlir::Value rows, llvm::StringRef sizes) const;
};

// Every group and lone op of the function for which `wanted` holds, in order.
llvm::SmallVector<FusedOps> fusedOps(mlir::Operation *function, llvm::function_ref<bool(const FusedOps &)> wanted);

// The tensors that a cache or memory is in memory, by a conversion that lower-state resolves.
struct StateTensors {
  mlir::Value keys, values, pageTable;
};
StateTensors stateTensors(mlir::ImplicitLocOpBuilder &host, mlir::Value state);
// Rows of one slot's ring: rows of the keys by slots of the page table.
mlir::Value ringRows(mlir::ImplicitLocOpBuilder &host, const StateTensors &cache);

// The work list of a ragged batch (segments, or two lists of boundaries), one for all kernels of a function that want
// blocks of so many rows.
mlir::Value workList(mlir::Operation *anchor, mlir::Value segments, mlir::Value keyBoundaries, int64_t rows);

// An uninitialised tensor of the result's type whose rows are those of `rowSource`.
mlir::Value emptyResult(mlir::ImplicitLocOpBuilder &host, mlir::Type type, mlir::Value rowSource);

} // namespace longc
