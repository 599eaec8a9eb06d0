// Each window a document of its own; sessions put them together.
#include "runtime/tools/commands/ReadWindows.h"

#include <algorithm>

namespace longc {

Result<ReadWindows> ReadWindows::create(const OpenedModel &model) {
  auto store = Session::createStore(model.engine(), model.options, 1);
  return store.ok() ? Result<ReadWindows>(ReadWindows(model, std::move(*store))) : store.status();
}

Status ReadWindows::add(std::span<const int32_t> window, Windows &windows) {
  std::vector<int32_t> tokens(window.begin(), window.end());
  auto found = known_.find(tokens);
  if (found == known_.end()) {
    if (interrupted())
      return Status::error(cancelledCode, "cancelled");
    DocumentText text{"a window", {}, tokens, {}};
    auto document = MemoryDocument::read(model_->engine(), model_->options, store_, std::move(text));
    if (!document.ok())
      return document.status();
    found = known_.emplace(std::move(tokens), std::move(*document)).first;
    ++windowsRead_;
  }
  windows.push_back(found->second);
  return {};
}

Result<std::unique_ptr<Session>> ReadWindows::session(std::span<const int32_t> tokens) {
  const WindowPolicy &policy = model_->options.policy;
  Windows windows;
  size_t read = 0;
  if (isAlone())
    for (const TokenGroup &group : WindowMarks(policy).split(static_cast<int64_t>(tokens.size())))
      if (group.spills) {
        LONGC_TRY(add(tokens.subspan(read, static_cast<size_t>(group.tokens)), windows));
        read += static_cast<size_t>(group.tokens);
      }
  auto beside = store_->beside();
  if (!beside.ok())
    return beside.status();
  auto session = Session::open(model_->engine(), model_->options, std::move(*beside), windows);
  if (session.ok())
    LONGC_TRY(readTokens(**session, tokens.subspan(read), read > 0 ? ProgressMode::none : model_->mode, "reading"));
  return session;
}

Result<std::unique_ptr<Session>> ReadWindows::sessionBehind(std::span<const int32_t> memory) {
  const auto window = static_cast<size_t>(model_->options.policy.window);
  Windows windows;
  for (size_t begin = 0, end = memory.size() % window; begin < memory.size(); begin = end, end += window)
    if (end > begin)
      LONGC_TRY(add(memory.subspan(begin, end - begin), windows));
  auto beside = store_->beside();
  return beside.ok() ? Session::open(model_->engine(), model_->options, std::move(*beside), windows) : beside.status();
}

Result<bool> ReadWindows::equalsWholeRead(std::span<const int32_t> tokens) {
  auto whole = model_->newSession();
  if (!whole.ok())
    return whole.status();
  LONGC_TRY(readTokens(**whole, tokens, model_->mode, "reading as a whole"));
  auto together = session(tokens);
  if (!together.ok())
    return together.status();
  return std::ranges::equal((*whole)->logits(), (*together)->logits());
}

} // namespace longc
