// The optimizer: AdamW (arXiv 1711.05101) over all parameters at once, and the norm of their gradients.
//
// Everything here gives the same bits with any number of threads: updates are element by element, sums are of pieces of
// fixed length.
#pragma once

#include "runtime/core/ThreadPool.h"
#include "runtime/train/ParameterList.h"

namespace longc {

struct AdamWOptions {
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;
  double decay = 0; // of matrices: vectors (norms, biases) do not decay
};

/// What the optimizer remembers.
struct Moments {
  ParameterArray first, second; // running means of gradients and of their squares

  static Result<Moments> create(const ParameterList &list);
};

/// What an update multiplies by, in float32.
struct AdamWFactors {
  float scale, add1, keep2, add2, step, root2, epsilon, kept;

  /// Of update number `update`, from 1.
  static AdamWFactors of(const AdamWOptions &options, double rate, int64_t update, double gradientScale);
};

/// Update number `update`, from 1, with the arithmetic of torch.optim.AdamW in float32. Gradients are multiplied by
/// `gradientScale` first.
void updateAdamW(const ParameterList &list, const AdamWOptions &options, double rate, int64_t update, double gradientScale,
                 const ParameterArray &gradients, Moments &moments, ParameterArray &values, ThreadPool &pool);

/// The Euclidean norm over all gradients; not finite where one of them is not.
double normOf(const ParameterArray &gradients, ThreadPool &pool);
/// The same of the sums of squares of its parts, LONGC_NORM_FLOATS numbers each.
double normOfParts(std::span<const double> sums);

/// What a gradient is multiplied by, so that its norm does not exceed `most` (0: no limit), as torch's clip_grad_norm_.
double clipScale(double norm, double most);

/// The first parameter with a number that is not finite; null if all are.
const TrainedParameter *firstNotFinite(const ParameterList &list, const ParameterArray &numbers);

} // namespace longc
