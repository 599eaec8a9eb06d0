// SentencePiece's table of characters to write otherwise (`precompiled_charsmap`: NFKC and more), applied as Hugging Face's
// Precompiled normalizer does: to clusters of letter and marks of up to five bytes as wholes, else to single characters; and
// the shortest beginning that the table knows decides, whatever follows it in the cluster.
#pragma once

#include "runtime/core/Status.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace longc {

class CharsMap {
public:
  static constexpr int damaged = 6006;

  // `table`: the size of a double array in bytes, the array (darts-clone's), texts that end with a zero.
  static Result<CharsMap> create(std::string_view table);

  std::string apply(std::string_view text) const;

private:
  std::optional<std::string_view> find(std::string_view chunk) const;

  std::vector<uint32_t> units_;
  std::string texts_;
  std::array<bool, 128> stays_{}; // ASCII alone
};

} // namespace longc
