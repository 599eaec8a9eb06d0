// The door to the chat template code: what it throws inside becomes a Status here.
#include "runtime/text/ChatTemplate.h"

#include "runtime/text/TemplateLexer.h"
#include "runtime/text/TemplateParser.h"
#include "runtime/text/TemplateRun.h"

#include <algorithm>

namespace longc {

namespace {

constexpr size_t longestSource = 1u << 20;

Status toStatus(const TemplateFailure &failure) {
  std::string where = "chat template";
  if (failure.place.line > 0)
    where += ", line " + std::to_string(failure.place.line) + ", column " + std::to_string(failure.place.column);
  return Status::error(static_cast<int>(failure.code), where + ": " + failure.message,
                       failure.hint.empty() ? "the template is the model's; `generate` takes a prompt without it" : failure.hint);
}

// What JSON says, as a template's value. Adds the bytes of its texts to `bytes`.
TemplateValue valueOf(const JsonValue &json, uint64_t &bytes) {
  bytes += 8;
  if (json.text()) {
    bytes += json.text()->size();
    return *json.text();
  }
  if (json.boolean())
    return *json.boolean();
  if (json.integer())
    return *json.integer();
  if (json.isNumber())
    return json.number();
  if (json.array()) {
    auto list = std::make_shared<TemplateList>();
    for (const JsonValue &item : *json.array()) {
      list->items.push_back(valueOf(item, bytes));
      list->depth = std::max(list->depth, list->items.back().depth() + 1);
    }
    return TemplateValue::List(std::move(list));
  }
  if (!json.object())
    return TemplateValue();
  auto dict = std::make_shared<TemplateDict>();
  for (const JsonMember &member : *json.object()) {
    bytes += member.name.size();
    dict->entries.emplace_back(member.name, valueOf(member.value, bytes));
    dict->depth = std::max(dict->depth, dict->entries.back().second.depth() + 1);
  }
  return TemplateValue::Dict(std::move(dict));
}

TemplateValue messageValue(const ChatMessage &message, uint64_t &bytes) {
  auto dict = std::make_shared<TemplateDict>();
  dict->entries = {{"role", message.role}, {"content", message.content}};
  bytes += message.role.size() + message.content.size();
  for (const JsonMember &member : message.more) {
    TemplateValue value = valueOf(member.value, bytes);
    dict->depth = std::max(dict->depth, value.depth() + 1);
    if (member.name == "content")
      dict->entries[1].second = std::move(value);
    else
      dict->entries.emplace_back(member.name, std::move(value));
  }
  return TemplateValue::Dict(std::move(dict));
}

TemplateValue messagesValue(const std::vector<ChatMessage> &messages, uint64_t &bytes) {
  auto list = std::make_shared<TemplateList>();
  list->depth = 2;
  for (const ChatMessage &message : messages) {
    list->items.push_back(messageValue(message, bytes));
    list->depth = std::max(list->depth, list->items.back().depth() + 1);
  }
  return TemplateValue::List(std::move(list));
}

TemplateBudget budgetFor(const TemplateLimits &limits, size_t messages, uint64_t bytes) {
  return {limits.steps + limits.stepsPerMessage * messages, limits.workBytes + limits.workPerInputByte * bytes,
          limits.outputBytes + limits.outputPerInputByte * bytes};
}

} // namespace

Result<ChatTemplate> ChatTemplate::parse(std::string_view source) {
  if (source.size() > longestSource)
    return Status::error(static_cast<int>(TemplateErrorCode::Limit),
                         "chat template of " + std::to_string(source.size()) + " bytes, expected at most 1 MiB");
  try {
    ChatTemplate result;
    result.program_ = std::make_shared<const TemplateProgram>(TemplateParser(lexTemplate(source)).parse());
    return result;
  } catch (const TemplateFailure &failure) {
    return toStatus(failure);
  }
}

Result<std::string> ChatTemplate::render(const std::vector<ChatMessage> &messages, bool addGenerationPrompt,
                                         const std::map<std::string, std::string> &extra, const JsonValue *tools) const {
  uint64_t bytes = 0;
  std::map<std::string, TemplateValue, std::less<>> variables{
      {"messages", messagesValue(messages, bytes)},
      {"add_generation_prompt", addGenerationPrompt},
      {"tools", tools ? valueOf(*tools, bytes) : TemplateValue()},
      {"documents", TemplateValue()},
  };
  for (const auto &[name, value] : extra) {
    bytes += value.size();
    variables.insert_or_assign(name, TemplateValue(value));
  }
  try {
    TemplateRun run(budgetFor(limits_, messages.size(), bytes), now_.value_or(std::time(nullptr)));
    return run.render(*program_, std::move(variables));
  } catch (const TemplateFailure &failure) {
    return toStatus(failure);
  }
}

} // namespace longc
