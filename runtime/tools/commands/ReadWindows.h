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
  using Windows = std::vector<std::shared_ptr<const MemoryDocument>>;
  ReadWindows(const OpenedModel &model, std::shared_ptr<StateStore> store) : model_(&model), store_(std::move(store)) {}
  Status add(std::span<const int32_t> window, Windows &windows);

  const OpenedModel *model_;
  std::shared_ptr<StateStore> store_;
  std::map<std::vector<int32_t>, std::shared_ptr<const MemoryDocument>> known_;
  int64_t windowsRead_ = 0;
};

} // namespace longc
