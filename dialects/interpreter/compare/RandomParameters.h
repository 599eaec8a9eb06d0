// Random weights by name and row, so that joining parameters joins their values.
#pragma once

#include "dialects/interpreter/HostTensor.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Operation.h"

#include <map>

namespace longc {

// The numbers of an attribute: `lm.value` of an argument, in the place of random ones.
HostTensor givenTensor(mlir::DenseElementsAttr elements);

// `op` refers to the parameter `name`; `declared` gives the types of the parameters that joined ones consist of.
mlir::FailureOr<HostTensor> randomParameter(mlir::Operation *op, llvm::StringRef name, mlir::Type type, uint64_t seed,
                                            const std::map<std::string, mlir::Type> &declared);

} // namespace longc
