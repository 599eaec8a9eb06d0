// A fast hash of short byte strings, for the tables of the tokenizer. Not for untrusted keys in a chained table: both
// users bound the work otherwise (one is built once from a model file, the other never probes).
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace longc {

inline uint64_t mixHash(uint64_t a, uint64_t b) {
  unsigned __int128 product = static_cast<unsigned __int128>(a ^ 0x9E3779B97F4A7C15u) * (b ^ 0xD6E8FEB86659FD93u);
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

inline uint64_t hashBytes(std::string_view bytes) {
  uint64_t hash = bytes.size(), word = 0;
  size_t position = 0;
  for (; position + 8 <= bytes.size(); position += 8) {
    std::memcpy(&word, bytes.data() + position, 8);
    hash = mixHash(hash, word);
  }
  if (position < bytes.size()) {
    word = 0;
    std::memcpy(&word, bytes.data() + position, bytes.size() - position);
    hash = mixHash(hash, word);
  }
  return mixHash(hash, bytes.size());
}

} // namespace longc
