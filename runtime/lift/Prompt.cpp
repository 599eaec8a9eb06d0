// Prompts as texts and tokens; answers compared.
#include "runtime/lift/Prompt.h"

#include <algorithm>

namespace longc {
namespace {

// Letters and digits (and whatever is no ASCII) as words in single blanks: " 3 5 men ", so that words are found whole.
std::string normalised(std::string_view text) {
  std::string out = " ";
  for (char letter : text) {
    const auto byte = static_cast<unsigned char>(letter);
    const bool isUpper = letter >= 'A' && letter <= 'Z';
    const bool isWord = isUpper || (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') || byte >= 0x80;
    if (isWord)
      out += isUpper ? static_cast<char>(letter - 'A' + 'a') : letter;
    else if (letter != '\'' && letter != ',' && out.back() != ' ') // don't, 12,000
      out += ' ';
  }
  return out.back() == ' ' ? out : out + ' ';
}

} // namespace

std::string questionPrompt(std::string_view question) { return "Question: " + std::string(question) + "\nAnswer:"; }

std::string titleOf(const std::string &path) {
  const std::string name = path.substr(path.rfind('/') + 1);
  const size_t point = name.rfind('.');
  return point == std::string::npos || point == 0 ? name : name.substr(0, point);
}

PromptDocument::PromptDocument(const Tokenizer &tokenizer, std::string_view title, std::string_view text)
    : ids_(tokenizer.encode("The article " + std::string(title) + ": \n", false)), gap_(tokenizer.encode("...", false)) {
  const std::vector<int32_t> body = tokenizer.encode(std::string(text) + "\nPlease answer the question based on " + std::string(title) + ".\n", false);
  ids_.insert(ids_.end(), body.begin(), body.end());
  tokenizer.beginText(ids_);
}

std::vector<int32_t> PromptDocument::cutTo(int64_t room) const {
  if (static_cast<int64_t>(ids_.size()) <= room)
    return ids_;
  const int64_t tail = room / 2, head = std::max<int64_t>(0, room - tail - static_cast<int64_t>(gap_.size()));
  std::vector<int32_t> cut(ids_.begin(), ids_.begin() + head);
  cut.insert(cut.end(), gap_.begin(), gap_.end());
  cut.insert(cut.end(), ids_.end() - tail, ids_.end());
  return cut;
}

std::vector<int32_t> questionTokens(const Tokenizer &tokenizer, std::string_view question, bool isBehindDocument) {
  std::vector<int32_t> ids = tokenizer.encode(questionPrompt(question), false);
  if (!isBehindDocument)
    tokenizer.beginText(ids);
  return ids;
}

bool answersRightly(std::string_view reply, std::string_view answer) {
  while (!reply.empty() && (reply.front() == ' ' || reply.front() == '\n'))
    reply.remove_prefix(1);
  const std::string wanted = normalised(answer);
  return wanted != " " && normalised(reply.substr(0, reply.find('\n'))).find(wanted) != std::string::npos;
}

} // namespace longc
