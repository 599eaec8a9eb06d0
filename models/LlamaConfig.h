// What a model of the Llama family is, in numbers. Filled by frontends, read by the builder of the model's graph.
#pragma once

#include <cstdint>

namespace longc {

enum class RopeScaling : uint8_t {
  None,
  Linear, // positions are divided by the factor
};

struct LlamaConfig {
  int64_t vocabSize = 0;
  int64_t hidden = 0;
  int64_t layers = 0;
  int64_t heads = 0;
  int64_t kvHeads = 0;  // divides heads
  int64_t headSize = 0; // even; heads * headSize need not be hidden
  int64_t feedForward = 0;
  int64_t contextLength = 0; // the window the model was trained for
  double ropeTheta = 10000.0;
  int64_t ropeDim = 0; // rotated dimensions of each head, half-split
  double normEpsilon = 0.0;
  bool tiedHead = false; // the output projection is the embedding table
  RopeScaling ropeScaling = RopeScaling::None;
  double ropeScalingFactor = 1.0;
};

} // namespace longc
