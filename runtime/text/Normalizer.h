// Changes that text undergoes before it is encoded: a list of steps, as model files describe them.
#pragma once

#include "runtime/core/Status.h"
#include "runtime/core/TextStepKind.h"
#include "runtime/text/CharsMap.h"
#include "runtime/text/SplitPattern.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace longc {

struct TextStep {
  using Kind = TextStepKind;

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
  // Whether all it does is to letters and their marks.
  bool changesLettersAlone() const;
  // Whether it puts something before parts that begin with it already.
  bool prependsAlways() const;
  // Whether it does nothing to text but write its spaces as `space`, and put one before it.
  bool onlyWritesSpacesAs(std::string_view space) const;
  std::string apply(std::string_view text, PartPlace place) const;

private:
  // A step with what it is done by.
  struct Prepared {
    TextStep step;
    std::optional<CharsMap> map;
    std::optional<SplitPattern> pattern;
  };
  static std::string changed(std::string_view text, const Prepared &prepared);

  std::vector<Prepared> steps_;
};

} // namespace longc
