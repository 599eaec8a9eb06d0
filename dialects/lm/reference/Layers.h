// Plain float64 references of the ordinary layers. Matrices are row-major; letters of sizes as in LmDialect.td.
#pragma once

#include <cstdint>
#include <vector>

namespace longc::lm::reference {

using Numbers = std::vector<double>;

// y[t, n] = sum_k x[t, k] w[n, k] (+ bias[n] if there is one).
Numbers linear(const double *x, const double *w, const double *bias, int64_t T, int64_t K, int64_t N);
// y[t, n] += scale * sum_r h[t, r] b[n, r] with h = x a^T, a [R, K], b [N, R].
void addLowRank(Numbers &y, const double *x, const double *a, const double *b, double scale, int64_t T, int64_t K,
                int64_t R, int64_t N);
Numbers rmsNorm(const double *x, const double *w, int64_t T, int64_t C, double epsilon);
Numbers layerNorm(const double *x, const double *w, const double *bias, int64_t T, int64_t C, double epsilon);
double silu(double x);
double sigmoid(double x);
double gelu(double x, bool tanh);
// Derivatives.
double siluSlope(double x);
double geluSlope(double x, bool tanh);

// angle(t, c), c = 0 .. dim/2-1.
double ropeAngle(double position, int64_t c, double theta, int64_t dim, double scale);
// Turns the first dim columns of one head of D values by cosines and sines of dim/2 angles.
void rotate(double *head, const double *cosines, const double *sines, int64_t dim, bool interleaved);

// Integers, scales and sums of a row of K values in blocks of 32. `roundScale`: scales are rounded to float32.
struct Encoded {
  Numbers values, scales, sums;
};
Encoded quantize(const double *x, int64_t T, int64_t K, double levels, int64_t scaleBlocks, bool roundScale);

// x encoded, w with integers q [N, K] and d, m [N, K/32].
Numbers quantizedLinear(const double *values, const double *scales, const double *sums, const double *q,
                        const double *d, const double *m, int64_t T, int64_t K, int64_t N);

// Loss and log-sum-exp of rows of x projected by w.
struct CrossEntropy {
  double loss = 0;
  Numbers lse;
};
CrossEntropy crossEntropy(const double *x, const double *w, const double *targets, const double *weights, int64_t R,
                          int64_t C, int64_t V, int64_t ignoreIndex);

} // namespace longc::lm::reference
