// Fills calls with pieces of texts and puts their vectors together again.
#include "runtime/serve/EmbeddingQueue.h"

#include "runtime/core/Format.h"

#include <algorithm>
#include <cmath>

namespace longc {

static constexpr int64_t gatheredTokens = 8192; // of calls one behind the other

EmbeddingOptions EmbeddingOptions::of(const Program &program) {
  EmbeddingOptions options;
  options.pooling = program.module().encoder().pooling();
  options.normalize = program.module().encoder().normalize();
  return options;
}

EmbeddingQueue::EmbeddingQueue(Encoder &encoder, EmbeddingOptions options, Receiver onEmbedding)
    : encoder_(encoder), options_(std::move(options)), onEmbedding_(std::move(onEmbedding)),
      sum_(static_cast<size_t>(encoder.width())), embedding_(sum_.size()) {}

Status EmbeddingQueue::add(std::span<const int32_t> text, bool whole, const std::string &name) {
  const int64_t around = whole ? 0 : static_cast<int64_t>(options_.begin.size() + options_.end.size());
  const auto tokens = static_cast<int64_t>(text.size()) + around, room = encoder_.longest() - around;
  if (tokens == 0)
    return Status::error(5411, name + " has no tokens: there is nothing to embed", "leave it out");
  if (tokens > encoder_.longest() && (!options_.split || room < 1))
    return Status::error(5304, name + " has " + formatCount(tokens) + " tokens: this encoder reads " + formatCount(encoder_.longest()) +
                                   " at most",
                         "--long split reads it in pieces");
  for (int32_t token : text)
    if (Status status = encoder_.checkToken(token); !status.ok())
      return Status::error(status.code(), name + ": " + status.message(), status.hint());
  const int64_t pieces = std::max<int64_t>(1, (static_cast<int64_t>(text.size()) + room - 1) / std::max<int64_t>(room, 1));
  for (int64_t piece = 0; piece < pieces; ++piece) {
    const size_t begin = text.size() * static_cast<size_t>(piece) / static_cast<size_t>(pieces);
    const size_t end = text.size() * static_cast<size_t>(piece + 1) / static_cast<size_t>(pieces);
    push(text.subspan(begin, end - begin), whole, piece + 1 == pieces);
    if (waitingTokens_ >= std::max(options_.callTokens, gatheredTokens))
      LONGC_TRY(run());
  }
  return {};
}

void EmbeddingQueue::push(std::span<const int32_t> part, bool whole, bool endsText) {
  Piece piece{whole ? std::vector<int32_t>() : options_.begin, endsText};
  piece.tokens.insert(piece.tokens.end(), part.begin(), part.end());
  if (!whole)
    piece.tokens.insert(piece.tokens.end(), options_.end.begin(), options_.end.end());
  waitingTokens_ += static_cast<int64_t>(piece.tokens.size());
  waiting_.push_back(std::move(piece));
}

Status EmbeddingQueue::finish() { return waiting_.empty() ? Status() : run(); }

Status EmbeddingQueue::run() {
  vectors_.resize(waiting_.size() * sum_.size());
  const std::span<const Piece> waiting(waiting_);
  for (size_t begin = 0, end = 0; begin < waiting.size(); begin = end) {
    for (int64_t tokens = 0; end < waiting.size() && tokens < options_.callTokens; ++end)
      tokens += static_cast<int64_t>(waiting[end].tokens.size());
    LONGC_TRY(call(waiting.subspan(begin, end - begin), std::span(vectors_).subspan(begin * sum_.size(), (end - begin) * sum_.size())));
  }
  for (size_t row = 0; row < waiting.size(); ++row)
    LONGC_TRY(take(waiting[row], std::span(vectors_).subspan(row * sum_.size(), sum_.size())));
  tokens_ += waitingTokens_;
  waitingTokens_ = 0;
  waiting_.clear();
  return {};
}

Status EmbeddingQueue::call(std::span<const Piece> pieces, std::span<float> vectors) {
  std::vector<std::span<const int32_t>> sequences;
  for (const Piece &piece : pieces)
    sequences.emplace_back(piece.tokens);
  return encoder_.encode(sequences, options_.pooling, vectors);
}

Status EmbeddingQueue::take(const Piece &piece, std::span<const float> vector) {
  const auto weight = static_cast<int64_t>(piece.tokens.size());
  for (size_t column = 0; column < vector.size(); ++column)
    sum_[column] += static_cast<double>(vector[column]) * static_cast<double>(weight);
  summed_ += weight;
  if (!piece.endsText)
    return {};
  double squares = 0;
  for (double &value : sum_) {
    value /= static_cast<double>(summed_);
    squares += value * value;
  }
  const double length = options_.normalize && squares > 0 ? std::sqrt(squares) : 1;
  for (size_t column = 0; column < sum_.size(); ++column)
    embedding_[column] = static_cast<float>(sum_[column] / length);
  std::fill(sum_.begin(), sum_.end(), 0.0);
  summed_ = 0;
  return onEmbedding_(embedding_);
}

} // namespace longc
