// Steps of tokenizer.json to steps of ours.
#include "frontends/hf/ReadTokenizerSteps.h"

#include "runtime/core/Format.h"
#include "runtime/io/ModelFileError.h"

#include <algorithm>

namespace longc {
namespace {

// Kinds of steps, as runtime/text/Normalizer.h numbers them.
constexpr int32_t prepend = 1, prependUnlessThere = 2, prependToText = 3, replace = 4;
constexpr const char *writtenSpace = "\xE2\x96\x81";

struct NamedPattern {
  const char *name, *pattern;
};
constexpr NamedPattern patterns[] = {
    {"gpt-2", R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)"},
    {"llama-bpe",
     R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)"},
    {"qwen2",
     R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)"},
};

Status unsupported(const char *what, const std::string &name, const std::string &hint = "use another checkpoint of this model") {
  return Status::error(TokenizerInvalid, std::string(what) + " " + quoted(name) + " is not supported", hint);
}

bool isType(const JsonValue &step, const char *type) { return textAt(step, "type") == type; }

std::string patternAt(const JsonValue &step, const char *kind) {
  const JsonValue *pattern = step.find("pattern");
  return pattern ? textAt(*pattern, kind) : "";
}

class StepsReader {
public:
  StepsReader(const JsonValue &json, TokenizerSource &out) : json_(json), out_(out) {}

  Status read() {
    LONGC_TRY(readNormalizer());
    words_ = tokenizerSteps(json_, "pre_tokenizer", "pretokenizers");
    bool bytes = std::any_of(words_.begin(), words_.end(), [](const JsonValue *step) { return isType(*step, "ByteLevel"); });
    out_.model = bytes ? "gpt2" : "llama";
    LONGC_TRY(bytes ? readByteWords() : readCharacterWords());
    readDecoder();
    return {};
  }

private:
  Status readNormalizer() {
    for (const JsonValue *step : tokenizerSteps(json_, "normalizer", "normalizers")) {
      std::string pattern = patternAt(*step, "String");
      if (isType(*step, "Prepend"))
        out_.normalizer.push_back({prepend, "", textAt(*step, "prepend")});
      else if (isType(*step, "Replace") && !pattern.empty())
        out_.normalizer.push_back({replace, pattern, textAt(*step, "content")});
      else
        return unsupported("normalizer", textAt(*step, "type"));
    }
    return {};
  }

  std::string namesOfWords() const {
    std::string names;
    for (const JsonValue *step : words_)
      names += (names.empty() ? "" : ", ") + textAt(*step, "type");
    return names;
  }

  Status readByteWords() {
    const JsonValue &last = *words_.back();
    const bool splits = flagAt(last, "use_regex", true), prefix = flagAt(last, "add_prefix_space", true);
    const bool alone = words_.size() == 1, two = words_.size() == 2;
    if (isType(last, "ByteLevel") && alone && splits) {
      out_.pre = "gpt-2";
      if (prefix)
        out_.wordSteps.push_back({prependUnlessThere, "", " "});
      return {};
    }
    if (isType(last, "ByteLevel") && two && splits && !prefix && isType(*words_[0], "Digits") &&
        flagAt(*words_[0], "individual_digits", false)) {
      out_.pre = "smollm";
      return {};
    }
    if (isType(last, "ByteLevel") && two && !splits && !prefix && isType(*words_[0], "Split"))
      return readSplit(*words_[0]);
    return unsupported("pre-tokenizer", namesOfWords(),
                       "expected 'ByteLevel', 'Digits' and 'ByteLevel', or 'Split' and 'ByteLevel'");
  }

  Status readSplit(const JsonValue &split) {
    const std::string pattern = patternAt(split, "Regex");
    if (textAt(split, "behavior") == "Isolated" && !flagAt(split, "invert", false))
      for (const NamedPattern &known : patterns)
        if (pattern == known.pattern) {
          out_.pre = known.name;
          return {};
        }
    return unsupported("pre-tokenizer 'Split' with the pattern", pattern);
  }

  Status readCharacterWords() {
    out_.pre = "whole";
    for (const JsonValue *step : words_) {
      if (isType(*step, "Metaspace"))
        LONGC_TRY(readMetaspace(*step));
      else if (!splitsNothing(*step))
        return unsupported("pre-tokenizer", textAt(*step, "type"), "expected 'Metaspace' or none");
    }
    return {};
  }

  // Cuts at spaces where the normalizer has left none.
  bool splitsNothing(const JsonValue &step) const {
    return isType(step, "Split") && patternAt(step, "String") == " " &&
           std::any_of(out_.normalizer.begin(), out_.normalizer.end(), [](const TextStepSource &change) {
             return change.kind == replace && change.pattern == " " && change.text.find(' ') == std::string::npos;
           });
  }

  Status readMetaspace(const JsonValue &step) {
    if (textAt(step, "replacement") != writtenSpace)
      return unsupported("pre-tokenizer 'Metaspace' with the replacement", textAt(step, "replacement"));
    std::string scheme = textAt(step, "prepend_scheme");
    if (scheme.empty())
      scheme = flagAt(step, "add_prefix_space", true) ? "always" : "never";
    out_.wordSteps.push_back({replace, " ", writtenSpace});
    if (scheme != "never")
      out_.wordSteps.push_back({scheme == "first" ? prependToText : prependUnlessThere, "", writtenSpace});
    if (flagAt(step, "split", true))
      out_.pre = "each-space";
    return {};
  }

  void readDecoder() {
    for (const JsonValue *step : tokenizerSteps(json_, "decoder", "decoders"))
      if (isType(*step, "Strip") || (isType(*step, "Metaspace") && textAt(*step, "prepend_scheme") != "never" &&
                                     flagAt(*step, "add_prefix_space", true)))
        out_.stripFirstSpace = true;
  }

  const JsonValue &json_;
  TokenizerSource &out_;
  std::vector<const JsonValue *> words_;
};

} // namespace

std::string textAt(const JsonValue &object, std::string_view key) {
  const JsonValue *value = object.find(key);
  return value && value->text() ? *value->text() : "";
}

bool flagAt(const JsonValue &object, std::string_view key, bool otherwise) {
  const JsonValue *value = object.find(key);
  return value && value->boolean() ? *value->boolean() : otherwise;
}

std::vector<const JsonValue *> tokenizerSteps(const JsonValue &json, const char *key, const char *listKey) {
  const JsonValue *value = json.find(key);
  if (!value || !value->object())
    return {};
  const JsonValue *list = value->find(listKey);
  if (!list || !list->array())
    return {value};
  std::vector<const JsonValue *> steps;
  for (const JsonValue &step : *list->array())
    steps.push_back(&step);
  return steps;
}

const char *patternOfRule(const std::string &name) {
  for (const NamedPattern &known : patterns)
    if (name == known.name)
      return known.pattern;
  return nullptr;
}

Status readTokenizerSteps(const JsonValue &json, TokenizerSource &out) { return StepsReader(json, out).read(); }

} // namespace longc
