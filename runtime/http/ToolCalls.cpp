// Finds calls of tools, and writes them as messages have them.
#include "runtime/http/ToolCalls.h"

#include "runtime/core/Json.h"
#include "runtime/core/JsonReader.h"
#include "runtime/core/JsonText.h"
#include "runtime/http/RandomId.h"

#include <optional>

namespace longc {
namespace {

std::optional<ToolCall> readCall(std::string_view text) {
  auto json = JsonValue::read(text);
  if (!json.ok())
    return std::nullopt;
  const JsonValue *name = json->find("name"), *arguments = json->find("arguments");
  if (!arguments)
    arguments = json->find("parameters");
  if (!name || !name->text() || !arguments || !arguments->object())
    return std::nullopt;
  std::string written = jsonText(*arguments);
  while (!written.empty() && written.back() == '\n')
    written.pop_back();
  return ToolCall{*name->text(), written};
}

std::string trimmed(const std::string &text) {
  const size_t first = text.find_first_not_of(" \t\r\n"), last = text.find_last_not_of(" \t\r\n");
  return first == std::string::npos ? "" : text.substr(first, last - first + 1);
}

} // namespace

ToolCalls findToolCalls(const std::string &text) {
  ToolCalls found;
  size_t position = 0;
  while (position < text.size()) {
    const size_t begin = text.find(toolCallBegin, position);
    if (begin == std::string::npos)
      break;
    const size_t inside = begin + toolCallBegin.size();
    size_t end = text.find(toolCallEnd, inside); // the last one's end may be the answer's
    auto call = readCall(std::string_view(text).substr(inside, end == std::string::npos ? end : end - inside));
    if (end == std::string::npos && !call)
      break;
    const size_t next = end == std::string::npos ? text.size() : end + toolCallEnd.size();
    found.content += text.substr(position, (call ? begin : next) - position);
    if (call)
      found.calls.push_back(std::move(*call));
    position = next;
  }
  found.content += text.substr(position);
  if (!found.calls.empty())
    found.content = trimmed(found.content);
  return found;
}

std::string toolCallsJson(const std::vector<ToolCall> &calls, bool index) {
  JsonWriter json;
  json.beginArray();
  for (size_t place = 0; place < calls.size(); ++place) {
    json.beginObject();
    if (index)
      json.key("index").integer(static_cast<int64_t>(place));
    json.key("id").text(randomId("call_"));
    json.key("type").text("function");
    json.key("function").beginObject().key("name").text(calls[place].name).key("arguments").text(calls[place].arguments).endObject();
    json.endObject();
  }
  return json.endArray().str();
}

} // namespace longc
