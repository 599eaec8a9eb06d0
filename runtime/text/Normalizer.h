// Changes that text undergoes before it is encoded: a list of steps, as model files describe them.
#pragma once

#include "runtime/core/Status.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace longc {

struct TextStep {
  // Numbered in program files: do not renumber.
  enum class Kind : int32_t {
    Prepend = 1,            // `text` before every part that is not empty
    PrependUnlessThere = 2, // the same, but not before a part that begins with it
    PrependToText = 3,      // the same, and only where the whole text begins
    Replace = 4,            // every `pattern`, as it stands, by `text`
  };

  Kind kind = Kind::Replace;
  std::string pattern, text;
};

// Where a part of a text lies.
enum class PartPlace {
  TextBegin, // the whole text begins with it
  PartBegin, // it follows an added token
  Middle,    // it goes on from text that was encoded before
};

class Normalizer {
public:
  static constexpr int badStep = 6005;

  static Result<Normalizer> create(std::vector<TextStep> steps);

  bool isIdentity() const { return steps_.empty(); }
  // Whether it puts something before parts that begin with it already.
  bool prependsAlways() const;
  // Whether it does nothing to text but write its spaces as `space`, and put one before it.
  bool onlyWritesSpacesAs(std::string_view space) const;
  std::string apply(std::string_view text, PartPlace place) const;

private:
  std::vector<TextStep> steps_;
};

} // namespace longc
