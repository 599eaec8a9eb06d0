// The steps, one by one.
#include "runtime/text/Normalizer.h"

#include <algorithm>

namespace longc {

namespace {

using Kind = TextStep::Kind;

bool isPrepend(const TextStep &step) { return step.kind != Kind::Replace; }

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
  case Kind::Replace:
    break;
  }
  return false;
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

} // namespace

Result<Normalizer> Normalizer::create(std::vector<TextStep> steps) {
  for (const TextStep &step : steps) {
    bool isKnown = step.kind >= Kind::Prepend && step.kind <= Kind::Replace;
    if (!isKnown || (step.kind == Kind::Replace && step.pattern.empty()))
      return Status::error(badStep,
                           "tokenizer: a step of kind " + std::to_string(static_cast<int32_t>(step.kind)) +
                               (isKnown ? " has no pattern" : " is not known, expected 1 to 4"),
                           "the tokenizer of the model file is damaged or of another kind");
  }
  Normalizer normalizer;
  normalizer.steps_ = std::move(steps);
  return normalizer;
}

bool Normalizer::prependsAlways() const {
  return std::any_of(steps_.begin(), steps_.end(), [](const TextStep &step) { return step.kind == Kind::Prepend; });
}

bool Normalizer::onlyWritesSpacesAs(std::string_view space) const {
  return std::all_of(steps_.begin(), steps_.end(), [space](const TextStep &step) {
    return step.text == space && (isPrepend(step) || step.pattern == " ");
  });
}

std::string Normalizer::apply(std::string_view text, PartPlace place) const {
  std::string out(text);
  for (const TextStep &step : steps_) {
    if (!isPrepend(step))
      out = replaced(out, step.pattern, step.text);
    else if (prepends(step, out, place))
      out.insert(0, step.text);
  }
  return out;
}

} // namespace longc
