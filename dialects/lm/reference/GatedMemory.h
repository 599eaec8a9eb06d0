// Plain float64 references of per-head memories and gates (LIFT, 2502.14644; Infini-attention's linear state).
#pragma once

#include "dialects/lm/reference/Layers.h"

namespace longc::lm::reference {

// silu(q w1) w2 with w1 [D, F], w2 [F, D].
Numbers readMlp(const double *q, const double *w1, const double *w2, int64_t D, int64_t F);
// s(q) state / <s(q), norm> with s = elu + 1; zeros where the norm is 0.
Numbers readLinearState(const double *q, const double *state, const double *norm, int64_t D);
// state += s(k)^T v, norm += s(k).
void writeLinearState(double *state, double *norm, const double *k, const double *v, int64_t D);
// silu(q u1) u2 with u1 [D, R], u2 [R].
double gateLogit(const double *q, const double *u1, const double *u2, int64_t D, int64_t R);

} // namespace longc::lm::reference
