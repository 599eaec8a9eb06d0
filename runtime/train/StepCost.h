// What a step of training costs, as logs and estimates count it.
#pragma once

#include <cstdint>

namespace longc {

/// (4 N + 2 n) T + 12 L d s, after PaLM (arXiv 2204.02311, appendix B), with n trained of N weights, T tokens, L layers of
/// width d and s the sum of squared lengths. With n = N that is 6 N T + 12 L d s.
struct StepCost {
  static constexpr const char *formula = "(4N+2n)T+12Lds";
  double weights = 0, trained = 0, layers = 0, width = 0;

  double operations(int64_t tokens, double squares) const { return (4 * weights + 2 * trained) * static_cast<double>(tokens) + 12 * layers * width * squares; }
};

} // namespace longc
