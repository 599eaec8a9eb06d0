// Renders with a mark in the place of the chunks, and tokenizes what stands before and behind it.
#include "runtime/e2llm/SoftPrompt.h"

#include "runtime/text/TemplateVariables.h"
#include "runtime/train/Sample.h"

#include <algorithm>
#include <iterator>

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

// The chunks stand in the first message; with the last reply, or up to where it begins.
Result<SoftPrompt::Parts> SoftPrompt::render(std::span<const SoftTurn> turns, bool withLastReply) const {
  std::vector<ChatMessage> messages;
  for (const SoftTurn &turn : turns) {
    const std::string asked = messages.empty() ? "Given the contexts: " + std::string(mark) + " Please follow the instruction: " : "";
    messages.push_back({"user", asked + turn.instruction});
    messages.push_back({"assistant", turn.reply});
  }
  if (!withLastReply)
    messages.pop_back();
  auto text = template_.render(messages, /*addGenerationPrompt=*/!withLastReply, variables_);
  if (!text.ok())
    return text.status();
  const size_t place = text->find(mark);
  if (place == std::string::npos || text->find(mark, place + 1) != std::string::npos)
    return rewrites("does not write a message once");
  return Parts{text->substr(0, place), text->substr(place + mark.size())};
}

Result<std::vector<int32_t>> SoftPrompt::prompt(const Tokenizer &tokenizer, std::span<const int32_t> contexts, const std::string &instruction) const {
  const SoftTurn turn{instruction, ""};
  auto parts = render({&turn, 1}, false);
  if (!parts.ok())
    return parts.status();
  std::vector<int32_t> ids = tokenizer.encode(parts->before, /*parseSpecial=*/true);
  tokenizer.beginText(ids);
  ids.insert(ids.end(), contexts.begin(), contexts.end());
  const std::vector<int32_t> after = tokenizer.encode(parts->after, /*parseSpecial=*/true);
  ids.insert(ids.end(), after.begin(), after.end());
  return ids;
}

Result<SoftConversation> SoftPrompt::conversation(const Tokenizer &tokenizer, std::span<const int32_t> contexts, std::span<const SoftTurn> turns) const {
  auto prompted = prompt(tokenizer, contexts, turns.front().instruction);
  if (!prompted.ok())
    return prompted.status();
  SoftConversation all{std::move(*prompted), {}};
  std::string known; // behind the chunks, as far as there are ids
  for (size_t turn = 0; turn < turns.size(); ++turn) {
    auto asked = render(turns.first(turn + 1), false), answered = render(turns.first(turn + 1), true);
    if (!asked.ok() || !answered.ok())
      return asked.ok() ? answered.status() : asked.status();
    if (!asked->after.starts_with(known) || !answered->after.starts_with(asked->after))
      return rewrites("writes an answer otherwise than it prompts for it");
    auto encoded = [&](const std::string &text, size_t begin) { return tokenizer.encode(std::string_view(text).substr(begin), /*parseSpecial=*/true); };
    if (turn > 0)
      std::ranges::copy(encoded(asked->after, known.size()), std::back_inserter(all.ids));
    all.weights.resize(all.ids.size(), 0);
    const std::vector<int32_t> reply = encoded(answered->after, asked->after.size());
    const auto stop = std::ranges::find_if(reply, [&](int32_t id) { return std::ranges::binary_search(tokenizer.stopIds(), id); });
    const auto end = stop == reply.end() || turn + 1 < turns.size() ? reply.end() : stop + 1; // nothing is read behind the last
    all.ids.insert(all.ids.end(), reply.begin(), end);
    all.weights.resize(all.weights.size() + static_cast<size_t>((stop == reply.end() ? stop : stop + 1) - reply.begin()), 1);
    all.weights.resize(all.ids.size(), 0);
    known = answered->after;
  }
  return all;
}

} // namespace longc
