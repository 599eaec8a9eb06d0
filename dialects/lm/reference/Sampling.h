// Plain float64 reference of the choice of a token.
#pragma once

#include <cstdint>

namespace longc::lm::reference {

// The token chosen from V logits; ties to the lower id. temperature 0: the best. topK 0: all.
int64_t sample(const double *logits, int64_t V, double temperature, int64_t topK, double topP, double uniform);

} // namespace longc::lm::reference
