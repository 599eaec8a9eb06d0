// Plain float64 references of the ordinary layers.
#include "dialects/lm/reference/Layers.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace longc::lm::reference {

Numbers linear(const double *x, const double *w, const double *bias, int64_t T, int64_t K, int64_t N) {
  Numbers y(T * N);
  for (int64_t t = 0; t < T; ++t)
    for (int64_t n = 0; n < N; ++n) {
      double sum = bias ? bias[n] : 0;
      for (int64_t k = 0; k < K; ++k)
        sum += x[t * K + k] * w[n * K + k];
      y[t * N + n] = sum;
    }
  return y;
}

void addLowRank(Numbers &y, const double *x, const double *a, const double *b, double scale, int64_t T, int64_t K,
                int64_t R, int64_t N) {
  Numbers hidden = linear(x, a, nullptr, T, K, R), added = linear(hidden.data(), b, nullptr, T, R, N);
  for (int64_t i = 0; i < T * N; ++i)
    y[i] += scale * added[i];
}

Numbers rmsNorm(const double *x, const double *w, int64_t T, int64_t C, double epsilon) {
  Numbers y(T * C);
  for (int64_t t = 0; t < T; ++t) {
    double squares = 0;
    for (int64_t c = 0; c < C; ++c)
      squares += x[t * C + c] * x[t * C + c];
    double root = std::sqrt(squares / C + epsilon);
    for (int64_t c = 0; c < C; ++c)
      y[t * C + c] = x[t * C + c] / root * w[c];
  }
  return y;
}

Numbers layerNorm(const double *x, const double *w, const double *bias, int64_t T, int64_t C, double epsilon) {
  Numbers y(T * C);
  for (int64_t t = 0; t < T; ++t) {
    double mean = 0, variance = 0;
    for (int64_t c = 0; c < C; ++c)
      mean += x[t * C + c] / C;
    for (int64_t c = 0; c < C; ++c)
      variance += (x[t * C + c] - mean) * (x[t * C + c] - mean) / C;
    for (int64_t c = 0; c < C; ++c)
      y[t * C + c] = (x[t * C + c] - mean) / std::sqrt(variance + epsilon) * w[c] + (bias ? bias[c] : 0);
  }
  return y;
}

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }
double silu(double x) { return x * sigmoid(x); }

double gelu(double x, bool tanh) {
  if (tanh)
    return x / 2 * (1 + std::tanh(std::sqrt(2 / std::numbers::pi) * (x + 0.044715 * x * x * x)));
  return x / 2 * (1 + std::erf(x / std::numbers::sqrt2));
}

double siluSlope(double x) { return sigmoid(x) * (1 + x * (1 - sigmoid(x))); }

double geluSlope(double x, bool tanh) {
  if (!tanh)
    return (1 + std::erf(x / std::numbers::sqrt2)) / 2 + x * std::exp(-x * x / 2) / std::sqrt(2 * std::numbers::pi);
  double root = std::sqrt(2 / std::numbers::pi), bend = std::tanh(root * (x + 0.044715 * x * x * x));
  return (1 + bend + x * (1 - bend * bend) * root * (1 + 3 * 0.044715 * x * x)) / 2;
}

double ropeAngle(double position, int64_t c, double theta, int64_t dim, double scale) {
  return scale * position * std::pow(theta, -2.0 * c / dim);
}

void rotate(double *head, const double *cosines, const double *sines, int64_t dim, bool interleaved) {
  for (int64_t c = 0; c < dim / 2; ++c) {
    int64_t first = interleaved ? 2 * c : c, second = interleaved ? 2 * c + 1 : c + dim / 2;
    double a = head[first], b = head[second];
    head[first] = a * cosines[c] - b * sines[c];
    head[second] = b * cosines[c] + a * sines[c];
  }
}

Encoded quantize(const double *x, int64_t T, int64_t K, double levels, int64_t scaleBlocks, bool roundScale) {
  int64_t blocks = T * K / 32;
  Encoded result{Numbers(T * K), Numbers(blocks), Numbers(blocks)};
  for (int64_t block = 0; block < blocks; ++block) {
    double largest = 0, sum = 0;
    const int64_t first = block / scaleBlocks * scaleBlocks; // of those that share its scale
    for (int64_t i = first * 32; i < (first + scaleBlocks) * 32 && !std::isnan(largest); ++i)
      largest = std::isnan(x[i]) ? x[i] : std::max(largest, std::abs(x[i]));
    double scale = roundScale ? static_cast<float>(largest / levels) : largest / levels;
    for (int64_t i = block * 32; i < (block + 1) * 32; ++i) {
      double value = scale == 0 ? 0 : std::nearbyint(x[i] / scale);
      sum += result.values[i] = std::isnan(value) ? 0 : value;
    }
    result.scales[block] = scale;
    result.sums[block] = scale * sum;
  }
  return result;
}

Numbers quantizedLinear(const double *values, const double *scales, const double *sums, const double *q,
                        const double *d, const double *m, int64_t T, int64_t K, int64_t N) {
  Numbers y(T * N);
  int64_t blocks = K / 32;
  for (int64_t t = 0; t < T; ++t)
    for (int64_t n = 0; n < N; ++n)
      for (int64_t b = 0; b < blocks; ++b) {
        double dot = 0;
        for (int64_t k = 32 * b; k < 32 * (b + 1); ++k)
          dot += values[t * K + k] * q[n * K + k];
        y[t * N + n] += scales[t * blocks + b] * d[n * blocks + b] * dot + m[n * blocks + b] * sums[t * blocks + b];
      }
  return y;
}

CrossEntropy crossEntropy(const double *x, const double *w, const double *targets, const double *weights, int64_t R,
                          int64_t C, int64_t V, int64_t ignoreIndex) {
  CrossEntropy result{0, Numbers(R)};
  Numbers logits = linear(x, w, nullptr, R, C, V);
  for (int64_t r = 0; r < R; ++r) {
    const double *row = &logits[r * V];
    double largest = *std::max_element(row, row + V), sum = 0;
    for (int64_t v = 0; v < V; ++v)
      sum += std::exp(row[v] - largest);
    result.lse[r] = largest + std::log(sum);
    int64_t target = static_cast<int64_t>(targets[r]);
    if (target != ignoreIndex)
      result.loss += weights[r] * (result.lse[r] - row[target]);
  }
  return result;
}

} // namespace longc::lm::reference
