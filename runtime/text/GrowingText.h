// Reads a text that grows, such as a conversation, piece by piece, so that all ids together are those of the whole.
//
// The ids at the end of a piece are not final: what follows may change them. So a piece that is to be kept is taken up
// to where nothing can change any more, and its last word waits for what follows.
#pragma once

#include "runtime/text/Tokenizer.h"

#include <string>
#include <string_view>
#include <vector>

namespace longc {

class GrowingText {
public:
  // `tokenizer` must outlive this. `taken` was read before; it must be what takeStable() took.
  explicit GrowingText(const Tokenizer &tokenizer, std::string taken = "")
      : tokenizer_(&tokenizer), taken_(std::move(taken)) {}

  // The text whose ids were given out.
  const std::string &taken() const { return taken_; }
  // Whether `text` goes on from what was taken.
  bool isBeginningOf(std::string_view text) const { return text.starts_with(taken_); }

  // For a text that goes on from what was taken: ids not given out yet, of as much of it as no further text can change.
  std::vector<int32_t> takeStable(std::string_view text);
  // All ids of it not given out yet. Further text can no longer be added.
  std::vector<int32_t> takeAll(std::string_view text);

private:
  std::vector<int32_t> take(std::string_view text);

  const Tokenizer *tokenizer_;
  std::string taken_;
};

} // namespace longc
