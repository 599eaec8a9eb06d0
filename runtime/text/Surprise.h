// How little a token was expected.
#pragma once

#include <cstdint>
#include <span>

namespace longc {

/// -log p(token) of these logits, within 1e-6.
double surpriseOf(std::span<const float> logits, int32_t token);

} // namespace longc
