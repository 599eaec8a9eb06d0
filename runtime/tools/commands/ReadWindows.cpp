// Windows that were not read yet are read, as many at once as stand one behind the other; sessions put them together.
#include "runtime/tools/commands/ReadWindows.h"

#include "runtime/abi/Layout.h"

#include <algorithm>
#include <set>

namespace longc {

Result<ReadWindows> ReadWindows::create(const OpenedModel &model) {
  auto store = Session::createStore(model.engine(), model.options, 1);
  return store.ok() ? Result<ReadWindows>(ReadWindows(model, std::move(*store))) : store.status();
}

MemoryPages ReadWindows::Known::pages() const {
  const std::span<const int32_t> pages = document->pages().pages;
  return {pages.subspan(firstPage, (tokens + pageRows - 1) / pageRows), static_cast<int64_t>(tokens)};
}

ReadWindows::Key ReadWindows::keyOf(std::span<const int32_t> text, Window window) const {
  const size_t seen = isAlone() ? std::min(window.begin, static_cast<size_t>(model_->options.overlap)) : 0;
  auto tokensOf = [&](size_t first, size_t size) {
    const std::span<const int32_t> tokens = text.subspan(first, size);
    return std::vector<int32_t>(tokens.begin(), tokens.end());
  };
  return {tokensOf(window.begin - seen, seen), tokensOf(window.begin, window.count)};
}

// Reads windows that stand one behind the other.
Status ReadWindows::read(std::span<const int32_t> text, std::span<const Window> windows) {
  const size_t begin = windows.front().begin, end = windows.back().begin + windows.back().count;
  const std::span<const int32_t> tokens = text.subspan(begin, end - begin);
  DocumentText run{"windows", {}, {tokens.begin(), tokens.end()}, {}};
  auto document = MemoryDocument::read(model_->engine(), model_->options, store_, std::move(run), [](int64_t, int64_t) { return !interrupted(); }, keyOf(text, windows.front()).first);
  if (!document.ok())
    return document.status();
  for (const Window &window : windows)
    known_.try_emplace(keyOf(text, window), Known{*document, (window.begin - begin) / pageRows, window.count});
  windowsRead_ += static_cast<int64_t>(windows.size());
  return {};
}

// A session whose memory are the windows. Those that were not read yet are, as many at once as stand one behind the other: a window
// of its own ends in a page of its own, so that of several all but the last are as long as the window and whole pages.
Result<std::unique_ptr<Session>> ReadWindows::open(std::span<const int32_t> text, std::span<const Window> windows) {
  const auto whole = static_cast<size_t>(model_->options.policy.window);
  const bool joins = isAlone() && whole % pageRows == 0;
  std::set<Key> coming;
  for (size_t first = 0, end = 0; first < windows.size(); first = end) {
    end = first + 1;
    auto isNew = [&](size_t window) {
      Key key = keyOf(text, windows[window]);
      return !known_.contains(key) && coming.insert(std::move(key)).second;
    };
    if (!isNew(first))
      continue;
    while (joins && end < windows.size() && windows[end - 1].count == whole && isNew(end))
      ++end;
    LONGC_TRY(read(text, windows.subspan(first, end - first)));
  }
  std::vector<MemoryPages> memory;
  for (const Window &window : windows)
    memory.push_back(known_.at(keyOf(text, window)).pages());
  if (!beside_ || beside_->freeSlots() == 0) { // one after the other they have the same place: a device of its own takes long to give one
    auto beside = store_->beside();
    if (!beside.ok())
      return beside.status();
    beside_ = std::move(*beside);
  }
  return Session::openBeside(model_->engine(), model_->options, beside_, memory);
}

Result<std::unique_ptr<Session>> ReadWindows::session(std::span<const int32_t> tokens) {
  std::vector<Window> windows;
  size_t end = 0;
  if (isAlone())
    for (const TokenGroup &group : WindowMarks(model_->options.policy).split(static_cast<int64_t>(tokens.size())))
      if (group.spills) {
        windows.push_back({end, static_cast<size_t>(group.tokens)});
        end += windows.back().count;
      }
  auto session = open(tokens, windows);
  if (session.ok())
    LONGC_TRY(readTokens(**session, tokens.subspan(end), end > 0 ? ProgressMode::none : model_->mode, "reading"));
  return session;
}

Result<std::unique_ptr<Session>> ReadWindows::sessionBehind(std::span<const int32_t> memory) {
  const auto window = static_cast<size_t>(model_->options.policy.window);
  std::vector<Window> windows;
  for (size_t begin = 0, end = memory.size() % window; begin < memory.size(); begin = end, end += window)
    if (end > begin)
      windows.push_back({begin, end - begin});
  return open(memory, windows);
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
