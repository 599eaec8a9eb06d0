// A LoRA adapter in the form that a program's products take beside their weights, bound when it runs.
#pragma once

#include "runtime/abi/program.pb.h"
#include "runtime/core/Status.h"
#include "runtime/serve/Program.h"
#include "runtime/train/ParameterList.h"

#include <cstdint>
#include <string>
#include <vector>

namespace longc {

struct Overlays {
  /// One for each parameter of the program that is bound (abi::Parameter::BOUND), in its order: `NAME.lora_A` [R, K] and
  /// `NAME.lora_B` [N, R], R the ranks of its modules together; 0 where the adapter has none of them.
  ParameterList list;
  std::vector<uint32_t> indices; // in Program.parameters
  ParameterArray values;
  std::string fingerprint; // tells adapters apart

  /// Whether the program has such parameters.
  static bool areTakenBy(const abi::Program &program);
  /// The adapter that PEFT saved in FOLDER, of any ranks. B takes the adapter's factors. Refused by name: what is no LoRA, a tensor
  /// of no product of the program or of another shape, one of two tensors, a module that the configuration names without its tensors, a copy
  /// of the base's head with other numbers than the program's (adapterOfOtherShape); else as the configuration's and the file's errors are.
  static Result<Overlays> read(const std::string &folder, const Program &program);
};

} // namespace longc
