// Runs a function on random inputs, prints its results, or compares them with those after a pass pipeline.
#pragma once

#include "dialects/interpreter/compare/RandomInputs.h"

#include "llvm/Support/raw_ostream.h"

namespace longc {

struct CompareOptions {
  std::string function, afterFunction; // empty: the same
  std::string pipeline;                // of the pass manager's text form, with or without builtin.module(...)
  RandomInputOptions inputs;
  bool roundToTypes = false;
  double tolerance = 1e-9; // of the largest magnitude of each result
  // How far results rounded to their types may be apart, as a part of what rounding changes; 0: not compared.
  double roundingTolerance = 0.1;
  int64_t shown = 8;       // elements printed of each result
  int64_t samples = 40;    // elements of each gradient that are checked
};

// Runs the passes of a pipeline in text form.
mlir::LogicalResult runPipeline(mlir::ModuleOp module, llvm::StringRef text);

// Prints shape, largest magnitude and first elements of every result.
mlir::LogicalResult printRun(mlir::ModuleOp module, const CompareOptions &options, llvm::raw_ostream &os);

// Prints "equal max_error=..." or "different: ..." (then fails). Without `roundToTypes` both are run in float64, and where
// types narrower than f32 occur, again with every result rounded to its type: a rounding that is gone or new is a
// difference, "rounding=..." says how much of rounding's effect differs.
mlir::LogicalResult compareAfter(mlir::ModuleOp module, const CompareOptions &options, llvm::raw_ostream &os);

} // namespace longc
