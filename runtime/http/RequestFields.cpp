// Kinds and ranges of fields.
#include "runtime/http/RequestFields.h"

#include "runtime/core/Format.h"

namespace longc {

RequestFields::RequestFields(const JsonValue &value, std::string where) : value_(value), where_(std::move(where)) {
  if (!value.object())
    error_ = ApiError::invalid(where_.empty() ? "" : where_.substr(0, where_.size() - 1),
                               (where_.empty() ? "the body" : where_.substr(0, where_.size() - 1)) +
                                   ": expected an object, got " + value.describe(),
                               "invalid_type");
}

void RequestFields::fail(std::string_view name, const std::string &message, const std::string &code) {
  if (!error_)
    error_ = ApiError::invalid(where_ + std::string(name), message, code);
}

void RequestFields::expected(std::string_view name, const std::string &what, const JsonValue &got) {
  fail(name, where_ + std::string(name) + ": expected " + what + ", got " + got.describe(), "invalid_type");
}

const JsonValue *RequestFields::value(std::string_view name) {
  asked_.insert(std::string(name));
  const JsonValue *found = value_.find(name);
  return found && found->isNull() ? nullptr : found;
}

std::optional<int64_t> RequestFields::integer(std::string_view name, int64_t low, int64_t high) {
  const JsonValue *found = value(name);
  if (!found)
    return std::nullopt;
  const int64_t *given = found->integer();
  if (!given)
    expected(name, "a whole number", *found);
  else if (*given < low || *given > high)
    fail(name, formatText("%s%s: expected %lld to %lld, got %lld", where_.c_str(), std::string(name).c_str(),
                          static_cast<long long>(low), static_cast<long long>(high), static_cast<long long>(*given)));
  else
    return *given;
  return std::nullopt;
}

std::optional<double> RequestFields::number(std::string_view name, double low, double high) {
  const JsonValue *found = value(name);
  if (!found)
    return std::nullopt;
  if (!found->isNumber())
    expected(name, "a number", *found);
  else if (!(found->number() >= low && found->number() <= high))
    fail(name, formatText("%s%s: expected %g to %g, got %g", where_.c_str(), std::string(name).c_str(), low, high, found->number()));
  else
    return found->number();
  return std::nullopt;
}

std::optional<bool> RequestFields::boolean(std::string_view name) {
  const JsonValue *found = value(name);
  if (!found)
    return std::nullopt;
  if (found->boolean())
    return *found->boolean();
  expected(name, "true or false", *found);
  return std::nullopt;
}

const std::string *RequestFields::text(std::string_view name) {
  const JsonValue *found = value(name);
  if (found && !found->text())
    expected(name, "text", *found);
  return found ? found->text() : nullptr;
}

const JsonValue::Array *RequestFields::array(std::string_view name, size_t most) {
  const JsonValue *found = value(name);
  if (!found)
    return nullptr;
  if (!found->array())
    expected(name, "an array", *found);
  else if (found->array()->size() > most)
    fail(name, formatText("%s%s: expected at most %zu entries, got %zu", where_.c_str(), std::string(name).c_str(), most,
                          found->array()->size()));
  else
    return found->array();
  return nullptr;
}

const JsonValue *RequestFields::object(std::string_view name) {
  const JsonValue *found = value(name);
  if (found && !found->object())
    expected(name, "an object", *found);
  return found && found->object() ? found : nullptr;
}

std::vector<std::string> RequestFields::texts(std::string_view name, size_t most) {
  const JsonValue *found = value(name);
  if (!found)
    return {};
  if (found->text())
    return {*found->text()};
  std::vector<std::string> texts;
  const JsonValue::Array *entries = array(name, most);
  for (size_t index = 0; entries && index < entries->size(); ++index) {
    if (!(*entries)[index].text()) {
      expected(std::string(name) + "[" + std::to_string(index) + "]", "text", (*entries)[index]);
      return {};
    }
    texts.push_back(*(*entries)[index].text());
  }
  return texts;
}

void RequestFields::ignore(std::initializer_list<std::string_view> names) {
  for (std::string_view name : names)
    asked_.insert(std::string(name));
}

std::vector<std::string> RequestFields::warnings() const {
  constexpr size_t most = 16;
  std::vector<std::string> warnings;
  size_t more = 0;
  if (value_.object())
    for (const JsonMember &member : *value_.object()) {
      if (asked_.contains(member.name))
        continue;
      if (warnings.size() < most)
        warnings.push_back("unknown field " + quoted(member.name) + " was ignored");
      else
        ++more;
    }
  if (more > 0)
    warnings.push_back(formatText("%zu more unknown fields were ignored", more));
  return warnings;
}

} // namespace longc
