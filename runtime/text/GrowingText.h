// Reads a text that grows, such as a conversation, piece by piece, so that all ids together are those of the whole, begun
// as the model's texts begin.
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
  // `tokenizer` must outlive this. As if takeStable(known) had been called before, and had taken `taken` bytes.
  explicit GrowingText(const Tokenizer &tokenizer, std::string known = "", size_t taken = 0)
      : tokenizer_(&tokenizer), known_(std::move(known)), taken_(taken) {}

  // All of the text so far, and how many bytes of it had their ids given out.
  const std::string &known() const { return known_; }
  size_t taken() const { return taken_; }
  // Whether `text` goes on from what is known. To begin with what was taken is not enough: which ids are final was decided
  // by what stood behind them.
  bool isBeginningOf(std::string_view text) const { return text.starts_with(known_); }

  // For a text that goes on from what is known: ids not given out yet, of as much of it as no further text can change.
  std::vector<int32_t> takeStable(std::string_view text);
  // All ids of it not given out yet. Further text can no longer be added.
  std::vector<int32_t> takeAll(std::string_view text);

private:
  std::vector<int32_t> take(std::string_view text, size_t end);

  const Tokenizer *tokenizer_;
  std::string known_;
  size_t taken_;
};

} // namespace longc
