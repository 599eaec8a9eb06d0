// Writes JSON: what --json prints. Strings that are not UTF-8 get U+FFFD for each bad byte.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace longc {

class JsonWriter {
public:
  JsonWriter &beginObject() { return open('{'); }
  JsonWriter &endObject() { return close('}'); }
  JsonWriter &beginArray() { return open('['); }
  JsonWriter &endArray() { return close(']'); }
  JsonWriter &key(std::string_view name);
  JsonWriter &text(std::string_view value);
  JsonWriter &integer(int64_t value);
  /// Shortest form of six digits, or as many as asked for (17 give the same double back); null for what is not finite.
  JsonWriter &number(double value, int digits = 6);
  JsonWriter &boolean(bool value);
  JsonWriter &null() { return raw("null"); }
  /// A value that is JSON already.
  JsonWriter &raw(std::string_view json);
  /// In the fewest digits that give the same float back; null for what is not finite.
  JsonWriter &floats(std::span<const float> values);
  JsonWriter &integers(std::span<const int32_t> values);

  const std::string &str() const { return out_; }

private:
  JsonWriter &open(char bracket);
  JsonWriter &close(char bracket);
  void separate();
  void quote(std::string_view value);

  std::string out_;
  bool needsComma_ = false;
};

} // namespace longc
