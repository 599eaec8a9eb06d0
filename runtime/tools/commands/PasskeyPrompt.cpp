// Builds pass-key prompts.
#include "runtime/tools/commands/PasskeyPrompt.h"

#include "runtime/core/Format.h"

namespace longc {
namespace {

constexpr const char *head = "There is an important info hidden inside a lot of irrelevant text. Find it and memorize "
                             "them. I will quiz you about the important information there.\n";
constexpr const char *standardFiller =
    "The grass is green. The sky is blue. The sun is yellow. Here we go. There and back again. ";
constexpr const char *question = "\nWhat is the pass key? The pass key is";

void append(std::vector<int32_t> &tokens, const std::vector<int32_t> &more) {
  tokens.insert(tokens.end(), more.begin(), more.end());
}

} // namespace

PasskeyPrompts::PasskeyPrompts(const Tokenizer &tokenizer, int64_t length, uint64_t seed, std::vector<int32_t> text)
    : tokenizer_(tokenizer), length_(length), random_(seed), text_(std::move(text)) {
  if (text_.empty())
    filler_ = encode(standardFiller);
}

Result<PasskeyPrompt> PasskeyPrompts::next() {
  PasskeyPrompt prompt;
  prompt.key = static_cast<int>(10000 + below(40000));
  std::string number = std::to_string(prompt.key);
  auto start = encode(head), asked = encode(question);
  tokenizer_.beginText(start);
  auto key = encode("\nThe pass key is " + number + ". Remember it. " + number + " is the pass key.\n");
  int64_t room = length_ - static_cast<int64_t>(start.size() + key.size() + asked.size());
  if (room < 1)
    return Status::error(1007, formatText("--length %lld is too short: the prompt without filler has %lld tokens",
                                          static_cast<long long>(length_), static_cast<long long>(length_ - room)),
                         "give a longer one");
  prompt.place = static_cast<int64_t>(below(static_cast<uint64_t>(room)));
  prompt.question = static_cast<int64_t>(asked.size());
  prompt.expected = encode(" " + number);
  prompt.tokens = start;
  choosePassage(room);
  appendFiller(prompt.tokens, 0, prompt.place);
  append(prompt.tokens, key);
  appendFiller(prompt.tokens, text_.empty() ? 0 : prompt.place, room - prompt.place);
  append(prompt.tokens, asked);
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
