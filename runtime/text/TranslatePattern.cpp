// From left to right, an atom at a time.
//
// What differs: in Ruby's syntax `x{1,3}+` repeats `x{1,3}` (in PCRE2 it is possessive), `{,3}` is `{0,3}`, \h is a digit of 16, \v
// one character, \w holds marks and connectors, classes nest and intersect. `^` and `$` stand at every line in both, with PCRE2_MULTILINE.
// Categories hold what came after PCRE2's Unicode, too.
#include "runtime/text/TranslatePattern.h"

#include "runtime/core/Format.h"
#include "runtime/text/LaterCategories.h"
#include "runtime/text/Utf8.h"

#include <cctype>
#include <span>
#include <vector>

namespace longc {
namespace {

// The later code points of a category, "L" or "Lu", as members of a class; empty for other properties.
std::string laterOf(std::string_view category) {
  std::string members;
  if (category.empty() || category.size() > 2)
    return members;
  for (const LaterCategory &later : std::span(laterCategories, laterCategoriesCount))
    if (std::string_view(later.category).starts_with(category))
      members += formatText("\\x{%X}-\\x{%X}", later.first, later.last);
  return members;
}

// The members of \w.
std::string wordMembers() {
  std::string members;
  for (std::string_view category : {"L", "M", "Nd", "Nl", "Pc"})
    members += "\\p{" + std::string(category) + "}" + laterOf(category);
  return members;
}

Status refused(const std::string &what) { return Status::error(6007, "has " + what + ", which is not supported"); }

class PatternTranslator {
public:
  explicit PatternTranslator(std::string_view pattern) : pattern_(pattern) {}

  Result<std::string> translate() {
    while (!done())
      if (Status status = translateNext(); !status.ok())
        return status;
    return std::move(out_);
  }

private:
  bool done() const { return position_ == pattern_.size(); }
  char here() const { return done() ? '\0' : pattern_[position_]; }
  std::string_view rest() const { return pattern_.substr(position_); }
  void copy(size_t count = 1) {
    out_ += rest().substr(0, count);
    position_ = std::min(position_ + count, pattern_.size());
  }

  Status translateNext() {
    switch (here()) {
    case '\\':
      atom_ = out_.size();
      return translateEscape(/*inClass=*/false);
    case '[':
      atom_ = out_.size();
      return translateClass();
    case '(':
      return openGroup();
    case ')':
      atom_ = groups_.empty() ? out_.size() : groups_.back();
      if (!groups_.empty())
        groups_.pop_back();
      copy();
      return {};
    case '{':
      return translateInterval();
    case '*':
    case '+':
    case '?':
      copy();
      return {};
    default:
      atom_ = out_.size();
      copy(decodeUtf8(pattern_, position_).length);
      return {};
    }
  }

  Status openGroup() {
    groups_.push_back(out_.size());
    bool isPlain = !rest().starts_with("(?");
    for (std::string_view kind : {"(?:", "(?=", "(?!", "(?>", "(?<=", "(?<!", "(?i:"})
      if (rest().starts_with(kind)) {
        copy(kind.size());
        return {};
      }
    if (isPlain) {
      copy();
      return {};
    }
    if (position_ == 0 && rest().starts_with("(?i)")) { // further on it would reach over alternatives
      groups_.pop_back();
      copy(4);
      return {};
    }
    return refused("a group of the kind " + quoteForMessage(rest().substr(0, 4)));
  }

  Status translateInterval() {
    size_t end = rest().find('}');
    std::string inside(rest().substr(1, end == std::string_view::npos ? 0 : end - 1));
    size_t comma = inside.find(',');
    bool isInterval = end != std::string_view::npos && !inside.empty() && inside != ",";
    for (size_t i = 0; i < inside.size(); ++i)
      isInterval &= i == comma || std::isdigit(static_cast<unsigned char>(inside[i]));
    if (!isInterval)
      return refused("a brace that is no interval");
    position_ += end + 1;
    out_ += comma == 0 ? "{0" + inside + "}" : "{" + inside + "}";
    if (here() == '?' && comma == std::string::npos)
      return refused("an interval of one number that is optional");
    if (here() == '+') { // repeats, and is not possessive
      out_.insert(atom_, "(?:");
      out_ += ")";
    }
    return {};
  }

  Status translateEscape(bool inClass) {
    const char letter = position_ + 1 < pattern_.size() ? pattern_[position_ + 1] : '\0';
    auto put = [&](std::string_view text) {
      out_ += text;
      position_ += 2;
      return Status();
    };
    const std::string word = wordMembers(), inWord = "[" + word + "]";
    if (!std::isalnum(static_cast<unsigned char>(letter))) {
      copy(1 + (position_ + 1 < pattern_.size() ? decodeUtf8(pattern_, position_ + 1).length : 0));
      return {};
    }
    switch (letter) {
    case 'p':
    case 'P':
      return translateProperty(inClass);
    case 'h':
      return put(inClass ? "0-9A-Fa-f" : "[0-9A-Fa-f]");
    case 'v':
      return put("\\x0B");
    case 'w':
      return put(inClass ? word : inWord);
    case 'u':
      return translateCodePoint();
    case 'W':
      if (!inClass)
        return put("[^" + word + "]");
      break;
    case 'b':
    case 'B':
      if (!inClass)
        return put(letter == 'b' ? "(?:(?<=" + inWord + ")(?!" + inWord + ")|(?<!" + inWord + ")(?=" + inWord + "))"
                                 : "(?:(?<=" + inWord + ")(?=" + inWord + ")|(?<!" + inWord + ")(?!" + inWord + "))");
      break;
    case 'A':
    case 'z':
    case 'Z':
      if (!inClass)
        return put({&pattern_[position_], 2});
      break;
    case 'd':
      return put(inClass ? "\\d" + laterOf("Nd") : "[\\d" + laterOf("Nd") + "]");
    case 'D':
      return put(inClass ? "\\D" : "[^\\d" + laterOf("Nd") + "]");
    case 's':
    case 'S':
    case 'n':
    case 'r':
    case 't':
    case 'f':
    case 'a':
    case 'e':
    case 'x':
      return put({&pattern_[position_], 2});
    default:
      break;
    }
    return refused("the escape " + quoteForMessage(rest().substr(0, 2)));
  }

  Status translateProperty(bool inClass) {
    size_t end = pattern_.find('}', position_);
    if (position_ + 2 >= pattern_.size() || pattern_[position_ + 2] != '{' || end == std::string_view::npos)
      return refused("a property without braces");
    std::string property(pattern_.substr(position_, end + 1 - position_));
    std::string_view name = std::string_view(property).substr(3, property.size() - 4);
    const bool isNegated = (property[1] == 'P') != name.starts_with('^');
    name.remove_prefix(name.starts_with('^') ? 1 : 0);
    const std::string later = laterOf(name);
    position_ = end + 1;
    if (later.empty() || (inClass && isNegated))
      out_ += property;
    else if (inClass)
      out_ += property + later;
    else
      out_ += std::string(isNegated ? "[^" : "[") + "\\p{" + std::string(name) + "}" + later + "]";
    return {};
  }

  // \uHHHH.
  Status translateCodePoint() {
    std::string_view digits = rest().substr(2, 4);
    for (char digit : digits)
      if (!std::isxdigit(static_cast<unsigned char>(digit)))
        digits = {};
    if (digits.size() != 4)
      return refused("\\u without four digits");
    out_ += "\\x{" + std::string(digits) + "}";
    position_ += 6;
    return {};
  }

  Status translateClass() {
    copy(rest().starts_with("[^") ? 2 : 1);
    if (here() == ']')
      return refused("a class that begins with a bracket");
    while (!done() && here() != ']') {
      if (here() == '[' || rest().starts_with("&&"))
        return refused("a class within a class");
      if (here() != '\\') {
        copy(decodeUtf8(pattern_, position_).length);
        continue;
      }
      if (Status status = translateEscape(/*inClass=*/true); !status.ok())
        return status;
    }
    copy();
    return {};
  }

  std::string_view pattern_;
  std::string out_;
  size_t position_ = 0, atom_ = 0; // where the last atom begins in out_
  std::vector<size_t> groups_;     // where the open ones begin
};

} // namespace

Result<std::string> translatePattern(std::string_view pattern) { return PatternTranslator(pattern).translate(); }

} // namespace longc
