// Sequences of tokens as the inputs of an encoder's call, one behind the other, without padding.
#pragma once

#include "runtime/abi/program.pb.h"
#include "runtime/core/Status.h"

#include <cstdint>
#include <span>
#include <vector>

namespace longc {

/// Refuses (LC5302) an id that the encoder's vocabulary lacks.
Status checkEncoderToken(const abi::Module &module, int32_t token);

struct EncoderInputs {
  std::vector<int32_t> tokens, types, positions, boundaries = {0};

  /// A sequence of 1 to `module.context_length()` known tokens. Errors: its length (LC5304), an unknown token (LC5302).
  Status append(const abi::Module &module, std::span<const int32_t> sequence);
  int64_t sequences() const { return static_cast<int64_t>(boundaries.size()) - 1; }
  void clear();
};

} // namespace longc
