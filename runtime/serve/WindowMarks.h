// The window and memory state machine of FoT (arXiv 2307.03170): which tokens are local, which are memory.
//
// Rows of keys and values are stored once, at their token's index, and never move. What a call sees is decided by
// marks alone:
//
//   memory begin <= memory end = window begin <= end
//
// Tokens [window begin, end) are local: causal attention sees them with rotated keys. Tokens [memory begin, window
// begin) are memory: memory layers see them un-rotated. Moving `window begin` up is eviction.
#pragma once

#include "runtime/core/Status.h"

#include <cstdint>
#include <vector>

namespace longc {

/// What happens when the window is full: `slide` keeps the newest half or more of it, `flush` empties it (faithful to
/// the published code).
enum class Eviction : uint8_t { slide, flush };

struct WindowPolicy {
  int64_t window = 0;      // Lw: most local tokens
  int64_t lastContext = 0; // Lc: tokens at the end of a prompt that stay local
  Eviction eviction = Eviction::slide;
  bool memory = true;      // off: nothing outside the window is ever seen
  int64_t memoryRows = 0;  // most memory tokens, oldest dropped first; 0: no limit

  /// Names the value that is out of range. `largestWindow`: what the program was compiled for.
  Status check(int64_t largestWindow) const;
};

/// Tokens that run as one local window.
struct TokenGroup {
  int64_t tokens;
  bool spills; // becomes memory as a whole after it ran
};

class WindowMarks {
public:
  explicit WindowMarks(WindowPolicy policy) : policy_(policy) {}

  /// Of tokens that all become memory: Lw, Lw, ..., (<= Lw).
  std::vector<TokenGroup> splitToMemory(int64_t tokens) const;
  /// How a call's tokens are split: Lw, Lw, ..., (<= Lw), Lc. No more than Lc tokens are one group.
  std::vector<TokenGroup> split(int64_t tokens) const;

  /// Makes room for `tokens` (at most a window) and takes them in: they are [end - tokens, end) afterwards.
  void admit(int64_t tokens);
  /// Whether there is room for one more token without a move of the window, after which it can be taken back.
  bool hasRoom() const { return localTokens() < policy_.window; }
  void takeBack() { --end_; }
  /// Makes the whole window memory.
  void spill();
  /// Takes in tokens that are memory at once. No token is local.
  void store(int64_t tokens);

  const WindowPolicy &policy() const { return policy_; }
  int64_t end() const { return end_; }
  int64_t windowBegin() const { return windowBegin_; }
  int64_t localTokens() const { return end_ - windowBegin_; }
  int64_t memoryBegin() const { return memoryBegin_; }
  int64_t memoryTokens() const { return windowBegin_ - memoryBegin_; }
  /// Token index that has rotary position 0.
  int64_t origin() const { return origin_; }

  /// Holds marks that were restored to this policy: no more local tokens than a window, no more memory than its limit.
  void applyPolicy();
  /// Marks of a saved context. False if they are not in order.
  bool restore(int64_t memoryBegin, int64_t windowBegin, int64_t end, int64_t origin);

private:
  void moveWindow(int64_t begin);

  WindowPolicy policy_;
  int64_t memoryBegin_ = 0, windowBegin_ = 0, end_ = 0, origin_ = 0;
};

} // namespace longc
