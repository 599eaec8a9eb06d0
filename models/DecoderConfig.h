// What a model is, in numbers: a decoder, or an encoder of texts. Filled by frontends, read by the builders of models'
// graphs. Plain C++.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace longc {

enum class RopeScaling : uint8_t {
  None,
  Linear, // positions are divided by the factor
  Llama3, // long wave lengths are divided by the factor, short ones are not, those between partly
  Yarn,   // the same with other bounds (2309.00071), and scores grow
};

// Rotary positions of the layers of one kind.
struct RopeConfig {
  double theta = 10000.0;
  RopeScaling scaling = RopeScaling::None;
  double factor = 1.0;
  double originalContext = 0;                        // tokens the model was trained for before scaling (Llama3, Yarn)
  double lowFrequency = 1.0, highFrequency = 4.0;    // Llama3: turns within originalContext where dividing begins, ends
  double fastTurns = 32.0, slowTurns = 1.0;          // Yarn: the same
  bool wholeDimensions = true;                       // Yarn: bounds are rounded to whole dimensions
  double magnitude = 1.0;                            // Yarn: of cosines and sines
  std::vector<double> factors;                       // of wave lengths, where the file gives them instead of a rule
};

enum class Activation : uint8_t { Silu, Gelu, GeluTanh };

// Which of a sequence's hidden states are its embedding.
enum class Pooling : uint8_t { Mean, Cls, Last };

// What an encoder has besides: it sees later tokens too, has a table of positions and gives no logits.
struct EncoderConfig {
  int64_t tokenTypes = 1;    // rows of the table of token types
  int64_t positionRows = 0;  // rows of the table of positions
  int64_t firstPosition = 0; // row of the first token of a sequence
  // A token that positions do not count: it stands at firstPosition - 1.
  std::optional<int32_t> uncountedToken;
  Pooling pooling = Pooling::Mean;
  bool normalize = false; // embeddings have length 1
};

struct DecoderConfig {
  std::string family = "llama"; // a name of models/Registry.h
  int64_t vocabSize = 0;
  int64_t hidden = 0;
  int64_t layers = 0;
  int64_t heads = 0;
  int64_t kvHeads = 0;  // divides heads
  int64_t headSize = 0; // even; heads * headSize need not be hidden
  int64_t feedForward = 0;
  int64_t contextLength = 0; // the window the model was trained for; of an encoder: tokens of the longest sequence
  Activation activation = Activation::Silu;
  RopeConfig rope;        // of layers that see everything
  RopeConfig slidingRope; // of layers that see a window of the newest tokens
  int64_t ropeDim = 0;    // rotated dimensions of each head, half-split
  double normEpsilon = 0.0;
  double embeddingScale = 1.0; // of the rows of the embedding table
  double attentionScale = 0.0; // of scores; 0: 1/sqrt(headSize)
  int64_t slidingWindow = 0;   // tokens that a sliding layer sees, the newest included
  std::vector<bool> sliding;   // which layers do; empty: none
  std::vector<bool> unrotated; // which layers have no positions; empty: none
  bool queryBias = false, outputBias = false, mlpBias = false; // q, k and v; o; gate, up and down
  bool tiedHead = false; // the output projection is the embedding table
  std::optional<EncoderConfig> encoder; // then nothing is rotated, and key heads are heads

  bool slides(int64_t layer) const { return !sliding.empty() && sliding[static_cast<size_t>(layer)]; }
  bool rotates(int64_t layer) const { return unrotated.empty() || !unrotated[static_cast<size_t>(layer)]; }
};

// What each wave length of a head's `dim` rotated columns grows by, dim/2 numbers; empty where all are 1 or the scaling
// is linear, which is a factor on positions.
std::vector<double> ropeFactors(const RopeConfig &config, int64_t dim);

} // namespace longc
