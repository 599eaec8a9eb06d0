// Renders with a mark in the place of the chunks, and tokenizes what stands before and behind it.
#include "runtime/e2llm/SoftPrompt.h"

#include "runtime/text/TemplateVariables.h"
#include "runtime/train/Sample.h"

#include <algorithm>

namespace longc {
namespace {

constexpr std::string_view mark = "\x02" "chunks" "\x03"; // of no text

Status rewrites(const char *what) {
  return Status::error(templateRewrites, std::string("the decoder's chat template ") + what, "use a decoder whose template writes messages as they are");
}

} // namespace

SoftPrompt::SoftPrompt(const Tokenizer &tokenizer, ChatTemplate chatTemplate)
    : template_(std::move(chatTemplate)), variables_(templateVariables(tokenizer)) {}

Result<SoftPrompt> SoftPrompt::create(const Tokenizer &tokenizer, const std::string &templateSource) {
  if (templateSource.empty())
    return Status::error(noTemplate, "the decoder has no chat template to ask with", "compile a decoder with a template");
  auto parsed = ChatTemplate::parse(templateSource);
  if (!parsed.ok())
    return parsed.status();
  return SoftPrompt(tokenizer, std::move(*parsed));
}

Result<SoftPrompt::Parts> SoftPrompt::render(const std::string &instruction, const std::string *reply) const {
  std::vector<ChatMessage> messages = {{"user", "Given the contexts: " + std::string(mark) + " Please follow the instruction: " + instruction}};
  if (reply)
    messages.push_back({"assistant", *reply});
  auto text = template_.render(messages, /*addGenerationPrompt=*/!reply, variables_);
  if (!text.ok())
    return text.status();
  const size_t place = text->find(mark);
  if (place == std::string::npos || text->find(mark, place + 1) != std::string::npos)
    return rewrites("does not write a message once");
  return Parts{text->substr(0, place), text->substr(place + mark.size())};
}

Result<std::vector<int32_t>> SoftPrompt::prompt(const Tokenizer &tokenizer, std::span<const int32_t> contexts, const std::string &instruction) const {
  auto parts = render(instruction, nullptr);
  if (!parts.ok())
    return parts.status();
  std::vector<int32_t> ids = tokenizer.encode(parts->before, /*parseSpecial=*/true);
  tokenizer.beginText(ids);
  ids.insert(ids.end(), contexts.begin(), contexts.end());
  const std::vector<int32_t> after = tokenizer.encode(parts->after, /*parseSpecial=*/true);
  ids.insert(ids.end(), after.begin(), after.end());
  return ids;
}

Result<std::vector<int32_t>> SoftPrompt::reply(const Tokenizer &tokenizer, const std::string &instruction, const std::string &text) const {
  auto asked = render(instruction, nullptr), answered = render(instruction, &text);
  if (!asked.ok() || !answered.ok())
    return asked.ok() ? answered.status() : asked.status();
  if (!answered->after.starts_with(asked->after))
    return rewrites("writes an answer otherwise than it prompts for it");
  std::vector<int32_t> ids = tokenizer.encode(std::string_view(answered->after).substr(asked->after.size()), /*parseSpecial=*/true);
  auto stop = std::ranges::find_if(ids, [&](int32_t id) { return std::ranges::binary_search(tokenizer.stopIds(), id); });
  ids.erase(stop == ids.end() ? stop : stop + 1, ids.end());
  return ids;
}

} // namespace longc
