// Looks for the best place of each window's second half.
#include "runtime/e2llm/Chunks.h"

#include <algorithm>

namespace longc {
namespace {

bool isBlank(char letter) { return letter == ' ' || letter == '\n' || letter == '\t' || letter == '\r'; }

// Whether a sentence or a line ends with the byte before `place`.
bool endsSentence(std::string_view text, size_t place) {
  if (text[place - 1] == '\n')
    return true;
  for (std::string_view wide : {"。", "！", "？", "；"})
    if (text.substr(0, place).ends_with(wide))
      return true;
  if (text[place - 1] != ' ' || place < 2)
    return false;
  const size_t word = text.find_last_not_of("\"')]", place - 2); // what closes with the sentence
  return word != std::string_view::npos && std::string_view(".!?;").find(text[word]) != std::string_view::npos;
}

// The beginning of the character that the byte at `place` belongs to.
size_t characterAt(std::string_view text, size_t place) {
  size_t begin = place;
  while (begin > 0 && place - begin < 3 && (static_cast<unsigned char>(text[begin]) & 0xC0) == 0x80)
    --begin;
  return (static_cast<unsigned char>(text[begin]) & 0xC0) == 0xC0 || begin == place ? begin : place;
}

size_t lengthOfFirst(std::string_view text, size_t most) {
  if (text.size() <= most)
    return text.size();
  size_t blank = 0;
  for (size_t place = most; place > most / 2; --place) {
    if (endsSentence(text, place))
      return place;
    if (blank == 0 && isBlank(text[place - 1]))
      blank = place;
  }
  const size_t full = characterAt(text, most);
  return blank > 0 ? blank : full > 0 ? full : most;
}

// A word and the blanks behind it; of a text without blanks a part.
size_t lengthOfWord(std::string_view text) {
  constexpr size_t longest = 256;
  size_t end = 0;
  while (end < text.size() && end < longest && !isBlank(text[end]))
    ++end;
  while (end < text.size() && end < longest && isBlank(text[end]))
    ++end;
  return end == text.size() ? end : std::max<size_t>(characterAt(text, end), 1);
}

// So many bytes of the text as have at most `most` tokens: whole words, and what fits of the next one.
size_t bytesOf(std::string_view text, size_t most, const std::function<size_t(std::string_view)> &tokensOf) {
  size_t end = 0;
  for (size_t tokens = 0; end < text.size();) {
    const size_t word = lengthOfWord(text.substr(end)), more = tokensOf(text.substr(end, word));
    if (tokens + more > most) {
      size_t fits = 0, tooMany = word;
      while (tooMany - fits > 1) {
        const size_t middle = fits + (tooMany - fits) / 2;
        (tokens + tokensOf(text.substr(end, middle)) > most ? tooMany : fits) = middle;
      }
      end += fits;
      break;
    }
    tokens += more;
    end += word;
  }
  size_t character = 1;
  while (character < text.size() && characterAt(text, character) != character)
    ++character;
  return std::max(end, character);
}

} // namespace

std::vector<std::string_view> cutChunks(std::string_view text, size_t most) {
  std::vector<std::string_view> chunks;
  while (!text.empty()) {
    chunks.push_back(text.substr(0, lengthOfFirst(text, std::max<size_t>(most, 1))));
    text.remove_prefix(chunks.back().size());
  }
  return chunks;
}

std::vector<std::string_view> cutChunks(std::string_view text, size_t most, const std::function<size_t(std::string_view)> &tokensOf) {
  std::vector<std::string_view> chunks;
  while (!text.empty()) {
    chunks.push_back(text.substr(0, lengthOfFirst(text, bytesOf(text, most, tokensOf))));
    text.remove_prefix(chunks.back().size());
  }
  return chunks;
}

} // namespace longc
