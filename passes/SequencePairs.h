// Which further sequences a block reads, or is read by: the rows of `sources` (reader, source) that name its own sequence.
#pragma once

#include "passes/KernelBuilder.h"

namespace longc {

class SequencePairs {
public:
  // Of the host's `sources` [n, 2], those with the block's `sequence` in column `own`; `boundaries` are those of the sequences in
  // the other column.
  SequencePairs(KernelBuilder &kernel, mlir::Value sources, mlir::Value boundaries, mlir::Value sequence, int64_t own);

  using Step = llvm::function_ref<llvm::SmallVector<mlir::Value>(mlir::Value begin, mlir::Value end, mlir::ValueRange carried)>;
  // Emits a loop over them in their order: `step` makes the next carried values from rows [begin, end) of the other sequence. A
  // sequence that does not exist has no rows.
  llvm::SmallVector<mlir::Value> forEach(mlir::ValueRange carried, Step step);

private:
  mlir::Value names(mlir::Value pair);
  mlir::Value countAll();
  mlir::Value firstFrom(mlir::Value place);
  std::pair<mlir::Value, mlir::Value> rowsOfOther(mlir::Value pair);

  KernelBuilder &kernel_;
  mlir::ImplicitLocOpBuilder &b_;
  mlir::Value sources_, boundaries_, sequence_, size_;
  int64_t own_;
};

} // namespace longc
