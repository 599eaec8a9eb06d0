// The fields of a request's JSON object: each read once, of its kind and in its range, or the first error tells which is not.
#pragma once

#include "runtime/core/JsonReader.h"
#include "runtime/http/ApiError.h"

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace longc {

class RequestFields {
public:
  /// `value` outlives this; `where` stands before the names in errors ("messages[2].").
  explicit RequestFields(const JsonValue &value, std::string where = "");

  // Absent where null or not there; absent and failed() where it is not what it should be.
  std::optional<int64_t> integer(std::string_view name, int64_t low, int64_t high);
  std::optional<double> number(std::string_view name, double low, double high);
  std::optional<bool> boolean(std::string_view name);
  const std::string *text(std::string_view name);
  const JsonValue::Array *array(std::string_view name, size_t most);
  const JsonValue *object(std::string_view name);
  /// Of any kind.
  const JsonValue *value(std::string_view name);
  /// A text, or an array of at most `most` texts.
  std::vector<std::string> texts(std::string_view name, size_t most);
  /// Fields that mean nothing to us and change nothing: accepted without a word.
  void ignore(std::initializer_list<std::string_view> names);

  void fail(std::string_view name, const std::string &message, const std::string &code = "invalid_value");
  bool failed() const { return error_.has_value(); }
  const std::optional<ApiError> &error() const { return error_; }
  /// Of names that nobody asked for.
  std::vector<std::string> warnings() const;

private:
  void expected(std::string_view name, const std::string &what, const JsonValue &got);

  const JsonValue &value_;
  std::string where_;
  std::set<std::string, std::less<>> asked_;
  std::optional<ApiError> error_;
};

} // namespace longc
