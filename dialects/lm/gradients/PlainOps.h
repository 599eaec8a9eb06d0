// Plain ops with the types that follow from their operands; every result is f32.
#pragma once

#include "dialects/lm/LmDialect.h"

#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace longc::lm {

class PlainOps {
public:
  explicit PlainOps(mlir::ImplicitLocOpBuilder &builder) : b_(builder) {}

  mlir::Value add(mlir::Value x, mlir::Value y);
  mlir::Value subtract(mlir::Value x, mlir::Value y);
  mlir::Value multiply(mlir::Value x, mlir::Value y);
  mlir::Value scale(mlir::Value x, double factor);
  mlir::Value fill(mlir::Value like, double value);
  mlir::Value scaleRows(mlir::Value x, mlir::Value factors);
  mlir::Value scaleColumns(mlir::Value x, mlir::Value factors);
  mlir::Value scaleBy(mlir::Value x, mlir::Value factor);
  mlir::Value sumRows(mlir::Value x);
  mlir::Value dotRows(mlir::Value x, mlir::Value y);
  mlir::Value dot(mlir::Value x, mlir::Value y);
  mlir::Value product(mlir::Value x, mlir::Value w);
  mlir::Value rowProduct(mlir::Value x, mlir::Value y);
  mlir::Value transpose(mlir::Value x);
  mlir::Value silu(mlir::Value x);
  mlir::Value sigmoid(mlir::Value x);
  mlir::Value siluGradient(mlir::Value x, mlir::Value gradient);
  mlir::Value reshape(mlir::Value x, llvm::ArrayRef<int64_t> shape);

  static llvm::ArrayRef<int64_t> shapeOf(mlir::Value value) {
    return llvm::cast<mlir::RankedTensorType>(value.getType()).getShape();
  }
  mlir::RankedTensorType f32(llvm::ArrayRef<int64_t> shape) {
    return mlir::RankedTensorType::get(shape, b_.getF32Type());
  }

private:
  mlir::ImplicitLocOpBuilder &b_;
};

} // namespace longc::lm
