// /v1/embeddings: texts of a request to vectors, on a thread of its own that owns the encoder.
#pragma once

#include "runtime/http/ApiError.h"
#include "runtime/http/Metrics.h"
#include "runtime/http/WorkQueue.h"
#include "runtime/core/JsonReader.h"
#include "runtime/serve/EmbeddingQueue.h"
#include "runtime/text/Tokenizer.h"

#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace longc {

struct EmbeddingRequest {
  struct Text {
    std::vector<int32_t> tokens;
    bool whole; // nothing is put around them
  };
  std::vector<Text> texts;
  bool isBase64 = false;
  std::vector<std::string> warnings;
};

class Embedder {
public:
  /// `encoder` and `tokenizer` outlive this.
  Embedder(Encoder &encoder, const Tokenizer &tokenizer, std::string modelName, Metrics &metrics);

  std::variant<EmbeddingRequest, ApiError> read(const JsonValue &body) const;
  /// Hands the answer to `done` on the encoder's thread. `isWanted` is asked between calls of the encoder.
  void run(EmbeddingRequest request, std::function<bool()> isWanted, std::function<void(std::variant<std::string, ApiError>)> done);

private:
  std::variant<std::string, ApiError> answer(const EmbeddingRequest &request, const std::function<bool()> &isWanted);

  Encoder &encoder_;
  const Tokenizer &tokenizer_;
  EmbeddingOptions options_;
  std::string name_;
  Metrics &metrics_;
  WorkQueue work_;
};

/// RFC 4648, with padding.
std::string base64(std::string_view bytes);

} // namespace longc
