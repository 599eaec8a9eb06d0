// An adapter as the functions that serve read it: the matrices that a program holds of trained ones (abi::Parameter::overlays of one that
// is not bound), joined, rounded to bf16 and in panels, as its weights are.
#pragma once

#include "runtime/core/Arena.h"
#include "runtime/train/ProgramParameters.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace longc {

/// Whether a parameter holds trained ones so.
bool isHeld(const abi::Parameter &parameter);

class ServedValues {
public:
  /// What the list does not have is zeros.
  static Result<ServedValues> of(const abi::Program &program, const ParameterList &list, const ParameterArray &values);

  /// Numbers of the program's parameters that are held, and the bytes of each.
  std::span<const uint32_t> indices() const { return indices_; }
  std::span<const std::byte> bytes(size_t i) const;
  Status bind(const BindParameter &bind) const;

private:
  std::vector<uint32_t> indices_;
  std::vector<size_t> offsets_; // one more than there are
  Arena memory_;
};

} // namespace longc
