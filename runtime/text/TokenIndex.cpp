// The table of token texts.
#include "runtime/text/TokenIndex.h"

#include "runtime/text/ByteHash.h"

#include <bit>

namespace longc {

// The slot that holds `text`, or the empty one where it would go.
size_t TokenIndex::slotOf(std::span<const std::string> tokens, std::string_view text, uint64_t hash) const {
  size_t mask = slots_.size() - 1;
  uint32_t shortHash = static_cast<uint32_t>(hash >> 32);
  for (size_t slot = hash & mask;; slot = (slot + 1) & mask) {
    const Slot &candidate = slots_[slot];
    if (candidate.id < 0 || (candidate.hash == shortHash && tokens[candidate.id] == text))
      return slot;
  }
}

int32_t TokenIndex::build(std::span<const std::string> tokens) {
  slots_.assign(std::bit_ceil(tokens.size() * 2 + 2), {});
  for (size_t id = 0; id < tokens.size(); ++id) {
    uint64_t hash = hashBytes(tokens[id]);
    Slot &slot = slots_[slotOf(tokens, tokens[id], hash)];
    if (slot.id >= 0)
      return static_cast<int32_t>(id);
    slot = {static_cast<uint32_t>(hash >> 32), static_cast<int32_t>(id)};
  }
  return -1;
}

int32_t TokenIndex::find(std::span<const std::string> tokens, std::string_view text) const {
  return slots_.empty() ? -1 : slots_[slotOf(tokens, text, hashBytes(text))].id;
}

} // namespace longc
