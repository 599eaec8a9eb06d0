// A LoRA adapter in the form that a program's products take beside their weights, bound when it runs.
#pragma once

#include "runtime/abi/program.pb.h"
#include "runtime/core/Arena.h"
#include "runtime/core/Status.h"
#include "runtime/serve/Program.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace longc {

struct Overlays {
  /// Of a parameter that is bound (abi::Parameter::BOUND): `NAME.lora_A` [R, K] or `NAME.lora_B` [N, R], R the ranks of its modules
  /// together. In rows of f32 it is 0 where the adapter has none of them; in panels of bf16, whose panels are whole, zeros fill R up to
  /// a multiple of panelRows.
  struct Matrix {
    uint32_t parameter; // in Program.parameters
    int64_t rows, columns;
    size_t offset;
  };
  std::vector<Matrix> matrices;
  Arena memory;
  std::string fingerprint; // tells adapters apart, in whatever form

  const std::byte *data(const Matrix &matrix) const { return memory.data() + matrix.offset; }

  /// Whether the program has such parameters.
  static bool areTakenBy(const abi::Program &program);
  /// The adapter that PEFT saved in FOLDER, of any ranks, for functions of that precision. B takes the adapter's factors. Refused by name: what is no LoRA, a tensor
  /// of no product of the program or of another shape, one of two tensors, a module that the configuration names without its tensors, a copy
  /// of the base's head with other numbers than the program's (adapterOfOtherShape); else as the configuration's and the file's errors are.
  static Result<Overlays> read(const std::string &folder, const Program &program, std::string_view precision);
};

} // namespace longc
