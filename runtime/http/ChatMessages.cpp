// Messages of a request, as the model's template takes them.
#include "runtime/core/Format.h"
#include "runtime/http/TextRequest.h"
#include "runtime/text/TemplateVariables.h"

namespace longc {
namespace {

constexpr size_t mostMessages = 100'000, mostParts = 4096;

// Text, or parts of which each is text.
std::string readContent(RequestFields &message, const JsonValue &content, const std::string &where) {
  if (content.text())
    return *content.text();
  const JsonValue::Array *parts = message.array("content", mostParts);
  std::string text;
  for (size_t index = 0; parts && index < parts->size(); ++index) {
    RequestFields part((*parts)[index], where + "content[" + std::to_string(index) + "].");
    const std::string *type = part.text("type"), *written = part.text("text");
    if (!part.failed() && (!type || *type != "text" || !written))
      part.fail("type", where + "content[" + std::to_string(index) + "]: expected {\"type\": \"text\", \"text\": ...}: this model reads text alone");
    if (part.failed()) {
      message.fail("content", part.error()->message, part.error()->code);
      return {};
    }
    text += *written;
  }
  return text;
}

void readMessage(RequestFields &fields, const JsonValue &value, size_t index, std::vector<ChatMessage> &messages) {
  const std::string where = "messages[" + std::to_string(index) + "].";
  RequestFields message(value, where);
  const std::string *role = message.text("role");
  const JsonValue *content = message.value("content"), *calls = message.value("tool_calls");
  if (!message.failed() && !role)
    message.fail("role", where + "role is missing: expected system, user, assistant or tool");
  if (!message.failed() && *role != "system" && *role != "developer" && *role != "user" && *role != "assistant" && *role != "tool")
    message.fail("role", where + "role: expected system, developer, user, assistant or tool, got " + quoted(*role));
  if (!message.failed() && !content && !(calls && *role == "assistant"))
    message.fail("content", where + "content is missing");
  ChatMessage read;
  if (!message.failed())
    read = {*role == "developer" ? "system" : *role, content ? readContent(message, *content, where) : "", {}};
  if (message.failed())
    return fields.fail(message.error()->param, message.error()->message, message.error()->code);
  for (const char *name : {"name", "tool_call_id", "tool_calls"})
    if (const JsonValue *more = message.value(name))
      read.more.push_back({name, *more});
  if (!content)
    read.more.push_back({"content", JsonValue()});
  messages.push_back(std::move(read));
}

} // namespace

std::vector<ChatMessage> readMessages(RequestFields &fields) {
  std::vector<ChatMessage> messages;
  const JsonValue::Array *values = fields.array("messages", mostMessages);
  if (!fields.failed() && (!values || values->empty()))
    fields.fail("messages", "messages: expected at least one");
  for (size_t index = 0; values && index < values->size() && !fields.failed(); ++index)
    readMessage(fields, (*values)[index], index, messages);
  return messages;
}

std::string renderMessages(RequestFields &fields, const ServedModel &model, const std::vector<ChatMessage> &messages,
                           const JsonValue *tools) {
  if (!model.chatTemplate) {
    fields.fail("messages", model.templateRefusal.empty() ? "this model has no chat template: use /v1/completions"
                                                          : "this model's chat template is not usable: " + model.templateRefusal);
    return {};
  }
  auto text = model.chatTemplate->render(messages, true, templateVariables(*model.tokenizer), tools);
  if (text.ok())
    return *text;
  fields.fail("messages", text.status().message());
  return {};
}

} // namespace longc
