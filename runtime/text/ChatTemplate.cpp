// The door to the chat template code: what it throws inside becomes a Status here.
#include "runtime/text/ChatTemplate.h"

#include "runtime/text/TemplateLexer.h"
#include "runtime/text/TemplateParser.h"
#include "runtime/text/TemplateRun.h"

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

TemplateValue messageValue(const ChatMessage &message) {
  auto dict = std::make_shared<TemplateDict>();
  dict->entries = {{"role", message.role}, {"content", message.content}};
  return TemplateValue::Dict(std::move(dict));
}

TemplateValue messagesValue(const std::vector<ChatMessage> &messages) {
  auto list = std::make_shared<TemplateList>();
  list->depth = 2;
  for (const ChatMessage &message : messages)
    list->items.push_back(messageValue(message));
  return TemplateValue::List(std::move(list));
}

TemplateBudget budgetFor(const TemplateLimits &limits, const std::vector<ChatMessage> &messages,
                         const std::map<std::string, std::string> &extra) {
  uint64_t bytes = 0;
  for (const ChatMessage &message : messages)
    bytes += message.role.size() + message.content.size();
  for (const auto &[name, value] : extra)
    bytes += value.size();
  return {limits.steps + limits.stepsPerMessage * messages.size(), limits.workBytes + limits.workPerInputByte * bytes,
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
                                         const std::map<std::string, std::string> &extra) const {
  std::map<std::string, TemplateValue, std::less<>> variables{
      {"messages", messagesValue(messages)},
      {"add_generation_prompt", addGenerationPrompt},
      {"tools", TemplateValue()},
      {"documents", TemplateValue()},
  };
  for (const auto &[name, value] : extra)
    variables.insert_or_assign(name, TemplateValue(value));
  try {
    TemplateRun run(budgetFor(limits_, messages, extra), now_.value_or(std::time(nullptr)));
    return run.render(*program_, std::move(variables));
  } catch (const TemplateFailure &failure) {
    return toStatus(failure);
  }
}

} // namespace longc
