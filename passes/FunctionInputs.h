// What functions and their arguments say they are for.
#pragma once

#include "dialects/lm/BoundParameters.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

#include <optional>

namespace longc {

// The role of an argument, such as "tokens", and the layer that its state is of; of lowered state how it lies ("rings", "pages").
inline constexpr llvm::StringLiteral roleAttribute = "lm.input", layerAttribute = "lm.layer", stateAttribute = "lm.state";

// What says that an argument is trained, and which argument (by number) or parameter (by name) a result is the gradient of.
inline constexpr llvm::StringLiteral trainedAttribute = "lm.trained", gradientAttribute = "lm.gradient";

// On a function each of whose sequences has one token in a call, as in decoding: its kernels are made for few rows and keys
// are split. (They do not count on it: more tokens are only slower.)
inline constexpr llvm::StringLiteral oneTokenAttribute = "lm.one_token";
bool hasOneToken(mlir::Operation *op); // or is in such a function

// How a parameter that nothing is stored of begins.
inline constexpr llvm::StringLiteral initializerAttribute = "lm.initializer", initializeZero = "zero",
                                     initializeKaiming = "kaiming_uniform";

// Of a function that serves with an adapter: the end of its name. Of a parameter of it, whose rank is known when it is bound: the rows of
// each of its modules (overlayModulesAttribute) in the product.
inline constexpr llvm::StringLiteral adaptedEnd = "_adapted", overlayRowsAttribute = "lm.overlay_rows";

// Adds a last argument; the function's type follows.
mlir::Value appendInput(mlir::func::FuncOp function, mlir::Type type, llvm::StringRef role,
                        std::optional<int64_t> layer = std::nullopt);

} // namespace longc
