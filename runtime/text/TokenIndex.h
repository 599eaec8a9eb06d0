// Finds a token's id by its text: an open-addressing table over strings that someone else keeps.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace longc {

class TokenIndex {
public:
  // Indexes `tokens`. Returns the id of the first token that repeats an earlier one, or -1.
  int32_t build(std::span<const std::string> tokens);

  // The id of `text` among the same `tokens`, or -1.
  int32_t find(std::span<const std::string> tokens, std::string_view text) const;

private:
  struct Slot {
    uint32_t hash = 0;
    int32_t id = -1;
  };

  size_t slotOf(std::span<const std::string> tokens, std::string_view text, uint64_t hash) const;

  std::vector<Slot> slots_; // a power of two of them, at most half full
};

} // namespace longc
