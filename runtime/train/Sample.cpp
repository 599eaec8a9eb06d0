// Renders, tokenizes and finds the targets.
#include "runtime/train/Sample.h"

#include "runtime/core/Format.h"
#include "runtime/text/PythonText.h"
#include "runtime/text/TemplateVariables.h"

#include <algorithm>

namespace longc {
namespace {

struct ByteRange {
  size_t begin, end;
};

/// Where `answer` stands in the rendered conversation that `prompt` asks it in. Templates may trim an answer, and end the
/// prompt with white space that they do not write before an answer.
std::optional<ByteRange> findAnswer(const std::string &whole, const std::string &prompt, const std::string &answer) {
  const size_t least = stripText(prompt, StripSide::Right).size();
  const size_t most = static_cast<size_t>(std::mismatch(prompt.begin(), prompt.end(), whole.begin(), whole.end()).first - prompt.begin());
  for (std::string_view text : {std::string_view(answer), stripText(answer, StripSide::Both)})
    for (size_t begin = most + 1; begin-- > least;)
      if (whole.compare(begin, text.size(), text) == 0)
        return ByteRange{begin, begin + text.size()};
  return std::nullopt;
}

} // namespace

int64_t Sample::targets() const {
  return std::count_if(weights.begin(), weights.end(), [](float weight) { return weight != 0; });
}

Sample joinBehind(std::span<const Sample> samples, int64_t common) {
  Sample joined;
  for (const Sample &sample : samples) {
    const std::ptrdiff_t from = joined.tokens.empty() ? 0 : common;
    joined.branches.push_back(joined.size() + common - from);
    joined.tokens.insert(joined.tokens.end(), sample.tokens.begin() + from, sample.tokens.end());
    joined.weights.insert(joined.weights.end(), sample.weights.begin() + from, sample.weights.end());
  }
  return joined;
}

SampleMaker::SampleMaker(const Tokenizer &tokenizer, std::optional<ChatTemplate> chatTemplate)
    : tokenizer_(tokenizer), template_(std::move(chatTemplate)), variables_(templateVariables(tokenizer)) {}

Result<std::string> SampleMaker::render(const std::vector<ChatMessage> &messages, bool prompt, const std::string &where) const {
  auto text = template_->render(messages, prompt, variables_);
  if (!text.ok())
    return Status::error(text.status().code(), where + ": " + text.status().message(), text.status().hint());
  return text;
}

// Where in the text each token begins. Only of ids that encode() made of the text. Spaces that a tokenizer puts before words
// stand for nothing of it.
Result<std::vector<size_t>> SampleMaker::firstBytes(const std::vector<int32_t> &tokens, std::string_view text,
                                                    const std::string &where) const {
  std::vector<size_t> first;
  size_t byte = 0;
  bool spells = true;
  for (int32_t id : tokens) {
    first.push_back(byte);
    for (char letter : tokenizer_.bytes(id)) {
      const bool same = byte < text.size() && text[byte] == letter;
      spells = spells && (same || letter == ' ');
      byte += same;
    }
  }
  if (!spells || byte != text.size())
    return Status::error(tokensDoNotSpell,
                         where + formatText(": its tokens spell its text up to byte %zu of %zu only", byte, text.size()),
                         "targets are found by the bytes of tokens: leave out what this vocabulary cannot write or writes otherwise");
  return first;
}

Result<Sample> SampleMaker::makeChat(const TrainingLine &line, const std::string &where) const {
  if (!template_)
    return Status::error(noTemplate, where + ": the program has no chat template to write messages with",
                         "train on {\"text\"} lines, or compile a model with a template");
  auto whole = render(line.messages, false, where);
  if (!whole.ok())
    return whole.status();
  Sample sample;
  sample.tokens = tokenizer_.encode(*whole, true);
  auto first = firstBytes(sample.tokens, *whole, where);
  if (!first.ok())
    return first.status();
  sample.weights.assign(sample.tokens.size(), 0);
  std::vector<ChatMessage> before;
  for (const ChatMessage &message : line.messages) {
    if (message.role == "assistant") {
      auto prompt = render(before, true, where);
      if (!prompt.ok())
        return prompt.status();
      const auto answer = findAnswer(*whole, *prompt, message.content);
      if (!answer)
        return Status::error(templateRewrites,
                             where + formatText(": the chat template writes answer %zu otherwise than it prompts for it",
                                                before.size() / 2 + 1),
                             "the tokens to learn cannot be told from the prompt: use one turn a line");
      // The answer, then up to the token that ends it; what the template writes behind that is not the model's to say.
      const size_t end = answer->end;
      auto from = std::lower_bound(first->begin(), first->end(), answer->begin) - first->begin();
      for (size_t t = static_cast<size_t>(from); t < sample.tokens.size(); ++t) {
        const bool stops = std::ranges::binary_search(tokenizer_.stopIds(), sample.tokens[t]);
        if ((*first)[t] >= end && !stops)
          break;
        sample.weights[t] = 1;
        if ((*first)[t] >= end)
          break;
      }
    }
    before.push_back(message);
  }
  return sample;
}

Result<Sample> SampleMaker::makeText(const TrainingLine &line, const std::string &where) const {
  Sample sample;
  sample.tokens = tokenizer_.encode(line.text, false);
  auto first = firstBytes(sample.tokens, line.text, where);
  if (!first.ok())
    return first.status();
  int64_t character = 0; // the one that the byte belongs to
  size_t byte = 0, span = 0;
  for (size_t begin : *first) {
    for (; byte < begin; ++byte) // a byte of the form 10xxxxxx goes on with a character
      character += byte + 1 == line.text.size() || (static_cast<unsigned char>(line.text[byte + 1]) & 0xC0) != 0x80;
    while (span < line.weights.size() && line.weights[span].end <= character)
      ++span;
    const bool inside = span < line.weights.size() && line.weights[span].begin <= character;
    sample.weights.push_back(inside ? static_cast<float>(line.weights[span].weight) : 1);
  }
  const size_t plain = sample.tokens.size();
  tokenizer_.endText(sample.tokens);
  sample.weights.resize(sample.tokens.size(), plain < sample.tokens.size() ? 1.0f : 0.0f);
  return sample;
}

Result<Sample> SampleMaker::make(const TrainingLine &line, const std::string &where) const {
  auto sample = line.messages.empty() ? makeText(line, where) : makeChat(line, where);
  if (!sample.ok())
    return sample;
  const size_t plain = sample->tokens.size();
  tokenizer_.beginText(sample->tokens);
  sample->weights.insert(sample->weights.begin(), sample->tokens.size() - plain, 0);
  if (!sample->weights.empty())
    sample->weights.front() = 0;
  sample->line = line.line;
  if (sample->targets() == 0)
    return Status::error(noTargets, where + ": it has no token to learn", "a sample needs an answer, or text of two tokens");
  return sample;
}

} // namespace longc
