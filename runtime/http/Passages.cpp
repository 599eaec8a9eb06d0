// Scores windows of words by the words that they share with a question and its answer.
#include "runtime/http/Passages.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <unordered_map>
#include <unordered_set>

namespace longc {
namespace {

constexpr size_t passageWords = 48;

struct Word {
  size_t begin, end;
};

bool isWordByte(unsigned char byte) { // letters and digits; whatever is not ASCII belongs to words
  return byte >= 0x80 || (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

std::vector<Word> wordsOf(std::string_view text) {
  std::vector<Word> words;
  for (size_t at = 0; at < text.size();) {
    size_t end = at;
    while (end < text.size() && isWordByte(static_cast<unsigned char>(text[end])))
      ++end;
    if (end > at)
      words.push_back({at, end});
    at = std::max(end, at + 1);
  }
  return words;
}

std::string lowered(std::string_view word) {
  std::string lower(word);
  for (char &letter : lower)
    letter = letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
  return lower;
}

} // namespace

std::vector<Passage> findPassages(std::string_view text, std::string_view words, size_t most) {
  std::unordered_map<std::string, double> weights;
  for (const Word &word : wordsOf(words))
    weights.emplace(lowered(words.substr(word.begin, word.end - word.begin)), 0);
  const std::vector<Word> all = wordsOf(text);
  std::vector<double *> known(all.size(), nullptr); // of each word of the text: its weight, where it is asked for
  for (size_t index = 0; index < all.size(); ++index)
    if (auto found = weights.find(lowered(text.substr(all[index].begin, all[index].end - all[index].begin))); found != weights.end()) {
      known[index] = &found->second;
      ++found->second;
    }
  for (auto &[word, weight] : weights)
    weight = weight > 0 ? std::log1p(static_cast<double>(all.size()) / weight) : 0;
  std::vector<Passage> passages;
  for (size_t first = 0; first < all.size(); first += passageWords / 2) {
    const size_t last = std::min(all.size(), first + passageWords);
    std::unordered_set<double *> seen; // a word counts once in a passage
    double score = 0;
    for (size_t index = first; index < last; ++index)
      if (known[index] && seen.insert(known[index]).second)
        score += *known[index];
    if (score > 0)
      passages.push_back({all[first].begin, all[last - 1].end, score});
  }
  std::sort(passages.begin(), passages.end(), [](const Passage &a, const Passage &b) {
    return a.score != b.score ? a.score > b.score : a.begin < b.begin;
  });
  std::vector<Passage> chosen;
  for (const Passage &passage : passages)
    if (chosen.size() < most && std::none_of(chosen.begin(), chosen.end(), [&](const Passage &other) {
          return passage.begin < other.end && other.begin < passage.end;
        }))
      chosen.push_back(passage);
  return chosen;
}

} // namespace longc
