// Reads JSON from outside: as events for who keeps little of a large text, or as a tree for who looks things up.
//
// Strict RFC 8259 in UTF-8. Nesting is bounded, a member's name may stand only once in its object (readers elsewhere
// take the first or the last of two, so a file with two means different things to different programs).
#pragma once

#include "runtime/core/Status.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace longc {

/// Codes of what can be wrong with a JSON text.
inline constexpr int jsonMalformed = 2130, jsonOverLimit = 2131;

/// How deep arrays and objects may lie in each other.
inline constexpr int jsonDepth = 64;

/// What is neither array nor object. Integers are those written without point and exponent that fit 64 bits with sign;
/// every other number is a double. Text lives as long as the call that hands it over.
using JsonScalar = std::variant<std::nullptr_t, bool, int64_t, double, std::string_view>;

/// The parts of a text in their order. An error ends the reading and is its result.
class JsonEvents {
public:
  virtual ~JsonEvents() = default;
  virtual Status scalar(const JsonScalar &value) = 0;
  virtual Status beginObject() = 0;
  virtual Status member(std::string_view name) = 0; // its value comes next
  virtual Status endObject() = 0;
  virtual Status beginArray() = 0;
  virtual Status endArray() = 0;
};

/// Hands the parts of `text` to `events`. Names that stand twice are for `events` to notice.
Status readJson(std::string_view text, JsonEvents &events);

struct JsonMember;

/// A value with all that is in it.
class JsonValue {
public:
  using Array = std::vector<JsonValue>;
  using Object = std::vector<JsonMember>; // in the order of the text

  /// `most`: values that it may have (LC2131); each takes more room than its text.
  static Result<JsonValue> read(std::string_view text, size_t most = SIZE_MAX);

  JsonValue(); // null
  template <typename T> explicit JsonValue(T value);

  bool isNull() const { return std::holds_alternative<std::nullptr_t>(value_); }
  // Null where the value is of another kind.
  const bool *boolean() const { return std::get_if<bool>(&value_); }
  const int64_t *integer() const { return std::get_if<int64_t>(&value_); }
  const std::string *text() const { return std::get_if<std::string>(&value_); }
  const Array *array() const { return std::get_if<Array>(&value_); }
  const Object *object() const { return std::get_if<Object>(&value_); }
  Array *array() { return std::get_if<Array>(&value_); }
  Object *object() { return std::get_if<Object>(&value_); }
  /// Of any number, integer or not.
  bool isNumber() const { return integer() || std::holds_alternative<double>(value_); }
  double number() const { return integer() ? static_cast<double>(*integer()) : *std::get_if<double>(&value_); }

  /// The member of this name; null if there is none or this is no object.
  const JsonValue *find(std::string_view name) const;
  /// The same, where null counts as absent: programs that make tables of objects write every key of any object.
  const JsonValue *given(std::string_view name) const;
  /// An integer, also one that is written as 3.0.
  std::optional<int64_t> whole() const;

  /// "an object", "text", "3.5": what an error says it found.
  std::string describe() const;

private:
  std::variant<std::nullptr_t, bool, int64_t, double, std::string, Array, Object> value_;
};

struct JsonMember {
  std::string name;
  JsonValue value;
};

inline JsonValue::JsonValue() : value_(nullptr) {} // here, where a member is a complete type
template <typename T> JsonValue::JsonValue(T value) : value_(std::move(value)) {}

} // namespace longc
