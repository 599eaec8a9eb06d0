// The stages of a compilation: lowering, collection of steps and kernels, code, each dumped and timed on request.
#pragma once

#include "codegen/BuildSteps.h"
#include "codegen/WriteProgram.h"
#include "codegen/cpu/CompileCpu.h"
#include "frontends/tools/driver/Compile.h"
#include "frontends/gguf/ImportGguf.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"

#include <chrono>

namespace longc {

// Refuses options that the model cannot satisfy (unknown method, layers out of range, window over the context).
Status checkOptions(const CompileOptions &options, const LlamaConfig &config);

// Layers whose attention reads memory; empty without a memory method.
Result<std::vector<int64_t>> memoryLayers(const CompileOptions &options, const LlamaConfig &config);

class Stages {
public:
  explicit Stages(const CompileOptions &options);

  mlir::MLIRContext &context() { return context_; }

  // Writes the module as NN-name.mlir into the dump folder, if there is one.
  void dump(mlir::ModuleOp module, llvm::StringRef name);

  // Runs the target-free pipeline for one precision.
  Status lower(mlir::ModuleOp module, llvm::StringRef precision);

  // Appends the module's functions to `result` and its kernels, renamed apart by precision, to `kernels`.
  Status collect(mlir::ModuleOp module, llvm::StringRef precision, ProgramIndex &index, abi::Module &result,
                 mlir::ModuleOp kernels, ParameterParts &parts);

  Result<CpuObjects> compileKernels(mlir::ModuleOp kernels);

  // The first diagnostic that MLIR gave, as an internal error of the named stage.
  Status failure(const std::string &stage);

  void report(const abi::Program &program, const std::string &output);

private:
  class Timer;

  const CompileOptions &options_;
  mlir::MLIRContext context_;
  std::string firstDiagnostic_;
  int dumps_ = 0;
  std::vector<std::pair<std::string, double>> seconds_;
};

} // namespace longc
