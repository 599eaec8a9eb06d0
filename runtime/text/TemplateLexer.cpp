// The lexer of chat templates.
#include "runtime/text/TemplateLexer.h"

#include "runtime/text/PythonText.h"
#include "runtime/text/Utf8.h"

#include <optional>

namespace longc {

namespace {

using Kind = TemplateToken::Kind;

bool isDigit(char c) { return c >= '0' && c <= '9'; }
bool isNameStart(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool isNamePart(char c) { return isNameStart(c) || isDigit(c); }

// Line breaks as "\n", and without the last one.
std::string normalize(std::string_view source) {
  std::string text;
  text.reserve(source.size());
  for (size_t i = 0; i < source.size(); ++i) {
    if (source[i] == '\r') {
      text.push_back('\n');
      i += i + 1 < source.size() && source[i + 1] == '\n';
    } else {
      text.push_back(source[i]);
    }
  }
  if (text.ends_with('\n'))
    text.pop_back();
  return text;
}

// Counts lines and characters up to a position, from where it stopped last.
class PlaceCounter {
public:
  TemplatePlace advance(std::string_view source, size_t position) {
    for (; countedTo_ < position && countedTo_ < source.size(); ++countedTo_) {
      uint8_t byte = static_cast<uint8_t>(source[countedTo_]);
      if (byte == '\n')
        place_ = {place_.line + 1, 1};
      else if ((byte & 0xC0) != 0x80)
        ++place_.column;
    }
    return place_;
  }

private:
  TemplatePlace place_{1, 1};
  size_t countedTo_ = 0;
};

class Lexer {
public:
  explicit Lexer(std::string source) : source_(std::move(source)) {}

  std::vector<TemplateToken> run() {
    while (position_ < source_.size())
      lexText();
    add(Kind::End, "", position_);
    return std::move(tokens_);
  }

private:
  void lexText();
  void lexComment(size_t begin);
  bool lexRaw(size_t tag, size_t afterSign);
  void lexTag(Kind end, std::string_view close);
  bool lexTagEnd(Kind end, std::string_view close);
  void lexString();
  void lexNumber();
  void lexOperator();
  void checkBalance(std::string_view op);
  std::string_view strippedText(size_t tag, char sign, bool variable) const;
  void skipTagTail(char sign, bool trimLine);

  std::string_view rest() const { return std::string_view(source_).substr(position_); }
  char at(size_t position) const { return position < source_.size() ? source_[position] : '\0'; }
  size_t skipSpaces(size_t position) const {
    std::string_view tail = std::string_view(source_).substr(position);
    return source_.size() - stripText(tail, StripSide::Left).size();
  }

  void add(Kind kind, std::string text, size_t position) {
    tokens_.push_back({kind, std::move(text), placeAt(position)});
  }
  [[noreturn]] void fail(std::string message, size_t position) {
    PlaceCounter fresh;
    throw TemplateFailure{TemplateErrorCode::Syntax, fresh.advance(source_, position), std::move(message), ""};
  }
  // Positions must not decrease from call to call.
  TemplatePlace placeAt(size_t position) { return counter_.advance(source_, position); }

  std::string source_;
  size_t position_ = 0;
  bool lineStarting_ = true; // what was taken last ended a line
  std::vector<TemplateToken> tokens_;
  std::string open_; // brackets that wait for their partner
  PlaceCounter counter_;
};

// The text before the tag at `tag`, without what the tag's `sign` or lstrip_blocks takes from its end.
std::string_view Lexer::strippedText(size_t tag, char sign, bool variable) const {
  std::string_view text = std::string_view(source_).substr(position_, tag - position_);
  if (sign == '-')
    return stripText(text, StripSide::Right);
  if (sign == '+' || variable)
    return text;
  size_t lineStart = text.rfind('\n') + 1; // 0 if there is none
  bool onlyIndentation = stripText(text.substr(lineStart), StripSide::Left).empty();
  return (lineStart > 0 || lineStarting_) && onlyIndentation ? text.substr(0, lineStart) : text;
}

void Lexer::lexText() {
  size_t tag = position_;
  auto opensTag = [&] { return at(tag) == '{' && (at(tag + 1) == '{' || at(tag + 1) == '%' || at(tag + 1) == '#'); };
  while (tag < source_.size() && !opensTag())
    ++tag;
  if (tag == source_.size()) {
    add(Kind::Text, source_.substr(position_), position_);
    position_ = tag;
    return;
  }
  char type = at(tag + 1), sign = at(tag + 2);
  if (sign != '-' && sign != '+')
    sign = 0;
  std::string_view text = strippedText(tag, sign, type == '{');
  if (!text.empty())
    add(Kind::Text, std::string(text), position_);
  position_ = tag + 2 + (sign != 0);
  lineStarting_ = false;
  if (type == '#')
    return lexComment(tag);
  if (type == '%' && lexRaw(tag, position_))
    return;
  bool variable = type == '{';
  add(variable ? Kind::VariableBegin : Kind::BlockBegin, "", tag);
  lexTag(variable ? Kind::VariableEnd : Kind::BlockEnd, variable ? "}}" : "%}");
}

// After the end of a tag: `-` takes all white space that follows, trim_blocks one line break unless told `+`.
void Lexer::skipTagTail(char sign, bool trimLine) {
  size_t before = position_;
  if (sign == '-')
    position_ = skipSpaces(position_);
  else if (sign != '+' && trimLine && at(position_) == '\n')
    ++position_;
  lineStarting_ = position_ > before && source_[position_ - 1] == '\n';
}

void Lexer::lexComment(size_t begin) {
  size_t end = source_.find("#}", position_);
  if (end == std::string::npos)
    fail("comment is not closed, expected '#}'", begin);
  char sign = end > position_ ? source_[end - 1] : 0;
  position_ = end + 2;
  skipTagTail(sign, true);
}

// `{% raw %}` up to `{% endraw %}`: text as it stands. False if this block is something else.
bool Lexer::lexRaw(size_t tag, size_t afterSign) {
  auto closes = [this](size_t at, std::string_view word, char &sign, size_t &after) {
    at = skipSpaces(at);
    if (!std::string_view(source_).substr(at).starts_with(word))
      return false;
    at = skipSpaces(at + word.size());
    sign = this->at(at) == '-' || this->at(at) == '+' ? this->at(at) : 0;
    at += sign != 0;
    after = at + 2;
    return this->at(at) == '%' && this->at(at + 1) == '}';
  };
  char sign = 0;
  size_t after = 0;
  if (!closes(afterSign, "raw", sign, after) || sign == '+')
    return false;
  position_ = sign == '-' ? skipSpaces(after) : after;
  lineStarting_ = position_ > 0 && source_[position_ - 1] == '\n';
  for (size_t end = source_.find("{%", position_); end != std::string::npos; end = source_.find("{%", end + 2)) {
    char openSign = at(end + 2) == '-' || at(end + 2) == '+' ? at(end + 2) : 0;
    if (!closes(end + 2 + (openSign != 0), "endraw", sign, after))
      continue;
    std::string_view text = strippedText(end, openSign, false);
    if (!text.empty())
      add(Kind::Text, std::string(text), position_);
    position_ = after;
    skipTagTail(sign, true);
    return true;
  }
  fail("raw block is not closed, expected '{% endraw %}'", tag);
}

bool Lexer::lexTagEnd(Kind end, std::string_view close) {
  std::string_view text = rest();
  bool block = end == Kind::BlockEnd;
  char sign = !text.empty() && (text[0] == '-' || (block && text[0] == '+')) ? text[0] : 0;
  if (!open_.empty() || !text.substr(sign != 0).starts_with(close))
    return false;
  add(end, "", position_);
  position_ += close.size() + (sign != 0);
  skipTagTail(sign, block);
  return true;
}

void Lexer::lexTag(Kind end, std::string_view close) {
  size_t begin = position_;
  while (true) {
    position_ = skipSpaces(position_);
    if (position_ >= source_.size())
      fail("tag is not closed, expected '" + std::string(close) + "'", begin);
    if (lexTagEnd(end, close))
      return;
    char c = source_[position_];
    if (isDigit(c)) {
      lexNumber();
    } else if (isNameStart(c)) {
      size_t start = position_;
      while (isNamePart(at(position_)))
        ++position_;
      add(Kind::Name, source_.substr(start, position_ - start), start);
    } else if (c == '\'' || c == '"') {
      lexString();
    } else {
      lexOperator();
    }
  }
}

void Lexer::lexString() {
  size_t start = position_, end = start + 1;
  while (end < source_.size() && source_[end] != source_[start])
    end += source_[end] == '\\' ? 2 : 1;
  if (end >= source_.size())
    fail("string is not closed", start);
  std::optional<std::string> value = unescapeText(std::string_view(source_).substr(start + 1, end - start - 1));
  if (!value)
    fail("string has an escape that is not a character", start);
  add(Kind::String, *value, start);
  position_ = end + 1;
}

void Lexer::lexNumber() {
  size_t start = position_;
  bool isFloat = false;
  auto takeDigits = [this] {
    while (isDigit(at(position_)) || (at(position_) == '_' && isDigit(at(position_ + 1))))
      ++position_;
  };
  if (at(start) == '0' &&
      (at(start + 1) == 'x' || at(start + 1) == 'X' || at(start + 1) == 'b' || at(start + 1) == 'o'))
    fail("only decimal numbers are supported", start);
  takeDigits();
  bool afterDot = start > 0 && source_[start - 1] == '.';
  if (!afterDot && at(position_) == '.' && isDigit(at(position_ + 1))) {
    isFloat = true;
    ++position_;
    takeDigits();
  }
  size_t exponent = position_ + 1 + (at(position_ + 1) == '+' || at(position_ + 1) == '-');
  if (!afterDot && (at(position_) == 'e' || at(position_) == 'E') && isDigit(at(exponent))) {
    isFloat = true;
    position_ = exponent;
    takeDigits();
  }
  std::string digits;
  for (char c : source_.substr(start, position_ - start))
    if (c != '_')
      digits.push_back(c);
  if (!isFloat && digits.size() > 1 && digits[0] == '0' && digits.find_first_not_of('0') != std::string::npos)
    fail("a number cannot begin with 0", start);
  add(isFloat ? Kind::Float : Kind::Integer, std::move(digits), start);
}

void Lexer::checkBalance(std::string_view op) {
  static constexpr std::string_view opening = "([{", closing = ")]}";
  if (opening.find(op) != std::string_view::npos) {
    open_.push_back(closing[opening.find(op)]);
  } else if (closing.find(op) != std::string_view::npos) {
    if (open_.empty())
      fail("unexpected '" + std::string(op) + "'", position_);
    if (open_.back() != op[0])
      fail("unexpected '" + std::string(op) + "', expected '" + open_.back() + "'", position_);
    open_.pop_back();
  }
}

void Lexer::lexOperator() {
  static constexpr std::string_view operators[] = {"//", "**", "==", "!=", ">=", "<=", "+", "-", "/",
                                                   "*",  "%",  "~",  "[",  "]",  "(",  ")", "{", "}",
                                                   "<",  ">",  "=",  ".",  ":",  "|",  ","};
  for (std::string_view op : operators) {
    if (!rest().starts_with(op))
      continue;
    if (op.size() == 1)
      checkBalance(op);
    add(Kind::Operator, std::string(op), position_);
    position_ += op.size();
    return;
  }
  fail("unexpected character " + quoteForMessage(rest().substr(0, decodeUtf8(source_, position_).length)), position_);
}

} // namespace

std::vector<TemplateToken> lexTemplate(std::string_view source) { return Lexer(normalize(source)).run(); }

} // namespace longc
