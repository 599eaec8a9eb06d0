// The text of an answer as it grows: whole characters, and nothing that may be the beginning of a stop text.
#pragma once

#include "runtime/text/Tokenizer.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace longc {

class AnswerText {
public:
  /// `tokenizer` and `stops` outlive this.
  AnswerText(const Tokenizer &tokenizer, const std::vector<std::string> &stops) : decoder_(tokenizer), stops_(stops) {}

  /// The text that is final with this token.
  std::string push(int32_t token) { return release(decoder_.push(token)); }
  /// What was held back, once nothing follows.
  std::string flush();
  /// A stop text came: the text ends in front of it, nothing follows.
  bool isStopped() const { return stopped_; }

private:
  std::string release(const std::string &piece);

  StreamDecoder decoder_;
  const std::vector<std::string> &stops_;
  std::string held_;
  bool stopped_ = false;
};

/// Bytes at the end of `text` that one of `stops` begins with: the most of any.
size_t beginningOfAny(std::string_view text, std::span<const std::string> stops);

} // namespace longc
