// Renders a conversation and divides its ids into what is kept and what is read for one question.
#include "runtime/text/Conversation.h"

#include "runtime/text/TemplateVariables.h"

#include <algorithm>

namespace longc {
namespace {

std::string commonBeginning(const std::string &a, const std::string &b) {
  size_t most = std::min(a.size(), b.size());
  return a.substr(0, static_cast<size_t>(std::mismatch(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(most), b.begin()).first - a.begin()));
}

} // namespace

Conversation::Conversation(const Tokenizer &tokenizer, ChatTemplate chatTemplate, std::optional<std::string> system,
                           std::time_t now)
    : tokenizer_(tokenizer), template_(std::move(chatTemplate)), variables_(templateVariables(tokenizer)),
      growing_(tokenizer), askedText_(tokenizer) {
  template_.setNow(now);
  if (system)
    messages_.push_back({"system", std::move(*system)});
}

Result<std::string> Conversation::render(const std::vector<ChatMessage> &messages, bool prompt) const {
  return template_.render(messages, prompt, variables_);
}

std::vector<ChatMessage> Conversation::with(const std::string &question) const {
  std::vector<ChatMessage> messages = messages_;
  messages.push_back({"user", document_ ? *document_ + "\n\n" + question : question});
  return messages;
}

// What two questions of other lengths and without a common beginning have in common.
Result<std::string> Conversation::beforeQuestion(std::string document) {
  document_ = std::move(document);
  auto one = render(with("?"), true), other = render(with("Why 0"), true);
  if (!one.ok())
    return one;
  return other.ok() ? commonBeginning(*one, *other) : other;
}

// Less than half of the document in front of a question is as good as none: a template may add or trim a little.
Result<std::string> Conversation::placeDocument(std::string document) {
  auto without = beforeQuestion("");
  if (!without.ok())
    return without;
  auto before = beforeQuestion(std::move(document));
  if (before.ok())
    documentWaits_ = before->size() < without->size() + document_->size() / 2;
  return before;
}

Result<std::vector<int32_t>> Conversation::readDocument(std::string document) {
  auto before = placeDocument(std::move(document));
  if (!before.ok())
    return before.status();
  return growing_.takeStable(*before);
}

Result<bool> Conversation::resumeDocument(std::string document, const std::string &text, size_t read) {
  auto before = placeDocument(std::move(document));
  if (!before.ok())
    return before.status();
  growing_ = GrowingText(tokenizer_, text, read);
  return *before == text;
}

// The beginning of `prompt`, for asked_, that the prompt after two different replies repeats: not what the template adds
// for a reply to begin with, nor what it ends a conversation with.
std::string Conversation::repeatedLater(std::string prompt) const {
  for (const char *reply : {"0", "?"}) {
    std::vector<ChatMessage> messages = asked_;
    messages.insert(messages.end(), {{"assistant", reply}, {"user", reply}});
    auto later = render(messages, true);
    prompt = later.ok() ? commonBeginning(prompt, *later) : "";
  }
  return prompt;
}

Result<Conversation::Reading> Conversation::ask(const std::string &question) {
  asked_ = with(question);
  auto prompt = render(asked_, true);
  if (!prompt.ok())
    return prompt.status();
  Reading reading;
  reading.anew = !growing_.isBeginningOf(*prompt);
  GrowingText growing = reading.anew ? GrowingText(tokenizer_) : growing_;
  if (!document_)
    if (std::string repeated = repeatedLater(*prompt); growing.isBeginningOf(repeated))
      reading.keep = growing.takeStable(repeated);
  askedText_ = growing;
  reading.rest = growing.takeAll(*prompt);
  if (reading.keep.empty() && reading.rest.empty())
    return Status::error(5403, "the chat template writes nothing for this question",
                         "the template is the model's; `generate` takes a prompt without it");
  return reading;
}

void Conversation::answered(std::string reply) {
  if (document_)
    return;
  messages_ = std::move(asked_);
  messages_.push_back({"assistant", std::move(reply)});
  growing_ = askedText_;
}

} // namespace longc
