// Arguments of functions that say what they are for.
#pragma once

#include "mlir/Dialect/Func/IR/FuncOps.h"

#include <optional>

namespace longc {

// The role of an argument, such as "tokens", and the layer that its state is of.
inline constexpr llvm::StringLiteral roleAttribute = "lm.input", layerAttribute = "lm.layer";

// What says that an argument is trained, and which argument (by number) or parameter (by name) a result is the gradient of.
inline constexpr llvm::StringLiteral trainedAttribute = "lm.trained", gradientAttribute = "lm.gradient";

// Adds a last argument; the function's type follows.
mlir::Value appendInput(mlir::func::FuncOp function, mlir::Type type, llvm::StringRef role,
                        std::optional<int64_t> layer = std::nullopt);

} // namespace longc
