// The steps, one by one.
#include "runtime/text/Normalizer.h"

#include "runtime/text/LetterSteps.h"
#include "runtime/text/NormalForm.h"
#include "runtime/text/UnicodeTables.h"
#include "runtime/text/Utf8.h"

#include <algorithm>

namespace longc {

namespace {

using Kind = TextStep::Kind;

bool isPrepend(const TextStep &step) { return step.kind < Kind::Replace; }

bool prepends(const TextStep &step, std::string_view text, PartPlace place) {
  if (text.empty())
    return false;
  bool isThere = text.starts_with(step.text);
  bool startsWord = isThere || text.starts_with(' '); // where a text is cut in its middle, a word ended
  switch (step.kind) {
  case Kind::Prepend:
    return place != PartPlace::Middle || !startsWord;
  case Kind::PrependUnlessThere:
    return !isThere;
  case Kind::PrependToText:
    return !isThere && place == PartPlace::TextBegin;
  default:
    return false;
  }
}

std::string replaced(std::string_view text, std::string_view pattern, std::string_view by) {
  std::string out;
  out.reserve(text.size() + text.size() / 2);
  for (size_t begin = 0;;) {
    size_t found = text.find(pattern, begin);
    out += text.substr(begin, found - begin);
    if (found == std::string_view::npos)
      return out;
    out += by;
    begin = found + pattern.size();
  }
}

std::string withWordsApart(std::string_view text, std::string_view mark) {
  std::string out;
  auto isSpace = [&](size_t at) {
    Utf8Char character = decodeUtf8(text, at);
    return character.valid && charTraits(character.codePoint).charClass == CharClass::Space;
  };
  for (size_t position = 0, begin; position < text.size();) {
    for (begin = position; position < text.size() && !isSpace(position);)
      position += decodeUtf8(text, position).length;
    std::string_view word = text.substr(begin, position - begin);
    if (!word.empty() && !word.starts_with(mark))
      out += mark;
    out += word;
    while (position < text.size() && isSpace(position))
      position += decodeUtf8(text, position).length;
  }
  return out;
}

} // namespace

Result<Normalizer> Normalizer::create(std::vector<TextStep> steps) {
  for (const TextStep &step : steps) {
    bool isKnown = step.kind >= Kind::Prepend && step.kind <= Kind::Last;
    if (!isKnown || (step.kind == Kind::Replace && step.pattern.empty()))
      return Status::error(badStep,
                           "tokenizer: a step of kind " + std::to_string(static_cast<int32_t>(step.kind)) +
                               (isKnown ? " has no pattern"
                                       : " is not known, expected 1 to " + std::to_string(static_cast<int32_t>(Kind::Last))),
                           "the tokenizer of the model file is damaged or of another kind");
  }
  Normalizer normalizer;
  for (TextStep &step : steps) {
    Prepared prepared;
    if (step.kind == Kind::Map) {
      Result<CharsMap> map = CharsMap::create(step.text);
      if (!map.ok())
        return map.status();
      prepared.map = std::move(*map);
    }
    if (step.kind == Kind::ReplacePattern) {
      Result<SplitPattern> pattern = SplitPattern::create({step.pattern});
      if (!pattern.ok())
        return pattern.status();
      prepared.pattern = std::move(*pattern);
    }
    prepared.step = std::move(step);
    normalizer.steps_.push_back(std::move(prepared));
  }
  return normalizer;
}

bool Normalizer::prependsAlways() const {
  return std::any_of(steps_.begin(), steps_.end(), [](const Prepared &one) { return one.step.kind == Kind::Prepend; });
}

bool Normalizer::changesLettersAlone() const {
  return std::all_of(steps_.begin(), steps_.end(), [](const Prepared &one) {
    return one.step.kind >= Kind::Nfc && one.step.kind <= Kind::StripNonspacing;
  });
}

bool Normalizer::onlyWritesSpacesAs(std::string_view space) const {
  return std::all_of(steps_.begin(), steps_.end(), [space](const Prepared &one) {
    const TextStep &step = one.step;
    return step.kind <= Kind::Replace && step.text == space && (isPrepend(step) || step.pattern == " ");
  });
}

std::string Normalizer::changed(std::string_view text, const Prepared &prepared) {
  const TextStep &step = prepared.step;
  switch (step.kind) {
  case Kind::Nfc:
  case Kind::Nfd:
  case Kind::Nfkc:
  case Kind::Nfkd:
    return toNormalForm(text, {.compatible = step.kind == Kind::Nfkc || step.kind == Kind::Nfkd,
                               .composes = step.kind == Kind::Nfc || step.kind == Kind::Nfkc});
  case Kind::Lowercase:
    return withLowerCase(text);
  case Kind::StripMarks:
    return withoutMarks(text);
  case Kind::StripNonspacing:
    return withoutNonspacing(text);
  case Kind::Clean:
    return cleaned(text);
  case Kind::IdeographsApart:
    return withIdeographsApart(text);
  case Kind::StripLeft:
  case Kind::StripRight:
    return withoutSpaceAtEnds(text, step.kind == Kind::StripLeft, step.kind == Kind::StripRight);
  case Kind::WordsApart:
    return withWordsApart(text, step.text);
  case Kind::Map:
    return prepared.map->apply(text);
  case Kind::ReplacePattern:
    return prepared.pattern->replaced(text, step.text);
  default:
    return replaced(text, step.pattern, step.text);
  }
}

std::string Normalizer::apply(std::string_view text, PartPlace place) const {
  std::string out(text);
  for (const Prepared &one : steps_) {
    if (!isPrepend(one.step))
      out = changed(out, one);
    else if (prepends(one.step, out, place))
      out.insert(0, one.step.text);
  }
  return out;
}

} // namespace longc
