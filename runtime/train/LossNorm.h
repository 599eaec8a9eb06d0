// How much each target token weighs in the loss of an optimizer step.
//
// The gradients of a step are *summed* over whatever it is divided into (packs, accumulation, threads, devices), so the
// weights are right for any division. M, K and the sums of N are counted over the whole step. LongAlign, arXiv 2401.18058:
#pragma once

#include "runtime/train/Batching.h"
#include "runtime/train/Sample.h"

namespace longc {

enum class LossNorm {
  sequence, // 1 / (N_i M): the mean over sequences of their token means, equation (2)
  token,    // 1 / sum of N: the mean over all target tokens
  pack,     // 1 / (K N_pack): the mean over packs of their token means, equation (3); `row` is another word for it
};

bool lossNormOf(std::string_view name, LossNorm &norm);

/// The weights of all tokens of one step, pack after pack, sequence after sequence, as many as the packs have tokens. N counts
/// weights: a token of weight w counts w-fold. Sequences without targets count nowhere; a step without any gives zeros.
std::vector<float> lossWeights(const std::vector<Pack> &step, std::span<const Sample> samples, LossNorm norm);

} // namespace longc
