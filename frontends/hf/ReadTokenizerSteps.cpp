// Steps of tokenizer.json to steps of ours.
#include "frontends/hf/ReadTokenizerSteps.h"

#include "frontends/StepKinds.h"
#include "runtime/core/Format.h"
#include "runtime/io/ModelFileError.h"

#include <algorithm>
#include <cctype>
#include <optional>

namespace longc {
namespace {

using namespace step_kinds;

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

// What 'Whitespace' takes for a word: the \w of Rust's regular expressions, which is not Oniguruma's.
constexpr const char *ofWords = R"(\p{L}\p{M}\p{Nd}\p{Nl}\p{Pc}\x{200C}\x{200D}\x{24B6}-\x{24E9}\x{1F130}-\x{1F149}\x{1F150}-\x{1F169}\x{1F170}-\x{1F189})";
// And the \s of those: PCRE2 takes U+180E for white space too.
constexpr const char *ofBlanks = R"(\t-\r \x{85}\x{A0}\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000})";

Status unsupported(const char *what, const std::string &name, const std::string &hint = "use another checkpoint of this model") {
  return Status::error(TokenizerInvalid, std::string(what) + " " + quoted(name) + " is not supported", hint);
}

bool isType(const JsonValue &step, const char *type) { return textAt(step, "type") == type; }

std::string patternAt(const JsonValue &step, const char *kind) {
  const JsonValue *pattern = step.find("pattern");
  return pattern ? textAt(*pattern, kind) : "";
}

// Null where it is none.
std::optional<std::string> fromBase64(std::string_view text) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  uint32_t bits = 0, count = 0;
  while (text.ends_with('='))
    text.remove_suffix(1);
  for (char letter : text) {
    size_t digit = digits.find(letter);
    if (digit == std::string_view::npos)
      return std::nullopt;
    bits = bits << 6 | static_cast<uint32_t>(digit);
    count += 6;
    if (count >= 8)
      out.push_back(static_cast<char>(bits >> (count -= 8)));
  }
  return out;
}

class StepsReader {
public:
  StepsReader(const JsonValue &json, TokenizerSource &out) : json_(json), out_(out) {}

  Status read() {
    LONGC_TRY(readNormalizer());
    LONGC_TRY(checkDecoder());
    words_ = tokenizerSteps(json_, "pre_tokenizer", "pretokenizers");
    if (out_.model == "bert")
      return readPieceWords();
    bool bytes = std::any_of(words_.begin(), words_.end(), [](const JsonValue *step) { return isType(*step, "ByteLevel"); });
    if (out_.model.empty())
      out_.model = bytes ? "gpt2" : "llama";
    if (bytes && out_.model != "gpt2")
      return unsupported("pre-tokenizer", namesOfWords(), "expected 'Metaspace' or none");
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
      else if (isType(*step, "Replace") && !patternAt(*step, "Regex").empty())
        out_.normalizer.push_back({replacePattern, patternAt(*step, "Regex"), textAt(*step, "content")});
      else if (isType(*step, "Precompiled"))
        LONGC_TRY(addMap(textAt(*step, "precompiled_charsmap")));
      else if (isType(*step, "BertNormalizer"))
        addBertSteps(*step);
      else if (!addLetterStep(*step))
        return unsupported("normalizer", textAt(*step, "type"));
    }
    return {};
  }

  void add(int32_t kind) { out_.normalizer.push_back({kind, "", ""}); }

  Status addMap(const std::string &text) {
    std::optional<std::string> table = fromBase64(text);
    if (!table)
      return unsupported("normalizer 'Precompiled' with a table that is no base64:", text.substr(0, 20));
    if (!table->empty())
      out_.normalizer.push_back({map, "", *table});
    return {};
  }

  bool addLetterStep(const JsonValue &step) {
    constexpr const char *forms[] = {"NFC", "NFD", "NFKC", "NFKD"};
    const std::string type = textAt(step, "type");
    if (const auto *form = std::find(std::begin(forms), std::end(forms), type); form != std::end(forms)) {
      add(normalForm + static_cast<int32_t>(form - forms));
    } else if (type == "Strip") {
      if (flagAt(step, "strip_left", true))
        add(stripLeft);
      if (flagAt(step, "strip_right", true))
        add(stripRight);
    } else if (type == "Lowercase" || type == "StripAccents") {
      add(type == "Lowercase" ? lowercase : stripMarks);
    } else {
      return false;
    }
    return true;
  }

  void addBertSteps(const JsonValue &step) {
    const bool lower = flagAt(step, "lowercase", true);
    if (flagAt(step, "clean_text", true))
      add(clean);
    if (flagAt(step, "handle_chinese_chars", true))
      add(ideographsApart);
    if (flagAt(step, "strip_accents", lower)) {
      add(normalForm + 1);
      add(stripNonspacing);
    }
    if (lower)
      add(lowercase);
  }

  Status readPieceWords() {
    if (words_.size() != 1 || !isType(*words_.front(), "BertPreTokenizer"))
      return unsupported("pre-tokenizer", namesOfWords(), "expected 'BertPreTokenizer'");
    out_.pre = "bert";
    for (const JsonValue *step : tokenizerSteps(json_, "decoder", "decoders"))
      out_.cleansUp |= isType(*step, "WordPiece") && flagAt(*step, "cleanup", true);
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
    if (!isType(last, "ByteLevel") || (prefix && !alone))
      return unsupported("pre-tokenizer", namesOfWords(), "expected 'ByteLevel', or 'Split's and 'Digits' before one without a prefix");
    if (two && !splits && isIsolating(*words_[0]))
      for (const NamedPattern &known : patterns)
        if (patternAt(*words_[0], "Regex") == known.pattern) {
          out_.pre = known.name;
          return {};
        }
    out_.pre = splits ? "gpt-2" : "whole";
    if (prefix)
      out_.wordSteps.push_back({prependUnlessThere, "", " "});
    for (size_t i = 0; i + 1 < words_.size(); ++i)
      LONGC_TRY(addSplit(*words_[i]));
    return {};
  }

  static bool isIsolating(const JsonValue &step) {
    return isType(step, "Split") && textAt(step, "behavior") == "Isolated" && !flagAt(step, "invert", false);
  }

  // By a pattern; by digits, alone or in a row; by white space, which is left out; by punctuation.
  Status addSplit(const JsonValue &step) {
    constexpr const char *behaviors[] = {"Isolated", "Removed", "MergedWithPrevious", "MergedWithNext", "Contiguous"};
    if (isType(step, "Digits")) {
      out_.splits.push_back({"\\p{N}", flagAt(step, "individual_digits", false) ? 0 : 4, false});
      return {};
    }
    if (isType(step, "Whitespace")) {
      out_.splits.push_back({"[" + std::string(ofWords) + "]+|[^" + ofWords + ofBlanks + "]+", 1, true});
      return {};
    }
    if (isType(step, "WhitespaceSplit")) {
      out_.splits.push_back({"[" + std::string(ofBlanks) + "]", 1, false});
      return {};
    }
    const std::string behavior = textAt(step, "behavior"), text = patternAt(step, "String");
    const auto *found = std::find(std::begin(behaviors), std::end(behaviors), behavior);
    const bool punctuation = isType(step, "Punctuation");
    std::string pattern = punctuation ? "[\\p{P}$+<=>^`|~]" : patternAt(step, "Regex");
    for (char letter : text)
      pattern += std::string(std::isalnum(static_cast<unsigned char>(letter)) || static_cast<unsigned char>(letter) >= 0x80 ? "" : "\\") + letter;
    if ((!isType(step, "Split") && !punctuation) || found == std::end(behaviors) || pattern.empty())
      return unsupported("pre-tokenizer", textAt(step, "type") + " " + behavior);
    out_.splits.push_back({pattern, static_cast<int32_t>(found - behaviors), flagAt(step, "invert", false)});
    return {};
  }

  Status readCharacterWords() {
    out_.pre = "whole";
    for (const JsonValue *step : words_) {
      if (isType(*step, "Metaspace"))
        LONGC_TRY(readMetaspace(*step));
      else if (isType(*step, "WhitespaceSplit") && words_.size() == 2 && step == words_[0] && prefixesAlways(*words_[1]))
        out_.wordSteps.push_back({wordsApart, "", writtenSpace});
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

  static bool prefixesAlways(const JsonValue &step) {
    const std::string scheme = textAt(step, "prepend_scheme");
    return isType(step, "Metaspace") && (scheme.empty() ? flagAt(step, "add_prefix_space", true) : scheme == "always");
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

  // Text comes out as the vocabulary is written: a decoder of another kind of vocabulary would change it.
  Status checkDecoder() const {
    constexpr const char *known[] = {"ByteFallback", "ByteLevel", "Fuse", "Metaspace", "Replace", "Strip", "WordPiece"};
    for (const JsonValue *step : tokenizerSteps(json_, "decoder", "decoders"))
      if (std::none_of(std::begin(known), std::end(known), [&](const char *type) { return isType(*step, type); }))
        return unsupported("decoder", textAt(*step, "type"), "decoders: ByteLevel, Metaspace, WordPiece, and Replace, ByteFallback, Fuse, Strip of SentencePiece");
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
