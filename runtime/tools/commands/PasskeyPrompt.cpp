// Builds pass-key prompts.
#include "runtime/tools/commands/PasskeyPrompt.h"

#include "runtime/core/Format.h"

namespace longc {
namespace {

constexpr const char *head = "There is an important info hidden inside a lot of irrelevant text. Find it and memorize "
                             "them. I will quiz you about the important information there.\n";
void append(std::vector<int32_t> &tokens, const std::vector<int32_t> &more) {
  tokens.insert(tokens.end(), more.begin(), more.end());
}

} // namespace

const std::string_view standardFiller = "The grass is green. The sky is blue. The sun is yellow. Here we go. There and back again. ";
const PasskeyWords passkeyWords = {"\nThe pass key is ", ". Remember it. ", "\nWhat is the pass key? The pass key is", " is the pass key.\n"};

FactWords passkeyFact() {
  const std::string told = std::string(passkeyWords.before) + "$" + std::string(passkeyWords.behind) + "$" + std::string(passkeyWords.end);
  const std::string_view asked = passkeyWords.question; // behind it the sentence's beginning
  return {told.substr(1, told.size() - 2), std::string(asked.substr(1, asked.find('?')))};
}

PasskeyPrompts::PasskeyPrompts(const Tokenizer &tokenizer, int64_t length, uint64_t seed, std::vector<int32_t> text,
                               const PasskeyWords &words)
    : tokenizer_(tokenizer), words_(words), length_(length), random_(seed), text_(std::move(text)) {
  if (text_.empty())
    filler_ = encode(std::string(standardFiller));
}

Result<PasskeyPrompts::Parts> PasskeyPrompts::parts(PasskeyPrompt &prompt) {
  prompt.key = static_cast<int>(10000 + below(40000));
  const std::string number = std::to_string(prompt.key);
  std::string sentence = std::string(words_.before) + number + std::string(words_.behind);
  if (!words_.end.empty())
    sentence += number + std::string(words_.end);
  Parts parts{encode(head), encode(sentence), encode(std::string(words_.question)), 0};
  tokenizer_.beginText(parts.start);
  parts.room = length_ - static_cast<int64_t>(parts.start.size() + parts.key.size() + parts.asked.size());
  if (parts.room < 1)
    return Status::error(1007, formatText("--length %lld is too short: the prompt without filler has %lld tokens",
                                          static_cast<long long>(length_), static_cast<long long>(length_ - parts.room)),
                         "give a longer one");
  prompt.question = static_cast<int64_t>(parts.asked.size());
  prompt.expected = encode(" " + number);
  prompt.tokens = parts.start;
  return parts;
}

Result<PasskeyPrompt> PasskeyPrompts::next() {
  PasskeyPrompt prompt;
  auto parts = this->parts(prompt);
  if (!parts.ok())
    return parts.status();
  prompt.place = static_cast<int64_t>(below(static_cast<uint64_t>(parts->room)));
  choosePassage(parts->room);
  appendFiller(prompt.tokens, 0, prompt.place);
  append(prompt.tokens, parts->key);
  appendFiller(prompt.tokens, text_.empty() ? 0 : prompt.place, parts->room - prompt.place);
  append(prompt.tokens, parts->asked);
  return prompt;
}

Result<PasskeyPrompt> PasskeyPrompts::nextInPlace(double depth) {
  PasskeyPrompt prompt;
  auto parts = this->parts(prompt);
  if (!parts.ok())
    return parts.status();
  const auto anywhere = static_cast<int64_t>(below(static_cast<uint64_t>(parts->room)));
  prompt.place = depth < 0 ? anywhere : static_cast<int64_t>(depth * static_cast<double>(parts->room - 1));
  start_ = 0;
  appendFiller(prompt.tokens, 0, prompt.place);
  append(prompt.tokens, parts->key);
  appendFiller(prompt.tokens, prompt.place + static_cast<int64_t>(parts->key.size()), parts->room - prompt.place);
  append(prompt.tokens, parts->asked);
  return prompt;
}

void PasskeyPrompts::choosePassage(int64_t room) {
  if (text_.empty())
    return;
  auto size = static_cast<int64_t>(text_.size());
  start_ = size > room ? static_cast<int64_t>(below(static_cast<uint64_t>(size - room))) : 0;
}

// The standard sentences begin anew after the key; real text goes on.
void PasskeyPrompts::appendFiller(std::vector<int32_t> &tokens, int64_t from, int64_t count) const {
  const std::vector<int32_t> &source = text_.empty() ? filler_ : text_;
  for (int64_t index = 0; index < count; ++index)
    tokens.push_back(source[static_cast<size_t>(start_ + from + index) % source.size()]);
}

} // namespace longc
