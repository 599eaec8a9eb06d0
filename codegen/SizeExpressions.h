// Host-side index arithmetic as expressions of a function's symbols.
//
// After tiling, a host function computes grid sizes and buffer sizes with `tensor.dim` and `arith` on index values.
// The Program message holds the same arithmetic as expressions of a few symbols (tokens, rows, sequences, work items),
// so that the runtime can evaluate them at each call and bound them at load.
#pragma once

#include "runtime/abi/program.pb.h"

#include "mlir/IR/Value.h"
#include "llvm/ADT/DenseMap.h"

namespace longc {

class SizeExpressions {
public:
  explicit SizeExpressions(abi::Function &function) : function_(function) {}

  // The index of the symbol of this name, made when first asked for.
  uint32_t symbol(llvm::StringRef name);
  abi::Expr symbolExpr(llvm::StringRef name);
  static abi::Expr constant(int64_t value);
  static abi::Expr binary(abi::Expr::Op op, abi::Expr lhs, abi::Expr rhs);

  // Declares the sizes of a tensor value: static ones from its type, dynamic ones from `dynamicSizes`.
  void bindSizes(mlir::Value tensor, llvm::ArrayRef<abi::Expr> dynamicSizes);
  void bindSizesOf(mlir::Value tensor, mlir::Value other);
  llvm::ArrayRef<abi::Expr> sizesOf(mlir::Value tensor) const;

  // The expression of an index value; emits an error at its definition when it is not host arithmetic.
  mlir::FailureOr<abi::Expr> evaluate(mlir::Value index);

private:
  abi::Function &function_;
  llvm::DenseMap<mlir::Value, llvm::SmallVector<abi::Expr>> sizes_;
};

} // namespace longc
