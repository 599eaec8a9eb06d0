// The step list of a function as text: what a person reads to see what will run, and where its data lies.
#pragma once

#include "runtime/abi/program.pb.h"

#include "llvm/Support/raw_ostream.h"

namespace longc {

// Symbols, buffers with their steps of first and last use, steps in order, results. `program` names kernels, parameters
// and state; both must be well formed.
void printSteps(const abi::Program &program, const abi::Function &function, llvm::raw_ostream &output);

// One line: its name, and how much its products are.
void printKernel(const abi::Kernel &kernel, llvm::raw_ostream &output);

} // namespace longc
