// Steps of ours to steps of tokenizer.json: ReadTokenizerSteps.cpp, backwards.
#include "frontends/hf/WriteTokenizerSteps.h"

#include "frontends/StepKinds.h"
#include "frontends/hf/BuildJson.h"
#include "frontends/hf/ReadTokenizerSteps.h"
#include "runtime/core/Format.h"
#include "runtime/io/ModelFileError.h"

namespace longc {
namespace {

using namespace step_kinds;

ObjectBuilder step(const char *type) { return ObjectBuilder().add("type", type); }

JsonValue sequence(const char *listKey, JsonValue::Array steps) {
  if (steps.empty())
    return JsonValue();
  return steps.size() == 1 ? steps.front() : step("Sequence").add(listKey, JsonValue(std::move(steps))).take();
}

JsonValue replacing(const char *kind, const std::string &pattern, const std::string &by) {
  return step("Replace").add("pattern", ObjectBuilder().add(kind, pattern).take()).add("content", by).take();
}

std::string base64(const std::string &bytes) {
  constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (size_t at = 0; at < bytes.size(); at += 3) {
    uint32_t bits = 0;
    for (size_t i = 0; i < 3; ++i)
      bits = bits << 8 | (at + i < bytes.size() ? static_cast<uint8_t>(bytes[at + i]) : 0);
    for (size_t i = 0; i < 4; ++i)
      out.push_back(at + i <= bytes.size() ? digits[bits >> (18 - 6 * i) & 63] : '=');
  }
  return out;
}

Status unwritable(const std::string &what) {
  return Status::error(TokenizerInvalid, what + " cannot be written as tokenizer.json", "copy tokenizer.json from the folder that was read");
}

bool isKind(const TextStepSource &step, int32_t kind) { return step.kind == kind; }

JsonValue byteLevel(bool prefix, bool splits) {
  return step("ByteLevel").add("add_prefix_space", prefix).add("trim_offsets", true).add("use_regex", splits).take();
}

JsonValue splitting(const std::string &pattern, const char *behavior, bool inverted) {
  return step("Split").add("pattern", ObjectBuilder().add("Regex", pattern).take()).add("behavior", behavior).add("invert", inverted).take();
}

Result<JsonValue> byteWords(const TokenizerSource &source) {
  constexpr const char *behaviors[] = {"Isolated", "Removed", "MergedWithPrevious", "MergedWithNext", "Contiguous"};
  const std::vector<TextStepSource> &steps = source.wordSteps;
  const bool prefix = steps.size() == 1 && isKind(steps[0], prependUnlessThere) && steps[0].text == " ";
  if (!steps.empty() && !prefix)
    return unwritable("what the tokenizer puts before words");
  JsonValue::Array list;
  for (const SplitSource &split : source.splits)
    list.push_back(splitting(split.pattern, behaviors[split.behavior], split.inverted));
  const char *pattern = patternOfRule(source.pre);
  const bool splits = source.pre == "gpt-2" || source.pre == "smollm";
  if (source.pre == "smollm")
    list.push_back(step("Digits").add("individual_digits", true).take());
  else if (pattern && !splits)
    list.push_back(splitting(pattern, "Isolated", false));
  else if (!splits && source.pre != "whole")
    return unwritable("splitting rule " + quoted(source.pre));
  list.push_back(byteLevel(prefix, splits));
  return sequence("pretokenizers", std::move(list));
}

// Spaces as U+2581, one before texts or words.
Result<JsonValue> characterWords(const TokenizerSource &source) {
  std::vector<TextStepSource> steps = source.wordSteps;
  JsonValue::Array list;
  if (steps.empty() && source.pre == "whole")
    return JsonValue();
  if (!steps.empty() && isKind(steps.front(), wordsApart)) {
    list.push_back(step("WhitespaceSplit").take());
    steps.erase(steps.begin());
  }
  const bool writes = !steps.empty() && isKind(steps[0], replace) && steps[0].pattern == " " && steps[0].text == writtenSpace;
  const bool known = writes && (steps.size() == 1 || (steps.size() == 2 && steps[1].text == writtenSpace &&
                                                      (isKind(steps[1], prependUnlessThere) || isKind(steps[1], prependToText))));
  if (!known)
    return unwritable("what the tokenizer puts before words");
  const char *scheme = steps.size() == 1 ? "never" : isKind(steps[1], prependToText) ? "first" : "always";
  list.push_back(step("Metaspace").add("replacement", writtenSpace).add("prepend_scheme", scheme).add("split", source.pre == "each-space").take());
  return sequence("pretokenizers", std::move(list));
}

class NormalizerWriter {
public:
  explicit NormalizerWriter(const std::vector<TextStepSource> &steps) : steps_(steps) {}

  Result<JsonValue> write() {
    while (position_ < steps_.size()) {
      const TextStepSource &here = steps_[position_];
      if (isKind(here, clean) || isKind(here, ideographsApart) || isKind(here, stripNonspacing) || at(normalForm + 1, 0) + at(stripNonspacing, 1) == 2)
        list_.push_back(bert());
      else if (Status status = writeOne(here); !status.ok())
        return status;
    }
    return sequence("normalizers", std::move(list_));
  }

private:
  int at(int32_t kind, size_t ahead) const {
    return position_ + ahead < steps_.size() && isKind(steps_[position_ + ahead], kind) ? 1 : 0;
  }
  bool take(int32_t kind) {
    bool is = at(kind, 0) == 1;
    position_ += is ? 1 : 0;
    return is;
  }

  // What BertNormalizer does, in its order.
  JsonValue bert() {
    const bool cleans = take(clean), parts = take(ideographsApart);
    const bool strips = at(normalForm + 1, 0) + at(stripNonspacing, 1) == 2;
    position_ += strips ? 2 : 0;
    const bool lower = take(lowercase);
    if (!cleans && !parts && !strips)
      ++position_; // a mark's step without its normal form: readers make none
    return step("BertNormalizer").add("clean_text", cleans).add("handle_chinese_chars", parts).add("strip_accents", strips).add("lowercase", lower).take();
  }

  Status writeOne(const TextStepSource &here) {
    constexpr const char *forms[] = {"NFC", "NFD", "NFKC", "NFKD"};
    ++position_;
    if (here.kind >= normalForm && here.kind < normalForm + 4)
      list_.push_back(step(forms[here.kind - normalForm]).take());
    else if (isKind(here, prepend))
      list_.push_back(step("Prepend").add("prepend", here.text).take());
    else if (isKind(here, replace) || isKind(here, replacePattern))
      list_.push_back(replacing(isKind(here, replace) ? "String" : "Regex", here.pattern, here.text));
    else if (isKind(here, lowercase) || isKind(here, stripMarks))
      list_.push_back(step(isKind(here, lowercase) ? "Lowercase" : "StripAccents").take());
    else if (isKind(here, stripLeft) || isKind(here, stripRight))
      list_.push_back(step("Strip").add("strip_left", isKind(here, stripLeft)).add("strip_right", isKind(here, stripRight)).take());
    else if (isKind(here, map))
      list_.push_back(step("Precompiled").add("precompiled_charsmap", base64(here.text)).take());
    else
      return unwritable("a step of kind " + std::to_string(here.kind));
    return {};
  }

  const std::vector<TextStepSource> &steps_;
  size_t position_ = 0;
  JsonValue::Array list_;
};

} // namespace

Result<JsonValue> normalizerOf(const TokenizerSource &source) { return NormalizerWriter(source.normalizer).write(); }

Result<JsonValue> preTokenizerOf(const TokenizerSource &source) {
  if (source.model == "bert")
    return step("BertPreTokenizer").take();
  return source.model == "gpt2" ? byteWords(source) : characterWords(source);
}

JsonValue decoderOf(const TokenizerSource &source) {
  if (source.model == "gpt2")
    return byteLevel(false, true);
  if (source.model == "bert")
    return step("WordPiece").add("prefix", source.continuing).add("cleanup", source.cleansUp).take();
  JsonValue::Array steps = {replacing("String", writtenSpace, " "), step("ByteFallback").take(), step("Fuse").take()};
  if (source.stripFirstSpace)
    steps.push_back(step("Strip").add("content", " ").add("start", int64_t(1)).add("stop", int64_t(0)).take());
  return sequence("decoders", std::move(steps));
}

} // namespace longc
