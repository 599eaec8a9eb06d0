// Looks for ends, then puts white space in order.
#include "runtime/lift/Sentences.h"

#include <algorithm>
#include <array>

namespace longc {
namespace {

constexpr size_t longest = 400; // bytes

bool isSpace(char letter) { return letter == ' ' || (letter >= '\t' && letter <= '\r'); }

// Whether the last word of what stands before a full stop is cut short by it.
bool isAbbreviation(std::string_view before) {
  constexpr std::array<std::string_view, 10> titles = {"Mr", "Mrs", "Ms", "Dr", "St", "Prof", "Sr", "Jr", "vs", "etc"};
  const size_t blank = before.find_last_of(" \t\n\r(");
  const std::string_view word = blank == std::string_view::npos ? before : before.substr(blank + 1);
  const bool isLetter = word.size() == 1 && word[0] >= 'A' && word[0] <= 'Z';
  return isLetter || std::ranges::find(titles, word) != titles.end();
}

// The place behind a sentence's last letter, quotes and brackets included, if one ends at `place`; else 0.
size_t endAt(std::string_view text, size_t place) {
  if (std::string_view(".!?;:").find(text[place]) == std::string_view::npos)
    return 0;
  size_t end = place + 1;
  while (end < text.size() && std::string_view("\"')]").find(text[end]) != std::string_view::npos)
    ++end;
  if (end < text.size() && !isSpace(text[end]))
    return 0;
  return text[place] == '.' && isAbbreviation(text.substr(0, place)) ? 0 : end;
}

bool isEmptyLine(std::string_view text, size_t place) {
  if (text[place] != '\n')
    return false;
  const size_t next = text.find_first_not_of(" \t\r", place + 1);
  return next != std::string_view::npos && text[next] == '\n';
}

std::string withSingleBlanks(std::string_view text) {
  std::string out;
  for (std::string_view word : wordsOf(text))
    out.append(out.empty() ? "" : " ").append(word);
  return out;
}

// Parts of at most `longest` bytes, cut behind a comma or else at a blank.
void addInParts(std::string sentence, std::vector<std::string> &out) {
  while (sentence.size() > longest) {
    const std::string_view head(sentence.data(), longest);
    size_t cut = head.rfind(", ");
    cut = cut != std::string_view::npos && cut > longest / 4 ? cut + 1 : head.rfind(' ');
    if (cut == std::string_view::npos || cut == 0)
      cut = std::min(sentence.find(' '), sentence.size());
    if (cut == sentence.size())
      break;
    out.push_back(sentence.substr(0, cut));
    sentence.erase(0, cut + 1);
  }
  if (!sentence.empty())
    out.push_back(std::move(sentence));
}

} // namespace

std::vector<std::string_view> wordsOf(std::string_view sentence) {
  std::vector<std::string_view> words;
  for (size_t at = 0; at < sentence.size();) {
    if (isSpace(sentence[at])) {
      ++at;
      continue;
    }
    size_t end = at;
    while (end < sentence.size() && !isSpace(sentence[end]))
      ++end;
    words.push_back(sentence.substr(at, end - at));
    at = end;
  }
  return words;
}

std::vector<std::string> sentencesOf(std::string_view text) {
  std::vector<std::string> sentences;
  size_t begin = 0;
  auto take = [&](size_t end) {
    addInParts(withSingleBlanks(text.substr(begin, end - begin)), sentences);
    begin = end;
  };
  for (size_t place = 0; place < text.size(); ++place)
    if (const size_t end = endAt(text, place); end > 0 || isEmptyLine(text, place))
      take(std::max(end, place));
  take(text.size());
  return sentences;
}

} // namespace longc
