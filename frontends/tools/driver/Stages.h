// The stages of a compilation: lowering, collection of steps and kernels, code, each dumped and timed on request.
#pragma once

#include "codegen/BuildSteps.h"
#include "codegen/WriteProgram.h"
#include "codegen/cpu/CompileCpu.h"
#include "frontends/tools/driver/Dumps.h"
#include "frontends/tools/driver/WorkFolder.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/Pass/PassManager.h"

#include <chrono>

namespace longc {

// Adds the parts of the module's joined parameters.
void collectParts(mlir::ModuleOp module, ParameterParts &parts);

class Stages {
public:
  // The file of the work folder that always holds the module at work and the passes it is going through.
  static constexpr const char *reproducerName = "reproducer.mlir";

  Stages(const CompileOptions &options, const WorkFolder &work);

  mlir::MLIRContext &context() { return context_; }

  // Writes the module as NN-name.mlir into the dump folder, if there is one (Dumps.h).
  Status dump(mlir::ModuleOp module, const std::string &name, llvm::ArrayRef<std::string> goOn = {}) {
    return dumps_.write(module, name, goOn);
  }

  // Gives a graph the facts of its target and dumps it; it will be lowered with each of the precisions.
  Status begin(mlir::ModuleOp module, tile::TargetAttr facts, const std::string &name,
               llvm::ArrayRef<llvm::StringRef> precisions);

  // Runs passes over the module; `name` is what the stage is called in errors and times.
  Status run(mlir::PassManager &manager, mlir::ModuleOp module, const std::string &name);

  // Runs the target-free pipeline for one precision; `goOn` as for a dump.
  Status lower(mlir::ModuleOp module, llvm::StringRef precision, const std::string &name,
               llvm::ArrayRef<std::string> goOn);

  // Appends the module's functions to `result` and its kernels, renamed apart by precision, to `kernels`.
  Status collect(mlir::ModuleOp module, llvm::StringRef precision, ProgramIndex &index, abi::Module &result,
                 mlir::ModuleOp kernels, ParameterParts &parts);

  // Kernels of several kinds live side by side in one table: their names are kept apart.
  Status renameKernels(mlir::ModuleOp module, const std::string &suffix);

  // Appends the steps of every function to `result`.
  Status addFunctions(mlir::ModuleOp module, llvm::StringRef precision, llvm::StringRef target, ProgramIndex &index,
                      abi::Module &result);

  Result<CpuObjects> compileKernels(mlir::ModuleOp kernels);

  // The first diagnostic that MLIR gave, as an error of the named stage: the user's where the IR is the user's, else
  // the compiler's own.
  Status failure(const std::string &stage);
  DumpFolder &dumps() { return dumps_.folder(); }
  const std::string &firstDiagnostic() const { return firstDiagnostic_; }
  void forgetDiagnostics() { firstDiagnostic_.clear(); }

  // Flags of longc-opt that lower kernels, for each CPU variant.
  std::vector<std::string> cpuFlags() const;

  void report(const abi::Program &program);

private:
  class Timer;

  std::vector<llvm::StringRef> variants() const;
  Status keepReproducer(mlir::ModuleOp module, mlir::PassManager &manager);

  const CompileOptions &options_;
  std::string reproducer_; // path
  mlir::MLIRContext context_;
  std::string firstDiagnostic_;
  Dumps dumps_;
  std::vector<std::pair<std::string, double>> seconds_;
};

} // namespace longc
