// The IR between the stages of a compilation as numbered files, each of which says how to go on from it.
#pragma once

#include "codegen/DumpFolder.h"
#include "frontends/tools/driver/Compile.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/Pass/PassManager.h"

namespace longc {

class Dumps {
public:
  explicit Dumps(const CompileOptions &options) : options_(options), folder_(options.dumpDir) {}

  // For what is kept beside: assembly, CUDA.
  DumpFolder &folder() { return folder_; }

  // Writes the module as NN-name.mlir into the dump folder, if there is one. `goOn`: flags of longc-opt that do what
  // comes next, one line each; they stand as comments at the end of the file.
  Status write(mlir::ModuleOp module, const std::string &name, llvm::ArrayRef<std::string> goOn = {});

  // Also writes after each pass of the manager, if asked for.
  void follow(mlir::PassManager &manager);
  // What could not be written meanwhile.
  Status status() const { return folder_.status(); }

  // The module's kernels that were asked for with --only-kernel; null where all were.
  mlir::OwningOpRef<mlir::ModuleOp> chosenKernels(mlir::ModuleOp module) const;
  // Whether anything was there to be written so far.
  bool foundAny() const { return number_ > 0; }

private:
  class AfterEachPass;

  void print(const std::string &name, llvm::ArrayRef<std::string> goOn, mlir::ModuleOp module);

  const CompileOptions &options_;
  DumpFolder folder_;
  int number_ = 0;
};

} // namespace longc
