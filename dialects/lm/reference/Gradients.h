// Plain float64 references of gradients and of the products that they are made of.
#pragma once

#include "dialects/lm/reference/Layers.h"

namespace longc::lm::reference {

// out[t, h, k] = sum_n x[t, h, n] w[h, n, k].
Numbers product(const double *x, const double *w, int64_t T, int64_t H, int64_t N, int64_t K);
// out[h, n, k] = sum_t x[t, h, n] y[t, h, k].
Numbers rowProduct(const double *x, const double *y, int64_t T, int64_t H, int64_t N, int64_t K);

// Gradients of an RMS norm (`centred`: a layer norm), of its rows and, before they are summed, of its weight.
struct NormGradient {
  Numbers rows, weighted;
};
NormGradient normGradient(const double *x, const double *w, const double *gradient, int64_t T, int64_t C,
                          double epsilon, bool centred);

// Gradient of the logits of a cross-entropy, [R, V]; lseGradient may be null.
Numbers logitGradient(const double *x, const double *w, const double *targets, const double *weights,
                      const double *lse, double lossGradient, const double *lseGradient, int64_t R, int64_t C,
                      int64_t V, int64_t ignoreIndex);

} // namespace longc::lm::reference
