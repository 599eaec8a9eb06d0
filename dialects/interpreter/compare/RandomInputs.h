// Random arguments and parameters of a function, by the roles of its arguments (`lm.input`, `lm.layer`, `lm.state`).
//
// The roles: tokens, positions, memory_positions, rows, segments, cu_seqlens, temperature, cache, memory, page_table,
// targets, destinations, boundaries, sources, cross_rows, and of lowered state cache_keys, cache_values, memory_keys,
// memory_values. One set of inputs serves a function before and after a pipeline: an argument is found again by its role
// and layer, one without a role by its place among those without.
#pragma once

#include "dialects/interpreter/Interpreter.h"
#include "dialects/interpreter/compare/RandomBatch.h"

#include "mlir/Interfaces/FunctionInterfaces.h"

namespace longc {

struct RandomInputOptions {
  uint64_t seed = 1;
  int64_t tokens = 37, sequences = 3;
};

class RandomInputs {
public:
  // Sizes come from the function where it states them.
  RandomInputs(mlir::ModuleOp module, mlir::FunctionOpInterface function, const RandomInputOptions &options);

  const RandomBatch &batch() const { return batch_; }

  // Arguments of this function or of what a pipeline made of it.
  mlir::FailureOr<llvm::SmallVector<HostValue>> arguments(mlir::FunctionOpInterface function) const;

  // Random parameters; one with `parts` gets the rows of its parts, whose shapes the first module declares.
  Interpreter::ParameterSource parameters() const;

private:
  mlir::FailureOr<HostValue> argument(mlir::FunctionOpInterface function, unsigned index, unsigned unnamed) const;
  HostTensor plainTensor(mlir::RankedTensorType type, llvm::StringRef name) const;
  HostTensor lowered(const RowStore &store, bool isMemory, bool values, mlir::RankedTensorType type) const;
  int64_t dynamicRows(llvm::StringRef role) const;

  RandomBatch batch_;
  int64_t tokenLimit_ = 32;
  std::map<std::string, mlir::Type> declared_; // parameters of the first module
};

} // namespace longc
