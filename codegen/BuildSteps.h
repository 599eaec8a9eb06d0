// Step-list construction: a tiled host function becomes a Function of the Program message.
//
// The host function may hold tile.launch, tile.work_list, lm.parameter_ref, tensor.empty, tensor.dim and index
// arithmetic; anything else is refused by name. Values become buffers with live ranges, launches become steps.
#pragma once

#include "runtime/abi/program.pb.h"

#include "dialects/lm/LmDialect.h"
#include "dialects/tile/TileDialect.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/StringMap.h"

namespace longc {

// Indices that functions of one program share: parameters, kernels and state objects by name.
class ProgramIndex {
public:
  explicit ProgramIndex(abi::Program &program) : program_(program) {}

  // An error where a function before has another parameter of the name: laid out otherwise, of another shape or use.
  mlir::FailureOr<uint32_t> parameter(lm::ParameterOp parameter);
  uint32_t kernel(llvm::StringRef name);
  uint32_t kernel(tile::KernelOp op);
  uint32_t state(abi::State::Layout layout, llvm::StringRef name, uint32_t layer, mlir::RankedTensorType type);

private:
  struct Known {
    uint32_t number;
    std::string form;
  };

  abi::Program &program_;
  llvm::StringMap<Known> parameters_;
  llvm::StringMap<uint32_t> kernels_, states_;
};

// The element type as the Program names it; nothing for a type that no buffer can have.
std::optional<abi::ElementType> elementType(mlir::Type type);

// Appends the function's inputs, buffers and steps to `result`.
mlir::LogicalResult buildSteps(mlir::func::FuncOp function, ProgramIndex &index, abi::Function &result);

} // namespace longc
