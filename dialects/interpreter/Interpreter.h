// The reference interpreter: runs functions of `lm`, `tile`, arith, math, scf, tensor and func ops in float64.
//
// Values are bound to SSA values and looked up by ops through InterpretableOpInterface. A failure is a diagnostic on
// the op that failed. One interpreter runs one module; it is as plain as it can be, because it judges everything else.
#pragma once

#include "dialects/interpreter/HostTensor.h"
#include "dialects/interpreter/InterpretableOpInterface.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/DenseMap.h"

#include <functional>

namespace longc {

struct InterpreterOptions {
  // Round every float result to its element type; off: float64 everywhere.
  bool roundToTypes = false;
};

class Interpreter {
public:
  // Gives the value of a parameter: a tensor, quantised where the type is. Failure: a diagnostic on the op.
  using ParameterSource =
      std::function<mlir::FailureOr<HostTensor>(mlir::Operation *op, llvm::StringRef name, mlir::Type type)>;

  explicit Interpreter(mlir::ModuleOp module, InterpreterOptions options = {}) : module_(module), options_(options) {}

  void setParameterSource(ParameterSource source) { parameterSource_ = std::move(source); }

  // Runs a function of the module.
  mlir::FailureOr<llvm::SmallVector<HostValue>> call(llvm::StringRef function, llvm::ArrayRef<HostValue> arguments);

  // For ops.
  const HostValue &get(mlir::Value value) const;
  int64_t getInteger(mlir::Value value) const { return std::get<int64_t>(get(value)); }
  const HostTensor &getTensor(mlir::Value value) const { return std::get<HostTensor>(get(value)); }
  HostTensor &getView(mlir::Value value) const { return *std::get<HostView>(get(value)).tensor; }
  llvm::SmallVector<HostValue> getAll(mlir::ValueRange values) const;
  llvm::SmallVector<int64_t> getIntegers(mlir::ValueRange values) const;
  template <typename State> std::shared_ptr<const State> getState(mlir::Value value) const {
    return std::dynamic_pointer_cast<const State>(std::get<std::shared_ptr<const StateObject>>(get(value)));
  }
  // Makes the op that runs fail after its diagnostic, where a helper has no way to return failure.
  void fail() { failed_ = true; }
  // Binds a value; floats are rounded to the type if asked for, integers wrapped.
  void set(mlir::Value value, HostValue result);

  mlir::FailureOr<HostTensor> parameter(mlir::Operation *op, llvm::StringRef name, mlir::Type type);
  mlir::FailureOr<llvm::SmallVector<HostValue>> callFunction(mlir::Operation *caller, llvm::StringRef function,
                                                             llvm::ArrayRef<HostValue> arguments);
  // Runs the ops of a block; its terminator's operands are then read with `getAll`.
  mlir::LogicalResult runBlock(mlir::Block &block, llvm::ArrayRef<HostValue> arguments);

  mlir::ModuleOp module() const { return module_; }
  const InterpreterOptions &options() const { return options_; }

private:
  mlir::LogicalResult runOp(mlir::Operation *op);

  mlir::ModuleOp module_;
  InterpreterOptions options_;
  ParameterSource parameterSource_;
  llvm::DenseMap<mlir::Value, HostValue> values_;
  llvm::SmallVector<mlir::Operation *> active_; // functions being run
  bool failed_ = false;
};

// Ops of upstream dialects, by family. Each returns failure with a diagnostic for an op it does not know.
mlir::LogicalResult interpretArith(mlir::Operation *op, Interpreter &interpreter);
mlir::LogicalResult interpretControl(mlir::Operation *op, Interpreter &interpreter);
mlir::LogicalResult interpretMath(mlir::Operation *op, Interpreter &interpreter);
mlir::LogicalResult interpretTensorOp(mlir::Operation *op, Interpreter &interpreter);

} // namespace longc
