// Plain float64 references of gradients.
#include "dialects/lm/reference/Gradients.h"

#include <cmath>

namespace longc::lm::reference {

Numbers product(const double *x, const double *w, int64_t T, int64_t H, int64_t N, int64_t K) {
  Numbers out(T * H * K);
  for (int64_t row = 0; row < T * H; ++row)
    for (int64_t n = 0; n < N; ++n)
      for (int64_t k = 0; k < K; ++k)
        out[row * K + k] += x[row * N + n] * w[(row % H * N + n) * K + k];
  return out;
}

Numbers rowProduct(const double *x, const double *y, int64_t T, int64_t H, int64_t N, int64_t K) {
  Numbers out(H * N * K);
  for (int64_t row = 0; row < T * H; ++row)
    for (int64_t n = 0; n < N; ++n)
      for (int64_t k = 0; k < K; ++k)
        out[(row % H * N + n) * K + k] += x[row * N + n] * y[row * K + k];
  return out;
}

NormGradient normGradient(const double *x, const double *w, const double *gradient, int64_t T, int64_t C,
                          double epsilon, bool centred) {
  NormGradient result{Numbers(T * C), Numbers(T * C)};
  for (int64_t t = 0; t < T; ++t) {
    const double *row = x + t * C, *g = gradient + t * C;
    double mean = 0, squares = 0, sum = 0, along = 0;
    for (int64_t c = 0; c < C && centred; ++c)
      mean += row[c] / C;
    for (int64_t c = 0; c < C; ++c)
      squares += (row[c] - mean) * (row[c] - mean) / C;
    double root = std::sqrt(squares + epsilon);
    for (int64_t c = 0; c < C; ++c) {
      result.weighted[t * C + c] = g[c] * (row[c] - mean) / root;
      along += result.weighted[t * C + c] * w[c] / C;
      sum += g[c] * w[c] / C;
    }
    for (int64_t c = 0; c < C; ++c)
      result.rows[t * C + c] = (g[c] * w[c] - (centred ? sum : 0) - (row[c] - mean) / root * along) / root;
  }
  return result;
}

Numbers logitGradient(const double *x, const double *w, const double *targets, const double *weights,
                      const double *lse, double lossGradient, const double *lseGradient, int64_t R, int64_t C,
                      int64_t V, int64_t ignoreIndex) {
  Numbers z = linear(x, w, nullptr, R, C, V);
  for (int64_t r = 0; r < R; ++r) {
    auto target = static_cast<int64_t>(targets[r]);
    double a = target == ignoreIndex ? 0 : weights[r] * lossGradient, b = lseGradient ? lseGradient[r] : 0;
    for (int64_t v = 0; v < V; ++v)
      z[r * V + v] = (a + b) * std::exp(z[r * V + v] - lse[r]) - (v == target ? a : 0);
  }
  return z;
}

} // namespace longc::lm::reference
