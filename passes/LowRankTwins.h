// h = x A^T twice: in the adapter of a linear op, scaled, and by itself, for a gradient. One kernel makes both.
#pragma once

#include "passes/FusedOps.h"

#include "mlir/Interfaces/FunctionInterfaces.h"

namespace longc {

class LowRankTwins {
public:
  explicit LowRankTwins(mlir::FunctionOpInterface function);

  // The op or group that gives the h of an adapter on `x` with first matrix `a` in an op of `root`; null if there is none.
  mlir::Operation *of(mlir::Operation *root, mlir::Value x, mlir::Value a) const;
  // Whether it is one that `of` gives for some op.
  bool isTwin(mlir::Operation *root) const { return taken_.contains(root); }
  // Those that are made elsewhere now go.
  void dropTwins() const;

private:
  mlir::Operation *find(mlir::Operation *root, mlir::Value x, mlir::Value a) const;

  struct Product {
    mlir::Operation *root;
    lm::LinearOp op; // whose x is what a kernel makes once that is tiled
  };
  llvm::SmallVector<Product> products_;
  llvm::SmallPtrSet<mlir::Operation *, 16> taken_;
};

} // namespace longc
