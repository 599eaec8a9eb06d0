// Remembers how the words of one text were encoded, for one call of Tokenizer::encode.
//
// Keys point into the text and values into the ids already written, so an entry is sixteen bytes and nothing is
// copied. Direct-mapped: a newer word replaces an older one with the same slot.
#pragma once

#include "runtime/text/ByteHash.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <string_view>
#include <vector>

namespace longc {

class WordCache {
public:
  // Sized by the text: a short prompt should not pay for clearing megabytes.
  explicit WordCache(size_t textBytes)
      : slots_(std::bit_ceil(std::clamp<size_t>(textBytes / 16, 64, size_t(1) << 16))) {}

  struct Entry {
    const char *word = nullptr;
    uint32_t length = 0;
    uint32_t idCount = 0;
    size_t firstId = 0; // position in the ids of the text
  };

  // The slot of `word`; it holds the word if `holds` says so, else it is to be overwritten.
  Entry &slot(std::string_view word) { return slots_[hashBytes(word) & (slots_.size() - 1)]; }
  static bool holds(const Entry &entry, std::string_view word) {
    return entry.word && std::string_view(entry.word, entry.length) == word;
  }

private:
  std::vector<Entry> slots_;
};

} // namespace longc
