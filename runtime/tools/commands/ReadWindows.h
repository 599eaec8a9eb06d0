// Windows that were read alone, by their tokens: a text that comes again with some windows exchanged is read as far as it is new.
#pragma once

#include "runtime/serve/MemoryDocument.h"
#include "runtime/tools/commands/OpenedModel.h"

#include <map>
#include <memory>
#include <vector>

namespace longc {

class ReadWindows {
public:
  static Result<ReadWindows> create(const OpenedModel &model);

  /// A session in the state in which Session::ingest(tokens) leaves a new one; bit for bit so where windows are whole pages.
  /// Where windows are not read alone, it reads all of them.
  Result<std::unique_ptr<Session>> session(std::span<const int32_t> tokens);
  /// A session that has `memory` in its memory and has read nothing else. Windows end where it ends, the first may be shorter.
  Result<std::unique_ptr<Session>> sessionBehind(std::span<const int32_t> memory);

  /// Compares logits of one whole read of `tokens` with those of session(tokens), bit for bit.
  Result<bool> equalsWholeRead(std::span<const int32_t> tokens);

  /// Whether windows are read alone, and so each once.
  bool isAlone() const { return model_->options.ingest == IngestMode::window && model_->options.policy.memory; }
  /// How many windows were read so far.
  int64_t windowsRead() const { return windowsRead_; }

private:
  // Tokens of a text that went to memory as one window.
  struct Window {
    size_t begin, count;
  };
  // Where its keys and values are: pages of a document that is one window, or several that stood one behind the other.
  struct Known {
    std::shared_ptr<const MemoryDocument> document;
    size_t firstPage, tokens;
    MemoryPages pages() const;
  };
  using Key = std::pair<std::vector<int32_t>, std::vector<int32_t>>; // what a window sees before it, and its tokens
  ReadWindows(const OpenedModel &model, std::shared_ptr<StateStore> store) : model_(&model), store_(std::move(store)) {}
  Key keyOf(std::span<const int32_t> text, Window window) const;
  Status read(std::span<const int32_t> text, std::span<const Window> windows);
  Result<std::unique_ptr<Session>> open(std::span<const int32_t> text, std::span<const Window> windows);

  const OpenedModel *model_;
  std::shared_ptr<StateStore> store_, beside_; // whose pages all are; where the last session was
  std::map<Key, Known> known_;
  int64_t windowsRead_ = 0;
};

} // namespace longc
