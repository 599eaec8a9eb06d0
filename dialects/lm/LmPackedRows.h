// Which key rows each query row of a packed batch sees: what attention and its gradients share when they run.
#pragma once

#include "dialects/lm/LmShapes.h"

namespace longc::lm {

struct PackedRows {
  llvm::SmallVector<int64_t> cuQ, cuK;
  llvm::SmallVector<std::pair<int64_t, int64_t>> sources; // query sequence, key sequence
  bool causal;
  int64_t window;

  // Calls back for every query row of a sequence with the rows of k and v that it sees, in rising order within its own
  // sequence, then source after source; `own` of them are of its own sequence.
  void forEachQuery(llvm::function_ref<void(int64_t query, llvm::ArrayRef<int64_t> keys, size_t own)> callback) const;

  // Of an op with the operands and attributes of lm.packed_attention. Failure: a diagnostic on the op.
  template <typename Op> static mlir::FailureOr<PackedRows> read(Op op, Interpreter &interpreter) {
    PackedRows rows;
    rows.causal = op.getCausal();
    rows.window = op.getWindow();
    const HostTensor *sources = op.getSources() ? &interpreter.getTensor(op.getSources()) : nullptr;
    if (failed(rows.fill(op, interpreter.getTensor(op.getCuQ()), interpreter.getTensor(op.getQ()).dim(0),
                         interpreter.getTensor(op.getCuK()), interpreter.getTensor(op.getK()).dim(0), sources)))
      return mlir::failure();
    return rows;
  }

private:
  mlir::LogicalResult fill(mlir::Operation *op, const HostTensor &cuQ, int64_t queries, const HostTensor &cuK,
                           int64_t keys, const HostTensor *sourceTable);
};

} // namespace longc::lm
