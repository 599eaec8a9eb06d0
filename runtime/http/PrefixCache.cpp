// Finding and keeping states.
#include "runtime/http/PrefixCache.h"

#include <algorithm>

namespace longc {
namespace {

constexpr size_t leastTokens = 16; // what is shorter is read again as fast
constexpr size_t leastLeft = 2;    // a single token would be decoded, which rounds otherwise

} // namespace

PrefixCache::Found PrefixCache::take(const PromptKind &kind, std::span<const int32_t> tokens) {
  auto best = kept_.end();
  for (auto entry = kept_.begin(); entry != kept_.end(); ++entry)
    if (entry->kind == kind && entry->tokens.size() + leastLeft <= tokens.size() &&
        std::equal(entry->tokens.begin(), entry->tokens.end(), tokens.begin()) && (best == kept_.end() || entry->tokens.size() > best->tokens.size()))
      best = entry;
  if (best == kept_.end() || static_cast<int64_t>(tokens.size()) > kind.mostTokens())
    return {};
  Found found{std::move(best->session), static_cast<int64_t>(best->tokens.size())};
  kept_.erase(best);
  return found;
}

void PrefixCache::keep(const PromptKind &kind, std::span<const int32_t> tokens, const Session &session) {
  if (most_ == 0 || tokens.size() < leastTokens || static_cast<int64_t>(tokens.size()) > kind.mostTokens())
    return;
  std::erase_if(kept_, [&](const Entry &entry) { return entry.kind == kind && std::ranges::equal(entry.tokens, tokens); });
  while (kept_.size() >= most_)
    kept_.pop_back();
  if (auto copy = session.fork(); copy.ok()) // else there is no room for it
    kept_.push_front({kind, {tokens.begin(), tokens.end()}, std::move(*copy)});
}

} // namespace longc
