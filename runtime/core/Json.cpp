// JSON text.
#include "runtime/core/Json.h"

#include "runtime/core/Format.h"

#include <charconv>
#include <cmath>

namespace longc {
namespace {

// Length of the UTF-8 character that starts `text`; 0 if there is none.
size_t characterLength(std::string_view text) {
  auto byte = [&](size_t index) { return static_cast<unsigned char>(text[index]); };
  unsigned char first = byte(0);
  size_t length = first < 0x80 ? 1 : first >= 0xc2 && first < 0xe0 ? 2 : first >= 0xe0 && first < 0xf0 ? 3
                                                              : first >= 0xf0 && first < 0xf5       ? 4
                                                                                                    : 0;
  if (length == 0 || length > text.size())
    return 0;
  for (size_t index = 1; index < length; ++index)
    if ((byte(index) & 0xc0) != 0x80)
      return 0;
  bool overlong = (first == 0xe0 && byte(1) < 0xa0) || (first == 0xf0 && byte(1) < 0x90);
  bool surrogate = first == 0xed && byte(1) >= 0xa0, beyond = first == 0xf4 && byte(1) >= 0x90;
  return overlong || surrogate || beyond ? 0 : length;
}

} // namespace

void JsonWriter::separate() {
  if (needsComma_)
    out_ += ',';
  needsComma_ = true;
}

JsonWriter &JsonWriter::open(char bracket) {
  separate();
  out_ += bracket;
  needsComma_ = false;
  return *this;
}

JsonWriter &JsonWriter::close(char bracket) {
  out_ += bracket;
  needsComma_ = true;
  return *this;
}

JsonWriter &JsonWriter::key(std::string_view name) {
  separate();
  quote(name);
  out_ += ':';
  needsComma_ = false;
  return *this;
}

JsonWriter &JsonWriter::text(std::string_view value) {
  separate();
  quote(value);
  return *this;
}

JsonWriter &JsonWriter::integer(int64_t value) {
  separate();
  out_ += std::to_string(value);
  return *this;
}

JsonWriter &JsonWriter::number(double value, int digits) {
  separate();
  out_ += std::isfinite(value) ? formatText("%.*g", digits, value) : "null";
  return *this;
}

JsonWriter &JsonWriter::boolean(bool value) {
  separate();
  out_ += value ? "true" : "false";
  return *this;
}

JsonWriter &JsonWriter::raw(std::string_view json) {
  separate();
  out_ += json;
  return *this;
}

JsonWriter &JsonWriter::floats(std::span<const float> values) {
  beginArray();
  char digits[32];
  for (float value : values) {
    separate();
    out_.append(std::isfinite(value) ? std::string_view(digits, std::to_chars(digits, digits + sizeof digits, value).ptr) : "null");
  }
  return endArray();
}

JsonWriter &JsonWriter::integers(std::span<const int32_t> values) {
  beginArray();
  for (int32_t value : values)
    integer(value);
  return endArray();
}

void JsonWriter::quote(std::string_view value) {
  out_ += '"';
  while (!value.empty()) {
    size_t length = characterLength(value);
    unsigned char first = static_cast<unsigned char>(value[0]);
    if (length == 0)
      out_ += "\xef\xbf\xbd";
    else if (first == '"' || first == '\\')
      out_ += {'\\', value[0]};
    else if (first == '\n')
      out_ += "\\n";
    else if (first < 0x20)
      out_ += formatText("\\u%04x", first);
    else
      out_ += value.substr(0, length);
    value.remove_prefix(length == 0 ? 1 : length);
  }
  out_ += '"';
}

} // namespace longc
