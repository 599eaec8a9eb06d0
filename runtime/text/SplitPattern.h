// A pattern that cuts text into words, as model files give it, matched by PCRE2 within limits.
//
// The pattern is Oniguruma's (Ruby's syntax) and is written as PCRE2 has it (TranslatePattern). A match that goes over the limits
// ends the search: the rest of the text is one word, so that no pattern makes a text take longer than in proportion.
#pragma once

#include "runtime/core/Status.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace longc {

// Numbered in program files: do not renumber.
enum class SplitBehavior : int32_t { Isolated = 0, Removed = 1, MergedWithPrevious = 2, MergedWithNext = 3, Contiguous = 4 };

struct SplitRule {
  std::string pattern;
  SplitBehavior behavior = SplitBehavior::Isolated;
  bool inverted = false; // what lies between matches is what matches
};

// What one thread needs while it searches; made once for many short texts.
class SplitSearch {
public:
  SplitSearch();

private:
  friend class SplitPattern;
  struct Contexts;
  std::shared_ptr<Contexts> contexts_;
};

class SplitPattern {
public:
  static constexpr int badPattern = 6007;

  struct Piece {
    size_t begin, end;
    bool isMatch;
  };

  static Result<SplitPattern> create(const SplitRule &rule);

  // Appends the words of `text`, in order.
  void split(std::string_view text, SplitSearch &search, std::vector<std::string_view> &words) const;

  // `text` with every match as `by`.
  std::string replaced(std::string_view text, std::string_view by) const;

private:
  struct Compiled;

  std::vector<Piece> find(std::string_view text, SplitSearch &search) const;

  std::shared_ptr<const Compiled> compiled_; // shared by copies: it is not written to
  SplitBehavior behavior_ = SplitBehavior::Isolated;
  bool inverted_ = false;
};

} // namespace longc
