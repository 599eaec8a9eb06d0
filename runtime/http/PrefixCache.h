// The states of prompts that were read lately: a chat's next turn begins with its last one, and goes on from there.
//
// What goes on so is, to the last bit, what it is when all of it is read. That holds where nothing of a prompt has become memory:
// others are not kept, nor are prompts with documents, whose pages would outlive them.
#pragma once

#include "runtime/serve/Session.h"
#include "runtime/train/ParameterList.h"

#include <cstdint>
#include <list>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace longc {

/// What a state depends on besides its tokens.
struct PromptKind {
  std::string owner; // states are no one else's
  std::shared_ptr<const ParameterArray> adapter;
  WindowPolicy policy;

  /// Tokens that a prompt may have.
  int64_t mostTokens() const { return policy.memory ? policy.lastContext : policy.window; }
  bool operator==(const PromptKind &other) const {
    return owner == other.owner && adapter == other.adapter && policy.memory == other.policy.memory && policy.window == other.policy.window;
  }
};

class PrefixCache {
public:
  /// At most so many states, each of which has a slot of the store.
  explicit PrefixCache(size_t most) : most_(most) {}

  struct Found {
    std::unique_ptr<Session> session; // null: there is none
    int64_t tokens = 0;               // that it has read
  };
  /// The state of the longest prompt that `tokens` goes on from by two or more; it is handed over.
  Found take(const PromptKind &kind, std::span<const int32_t> tokens);
  /// Keeps the state of a prompt that was just read, instead of the oldest.
  void keep(const PromptKind &kind, std::span<const int32_t> tokens, const Session &session);
  void clear() { kept_.clear(); }

private:
  struct Entry {
    PromptKind kind;
    std::vector<int32_t> tokens;
    std::unique_ptr<Session> session;
  };
  size_t most_;
  std::list<Entry> kept_; // the latest first
};

} // namespace longc
