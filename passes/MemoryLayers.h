// Which layers of a decoder have a memory.
#pragma once

#include "mlir/IR/Operation.h"
#include "llvm/ADT/SmallSet.h"

namespace longc {

class MemoryLayers {
public:
  /// Of "all", or layer numbers with commas. An error at `anchor` says what was expected.
  static mlir::FailureOr<MemoryLayers> parse(mlir::Operation *anchor, llvm::StringRef text);

  struct Layer {
    int64_t number;
    bool seesAll; // attention without a window of its own
  };
  /// Those of `layers` that have one. "all" leaves out layers that see only the newest tokens, where others see everything:
  /// they are no place for old ones.
  llvm::SmallSet<int64_t, 8> choose(llvm::ArrayRef<Layer> layers) const;

  /// The listed ones; none of "all".
  const llvm::SmallSet<int64_t, 8> &listed() const { return listed_; }

private:
  bool all_ = false;
  llvm::SmallSet<int64_t, 8> listed_;
};

} // namespace longc
