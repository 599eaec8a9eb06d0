// JSON text to events, and events to a tree. The lexer is nlohmann's, confined to this file.
#include "runtime/core/JsonReader.h"

#include "runtime/core/Format.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

namespace longc {
namespace {

// A text of one line may be a line of a file, whose number another says.
std::string placeOf(std::string_view text, size_t position) {
  position = std::min(position, text.size());
  std::string_view before = text.substr(0, position);
  size_t line = static_cast<size_t>(std::count(before.begin(), before.end(), '\n')) + 1;
  size_t column = position - (line == 1 ? 0 : before.rfind('\n') + 1);
  const bool isOneLine = text.find('\n') == text.npos;
  return (isOneLine ? "" : "line " + std::to_string(line) + ", ") + "column " + std::to_string(column);
}

// What nlohmann's parser calls; a false result ends it.
class Adapter {
public:
  using number_integer_t = int64_t;
  using number_unsigned_t = uint64_t;
  using number_float_t = double;
  using string_t = std::string;
  using binary_t = nlohmann::json::binary_t;

  Adapter(std::string_view text, JsonEvents &events) : text_(text), events_(events) {}

  bool null() { return take(events_.scalar(nullptr)); }
  bool boolean(bool value) { return take(events_.scalar(value)); }
  bool number_integer(int64_t value) { return take(events_.scalar(value)); }
  bool number_unsigned(uint64_t value) {
    if (value > static_cast<uint64_t>(INT64_MAX))
      return take(events_.scalar(static_cast<double>(value)));
    return take(events_.scalar(static_cast<int64_t>(value)));
  }
  bool number_float(double value, const std::string &) { return take(events_.scalar(value)); }
  bool string(std::string &value) { return take(events_.scalar(std::string_view(value))); }
  bool binary(binary_t &) { return false; } // JSON text has none
  bool start_object(size_t) { return enter() && take(events_.beginObject()); }
  bool key(std::string &name) { return take(events_.member(name)); }
  bool end_object() { return leave() && take(events_.endObject()); }
  bool start_array(size_t) { return enter() && take(events_.beginArray()); }
  bool end_array() { return leave() && take(events_.endArray()); }
  bool parse_error(size_t position, const std::string &, const nlohmann::json::exception &) {
    status_ = Status::error(jsonMalformed, placeOf(text_, position) + ": expected JSON",
                            "the file is truncated, damaged or of another kind");
    return false;
  }

  Status finish() { return std::move(status_); }

private:
  bool take(Status status) {
    status_ = std::move(status);
    return status_.ok();
  }
  bool enter() {
    if (++depth_ <= jsonDepth)
      return true;
    return take(Status::error(jsonOverLimit, formatText("expected at most %d arrays and objects in each other", jsonDepth)));
  }
  bool leave() {
    --depth_;
    return true;
  }

  std::string_view text_;
  JsonEvents &events_;
  Status status_;
  int depth_ = 0;
};

// Keeps the way from the root to the value at hand.
class TreeBuilder : public JsonEvents {
public:
  explicit TreeBuilder(size_t most) : most_(most) {}
  Status scalar(const JsonScalar &value) override {
    std::visit(
        [&](auto part) {
          if constexpr (std::is_same_v<decltype(part), std::string_view>)
            add(JsonValue(std::string(part)));
          else
            add(JsonValue(part));
        },
        value);
    return count();
  }
  Status beginObject() override { return open(JsonValue(JsonValue::Object())); }
  Status beginArray() override { return open(JsonValue(JsonValue::Array())); }
  Status member(std::string_view name) override {
    open_.back()->object()->push_back({std::string(name), JsonValue()});
    return {};
  }
  Status endArray() override { return close(); }
  Status endObject() override {
    std::vector<std::string_view> names;
    for (const JsonMember &member : *open_.back()->object())
      names.push_back(member.name);
    std::sort(names.begin(), names.end());
    if (auto twice = std::adjacent_find(names.begin(), names.end()); twice != names.end())
      return Status::error(jsonMalformed, "member " + quoted(*twice) + " stands twice in its object",
                           "keep one of them: programs differ in which they take");
    return close();
  }

  JsonValue take() { return std::move(root_); }

private:
  JsonValue *add(JsonValue value) {
    if (open_.empty())
      return &(root_ = std::move(value));
    if (JsonValue::Array *array = open_.back()->array())
      return &array->emplace_back(std::move(value));
    return &(open_.back()->object()->back().value = std::move(value));
  }
  Status open(JsonValue value) {
    open_.push_back(add(std::move(value))); // what it lies in grows again only after it was closed
    return count();
  }
  Status count() {
    return ++count_ <= most_ ? Status() : Status::error(jsonOverLimit, formatText("expected at most %zu values", most_));
  }
  Status close() {
    open_.pop_back();
    return {};
  }

  JsonValue root_;
  std::vector<JsonValue *> open_;
  size_t most_, count_ = 0;
};

} // namespace

Status readJson(std::string_view text, JsonEvents &events) {
  Adapter adapter(text, events);
  if (size_t zero = text.find('\0'); zero != text.npos) // the lexer would take it for the end
    return Status::error(jsonMalformed, placeOf(text, zero + 1) + ": expected JSON, found a zero byte");
  bool read = nlohmann::json::sax_parse(text.begin(), text.end(), &adapter);
  Status status = adapter.finish();
  if (!read && status.ok())
    return Status::error(jsonMalformed, "expected JSON");
  return status;
}

Result<JsonValue> JsonValue::read(std::string_view text, size_t most) {
  TreeBuilder builder(most);
  LONGC_TRY(readJson(text, builder));
  return builder.take();
}

const JsonValue *JsonValue::find(std::string_view name) const {
  const Object *members = object();
  if (!members)
    return nullptr;
  auto at = std::find_if(members->begin(), members->end(), [&](const JsonMember &member) { return member.name == name; });
  return at == members->end() ? nullptr : &at->value;
}

const JsonValue *JsonValue::given(std::string_view name) const {
  const JsonValue *found = find(name);
  return found && !found->isNull() ? found : nullptr;
}

std::optional<int64_t> JsonValue::whole() const {
  if (const int64_t *exact = integer())
    return *exact;
  const double *real = std::get_if<double>(&value_);
  constexpr double most = 1LL << 53; // up to there every integer is a double
  if (!real || std::fabs(*real) > most || *real != std::trunc(*real))
    return std::nullopt;
  return static_cast<int64_t>(*real);
}

std::string JsonValue::describe() const {
  if (isNull())
    return "null";
  if (const bool *value = boolean())
    return *value ? "true" : "false";
  if (const int64_t *value = integer())
    return std::to_string(*value);
  if (isNumber())
    return formatText("%.17g", number());
  return text() ? "text" : array() ? "a list" : "an object";
}

} // namespace longc
