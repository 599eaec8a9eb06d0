// Parameters of a program as a list of trained ones.
#pragma once

#include "runtime/abi/program.pb.h"
#include "runtime/train/ParameterList.h"

namespace longc {

struct ProgramParameters {
  ParameterList list;
  std::vector<uint32_t> indices; // of each in Program.parameters

  void add(const abi::Program &program, uint32_t index);
  /// All that the program can train, in its order.
  static ProgramParameters trainable(const abi::Program &program);
};

} // namespace longc
