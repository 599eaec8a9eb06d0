// Documents of kind e2llm: a text, cut into chunks, and a soft token of each.
#pragma once

#include "runtime/e2llm/Compressor.h"
#include "runtime/serve/Document.h"

#include <functional>
#include <string>
#include <vector>

namespace longc {

class SoftDocument {
public:
  /// What soft tokens depend on, by name. `adapter` as of Engine::adapter.
  static std::vector<abi::Trait> traits(const Program &program, const char *precision, const std::string &adapter);

  /// Compresses a text in chunks of that size; its tokens are made beside that where it has none. Of the beginning that it has in common with `old` (null: none),
  /// chunks that end at the same places are taken from there. An empty text is an error (LC5403).
  static Result<SoftDocument> read(Compressor &compressor, const Tokenizer &decoder, DocumentText text, const ChunkSize &size,
                                   const SoftDocument *old, const std::function<bool(int64_t done, int64_t total)> &onProgress);
  /// Refuses a file of another kind, program or adapter (Document::expect), and one whose sections contradict each other.
  static Result<SoftDocument> open(const std::string &path, const std::vector<abi::Trait> &traits, int64_t width);
  Status save(const std::string &path, std::vector<abi::Trait> traits) const;

  const std::string &text() const { return text_.text; }
  int64_t chunks() const { return static_cast<int64_t>(ends_.size()); }
  std::string_view chunk(size_t index) const;
  /// [chunks, width]
  std::span<const float> softTokens() const { return soft_; }
  /// [chunks, width of the encoder]
  std::span<const float> pools() const { return pools_; }
  int64_t sourceTokens() const { return static_cast<int64_t>(text_.tokens.size()); }
  /// Chunks that were taken from an older document.
  int64_t reused() const { return reused_; }

private:
  DocumentText text_;
  std::vector<uint64_t> ends_; // of chunks, in bytes
  std::vector<float> soft_, pools_;
  int64_t reused_ = 0;
};

} // namespace longc
