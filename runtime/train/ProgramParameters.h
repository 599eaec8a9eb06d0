// Parameters of a program as a list of trained ones.
#pragma once

#include "runtime/abi/program.pb.h"
#include "runtime/train/ParameterList.h"

#include <functional>

namespace longc {

struct ProgramParameters {
  ParameterList list;
  std::vector<uint32_t> indices; // of each in Program.parameters

  void add(const abi::Program &program, uint32_t index);
  /// All that the program can train, in its order.
  static ProgramParameters trainable(const abi::Program &program);
};

/// Executor::bindParameter, or that of who has several.
using BindParameter = std::function<Status(uint32_t parameter, const void *data)>;

/// Binds what the program can train to its values, which are read where they lie; the list has an order of its own, and may have fewer.
Status bindTrained(const abi::Program &program, const ParameterList &list, const ParameterArray &values, const BindParameter &bind);

} // namespace longc
