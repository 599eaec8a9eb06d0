// Texts of any number to embeddings in their order, many texts a call.
#pragma once

#include "runtime/serve/Encoder.h"

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace longc {

struct EmbeddingOptions {
  abi::Encoder::Pooling pooling = abi::Encoder::MEAN;
  bool normalize = false; // to length 1
  /// A text over the encoder's positions is read in pieces of equal length, whose vectors are averaged by their tokens;
  /// otherwise it is an error.
  bool split = false;
  std::vector<int32_t> begin, end; // stand around every piece of a text
  int64_t callTokens = 1024;       // of one call

  /// What the checkpoint says its embeddings are.
  static EmbeddingOptions of(const Program &program);
};

class EmbeddingQueue {
public:
  using Receiver = std::function<Status(std::span<const float> embedding)>;

  /// `onEmbedding` gets one vector a text, in the order of add().
  EmbeddingQueue(Encoder &encoder, EmbeddingOptions options, Receiver onEmbedding);

  /// Takes the tokens of a text; what waits is held until there is enough for some calls, one behind the other: whoever makes texts tokens does
  /// so alone, and the threads of a call go to sleep meanwhile. With `whole` nothing is put around them. `name` is for errors.
  Status add(std::span<const int32_t> text, bool whole, const std::string &name);
  /// Delivers what still waits.
  Status finish();
  /// Tokens that were read so far.
  int64_t tokens() const { return tokens_; }

private:
  struct Piece {
    std::vector<int32_t> tokens;
    bool endsText;
  };

  void push(std::span<const int32_t> part, bool whole, bool endsText);
  Status run();
  Status call(std::span<const Piece> pieces, std::span<float> vectors);
  Status take(const Piece &piece, std::span<const float> vector);

  Encoder &encoder_;
  EmbeddingOptions options_;
  Receiver onEmbedding_;
  std::vector<Piece> waiting_;
  int64_t waitingTokens_ = 0, tokens_ = 0;
  std::vector<double> sum_; // over the pieces of a text so far, by their tokens
  int64_t summed_ = 0;      // tokens
  std::vector<float> vectors_, embedding_;
};

} // namespace longc
