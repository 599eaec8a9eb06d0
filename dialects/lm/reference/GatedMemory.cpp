// Plain float64 references of per-head memories and gates.
#include "dialects/lm/reference/GatedMemory.h"

#include <cmath>

namespace longc::lm::reference {

Numbers readMlp(const double *q, const double *w1, const double *w2, int64_t D, int64_t F) {
  Numbers out(D);
  for (int64_t f = 0; f < F; ++f) {
    double hidden = 0;
    for (int64_t c = 0; c < D; ++c)
      hidden += q[c] * w1[c * F + f];
    for (int64_t c = 0; c < D; ++c)
      out[c] += silu(hidden) * w2[f * D + c];
  }
  return out;
}

static double feature(double x) { return x > 0 ? x + 1 : std::exp(x); } // elu + 1

Numbers readLinearState(const double *q, const double *state, const double *norm, int64_t D) {
  Numbers out(D);
  double length = 0;
  for (int64_t i = 0; i < D; ++i) {
    length += feature(q[i]) * norm[i];
    for (int64_t c = 0; c < D; ++c)
      out[c] += feature(q[i]) * state[i * D + c];
  }
  for (double &value : out)
    value = length == 0 ? 0 : value / length;
  return out;
}

void writeLinearState(double *state, double *norm, const double *k, const double *v, int64_t D) {
  for (int64_t i = 0; i < D; ++i) {
    norm[i] += feature(k[i]);
    for (int64_t c = 0; c < D; ++c)
      state[i * D + c] += feature(k[i]) * v[c];
  }
}

double gateLogit(const double *q, const double *u1, const double *u2, int64_t D, int64_t R) {
  double logit = 0;
  for (int64_t r = 0; r < R; ++r) {
    double hidden = 0;
    for (int64_t c = 0; c < D; ++c)
      hidden += q[c] * u1[c * R + r];
    logit += silu(hidden) * u2[r];
  }
  return logit;
}

} // namespace longc::lm::reference
