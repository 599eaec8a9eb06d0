// Short spelling of JSON trees that are written. Private to this folder.
#pragma once

#include "runtime/core/JsonReader.h"

#include <cstdint>
#include <string>
#include <utility>

namespace longc {

inline JsonValue jsonOf(const std::string &text) { return JsonValue(text); }
inline JsonValue jsonOf(const char *text) { return JsonValue(std::string(text)); }
inline JsonValue jsonOf(int64_t value) { return JsonValue(value); }
inline JsonValue jsonOf(int32_t value) { return JsonValue(static_cast<int64_t>(value)); }
inline JsonValue jsonOf(double value) { return JsonValue(value); }
inline JsonValue jsonOf(bool value) { return JsonValue(value); }
inline JsonValue jsonOf(std::nullptr_t) { return JsonValue(); }
inline JsonValue jsonOf(JsonValue value) { return value; }

class ObjectBuilder {
public:
  template <typename T> ObjectBuilder &add(std::string key, T value) {
    members_.push_back({std::move(key), jsonOf(std::move(value))});
    return *this;
  }
  JsonValue take() { return JsonValue(std::move(members_)); }

private:
  JsonValue::Object members_;
};

// Puts a member into an object, in place of one of its name.
inline void setMember(JsonValue &object, const std::string &key, JsonValue value) {
  for (JsonMember &member : *object.object())
    if (member.name == key) {
      member.value = std::move(value);
      return;
    }
  object.object()->push_back({key, std::move(value)});
}

} // namespace longc
