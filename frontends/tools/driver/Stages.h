// The stages of a compilation: lowering, collection of steps and kernels, code, each dumped and timed on request.
#pragma once

#include "codegen/BuildSteps.h"
#include "codegen/KernelTable.h"
#include "codegen/WriteProgram.h"
#include "frontends/tools/driver/Dumps.h"
#include "frontends/tools/driver/WorkFolder.h"
#include "passes/Target.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/Pass/PassManager.h"

#include <chrono>

namespace longc {

// What a compilation has made so far.
struct ProgramParts {
  abi::Program &program;
  ProgramIndex index{program};
  ParameterParts parameters;
  KernelCode code;
};

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

  // Compiles copies of a graph for each of the options' targets, those before whose parameters others read, in those of the precisions
  // that each serves ("written": types are taken as they are). Functions become those of the first module.
  // The graph is called `name` in dumps.
  Status compile(mlir::ModuleOp graph, const std::string &name, llvm::ArrayRef<llvm::StringRef> precisions, ProgramParts &parts);

  // Runs passes over the module; `name` is what the stage is called in errors and times.
  Status run(mlir::PassManager &manager, mlir::ModuleOp module, const std::string &name);

  // The first diagnostic that MLIR gave, as an error of the named stage: the user's where the IR is the user's, else
  // the compiler's own.
  Status failure(const std::string &stage);
  const std::string &firstDiagnostic() const { return firstDiagnostic_; }

  void report(const abi::Program &program);

private:
  class Timer;

  Status compileFor(const Target &target, mlir::ModuleOp graph, const std::string &name, llvm::ArrayRef<llvm::StringRef> precisions, ProgramParts &parts);
  // Gives a graph the largest tile sizes of its target and dumps it; it will be lowered with each of the precisions.
  Status begin(const Target &target, mlir::ModuleOp module, const std::string &name, llvm::ArrayRef<llvm::StringRef> precisions);
  // Runs the target-free pipeline for one precision, then what of the target sees launches; `goOn` as for a dump.
  Status lower(const Target &target, mlir::ModuleOp module, llvm::StringRef precision, const std::string &name, llvm::ArrayRef<std::string> goOn);
  // Kernels of several kinds live side by side in one table: their names are kept apart.
  Status renameKernels(mlir::ModuleOp module, llvm::StringRef suffix);
  // Appends the steps of every function to the program's first module.
  Status addFunctions(mlir::ModuleOp module, llvm::StringRef precision, llvm::StringRef target, ProgramParts &parts);
  Status compileKernels(const Target &target, mlir::ModuleOp kernels, CodeOptions code, ProgramParts &parts);
  CodeOptions codeOptions() const;
  Status keepReproducer(mlir::ModuleOp module, mlir::PassManager &manager);

  const CompileOptions &options_;
  std::string reproducer_; // path
  mlir::MLIRContext context_;
  std::string firstDiagnostic_;
  std::set<std::string> told_; // notes and warnings
  Dumps dumps_;
  std::vector<std::pair<std::string, double>> seconds_;
};

} // namespace longc
