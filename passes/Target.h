// What a compilation knows of what kernels run on. Each folder of codegen that makes code describes one.
#pragma once

#include "dialects/tile/TileDialect.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/PassManager.h"

namespace longc {

class Status;       // runtime/core/Status.h
struct CodeOptions; // codegen/KernelTable.h
struct KernelCode;

class Target {
public:
  virtual ~Target() = default;

  // As programs and command lines name it, and what one needs to know beside: its variants, the compiler that was found.
  virtual llvm::StringRef name() const = 0;
  virtual std::string description() const = 0;
  // In which precisions it serves models; names of variants that code can be limited to.
  virtual llvm::SmallVector<llvm::StringRef> precisions() const = 0;
  virtual llvm::SmallVector<llvm::StringRef> variants() const { return {}; }
  // Whether functions that take any adapter come beside those that train one.
  virtual bool servesWhileTraining() const { return true; }

  // Tile sizes to choose from, the largest first.
  virtual llvm::SmallVector<tile::TargetAttr> tilings(mlir::MLIRContext *context) const = 0;
  // A tiled kernel that there is no room for, in words; nothing where there is for all, as far as that can be known beforehand.
  virtual std::string crowded(mlir::ModuleOp) const { return {}; }

  // Dialects of its own, which must be there before passes run.
  virtual void addDialects(mlir::DialectRegistry &registry) const = 0;
  // Passes over lowered functions that see how kernels are launched.
  virtual void addLaunchPasses(mlir::OpPassManager &) const {}
  // What compile does first, as far as IR goes, for each variant that is asked for: as passes (for one of them), as flags of longc-opt.
  virtual void addKernelPasses(mlir::OpPassManager &manager, const CodeOptions &options) const = 0;
  virtual llvm::SmallVector<std::string> kernelFlags(const CodeOptions &options) const = 0;
  // Adds the code of every kernel; why not, otherwise, unless a diagnostic said so. `canCompile` says beforehand whether all is there that it takes.
  virtual Status canCompile() const = 0;
  virtual Status compile(mlir::ModuleOp kernels, const CodeOptions &options, KernelCode &code) const = 0;
};

// Makes a target known, while a tool starts; the first is what a module gets that names none.
void registerTarget(const Target &target);
llvm::ArrayRef<const Target *> targets();
// Null for a name that nobody knows.
const Target *findTarget(llvm::StringRef name);

} // namespace longc
