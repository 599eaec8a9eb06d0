// Attachment of the gradients of each family of ops to the dialect.
#pragma once

#include "dialects/lm/DifferentiableOpInterface.h"
#include "dialects/lm/LmDialect.h"

namespace longc::lm {

// The interface of an op whose gradient is a function of this signature.
template <typename Op, llvm::LogicalResult (*function)(Op, Gradients &)>
struct GradientModel : DifferentiableOpInterface::ExternalModel<GradientModel<Op, function>, Op> {
  llvm::LogicalResult differentiate(mlir::Operation *op, Gradients &gradients) const {
    return function(llvm::cast<Op>(op), gradients);
  }
};

// For each op of the list, the overload of `differentiate` in sight of the caller.
template <typename Op, llvm::LogicalResult (*function)(Op, Gradients &)> void attach(mlir::MLIRContext *context) {
  Op::template attachInterface<GradientModel<Op, function>>(*context);
}

void attachArithmeticGradients(mlir::MLIRContext *context);
void attachAttentionGradients(mlir::MLIRContext *context);
void attachGatedMemoryGradients(mlir::MLIRContext *context);
void attachLayerGradients(mlir::MLIRContext *context);
void attachLossGradients(mlir::MLIRContext *context);
void attachRowGradients(mlir::MLIRContext *context);

} // namespace longc::lm
