// Text of a tree.
#include "runtime/core/JsonText.h"

#include "runtime/core/Json.h"

#include <charconv>
#include <cmath>

namespace longc {
namespace {

std::string quotedText(std::string_view text) { return JsonWriter().text(text).str(); }

// The shortest digits that give the number back, and never those of an integer.
std::string numberText(double value) {
  if (!std::isfinite(value))
    return "null";
  char digits[32];
  std::string text(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
  return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
}

class TextWriter {
public:
  void write(const JsonValue &value, const std::string &indent) {
    if (const JsonValue::Object *object = value.object())
      list('{', '}', *object, indent, [&](const JsonMember &member, const std::string &inner) {
        out_ += quotedText(member.name) + ": ";
        write(member.value, inner);
      });
    else if (const JsonValue::Array *array = value.array())
      list('[', ']', *array, indent, [&](const JsonValue &entry, const std::string &inner) { write(entry, inner); });
    else if (const std::string *text = value.text())
      out_ += quotedText(*text);
    else if (const bool *flag = value.boolean())
      out_ += *flag ? "true" : "false";
    else if (const int64_t *integer = value.integer())
      out_ += std::to_string(*integer);
    else
      out_ += value.isNumber() ? numberText(value.number()) : "null";
  }

  std::string take() { return std::move(out_) + "\n"; }

private:
  template <typename List, typename Entry>
  void list(char open, char close, const List &entries, const std::string &indent, Entry entry) {
    out_ += open;
    const std::string inner = indent + "  ";
    for (size_t i = 0; i < entries.size(); ++i) {
      out_ += (i ? ",\n" : "\n") + inner;
      entry(entries[i], inner);
    }
    if (!entries.empty())
      out_ += "\n" + indent;
    out_ += close;
  }

  std::string out_;
};

} // namespace

std::string jsonText(const JsonValue &value) {
  TextWriter writer;
  writer.write(value, "");
  return writer.take();
}

} // namespace longc
