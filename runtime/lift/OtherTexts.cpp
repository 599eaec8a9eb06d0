// A word for another: names by a rotation of their list in an order of its own, digits by chance.
#include "runtime/lift/OtherTexts.h"

#include "runtime/lift/Sentences.h"
#include "runtime/text/Philox.h"

#include <algorithm>
#include <numeric>
#include <span>
#include <utility>

namespace longc {
namespace {

constexpr uint64_t otherStream = 3ull << 40; // which random numbers of a seed make them

bool isUpper(char letter) { return letter >= 'A' && letter <= 'Z'; }
bool isDigit(char letter) { return letter >= '0' && letter <= '9'; }
bool isLetter(char letter) { return isUpper(letter) || (letter >= 'a' && letter <= 'z') || static_cast<unsigned char>(letter) >= 0x80; }

/// Runs of letters, runs of digits and what is between them.
std::vector<std::string_view> piecesOf(std::string_view text) {
  auto kindOf = [](char letter) { return isDigit(letter) ? 1 : isLetter(letter) ? 2 : 0; };
  std::vector<std::string_view> pieces;
  for (size_t at = 0, end = 0; at < text.size(); at = end) {
    while (end < text.size() && kindOf(text[end]) == kindOf(text[at]))
      ++end;
    pieces.push_back(text.substr(at, end - at));
  }
  return pieces;
}

/// Random numbers one after the other.
class Draws {
public:
  Draws(uint64_t seed, uint64_t number) : seed_(seed), next_(otherStream + (number << 20)) {}
  size_t below(size_t end) { return std::min(end - 1, static_cast<size_t>(philoxUniform(seed_, next_++) * static_cast<double>(end))); }

  template <typename T> void shuffle(std::vector<T> &items) {
    for (size_t i = items.size(); i > 1; --i)
      std::swap(items[i - 1], items[below(i)]);
  }

private:
  uint64_t seed_, next_;
};

/// What stands for the words of one text, the same for the same word.
class Exchange {
public:
  Exchange(const std::vector<std::string> &names, const std::map<std::string, size_t, std::less<>> &places, Draws &draws)
      : names_(names), places_(places), draws_(draws), next_(names.size()) {
    std::vector<size_t> order(names.size());
    std::iota(order.begin(), order.end(), 0);
    draws.shuffle(order);
    for (size_t i = 0; i < order.size(); ++i)
      next_[order[i]] = order[(i + 1) % order.size()];
  }

  std::string of(std::string_view text) {
    std::string out;
    for (std::string_view piece : piecesOf(text)) {
      const auto name = places_.find(piece);
      if (name != places_.end())
        out += names_[next_[name->second]];
      else if (isDigit(piece.front()))
        out += number(std::string(piece));
      else
        out += piece;
    }
    return out;
  }

private:
  /// As many digits, another one at the beginning, and no 0 there unless it is the only one.
  const std::string &number(const std::string &digits) {
    const auto [place, isNew] = numbers_.try_emplace(digits);
    if (!isNew)
      return place->second;
    const size_t least = digits.size() > 1 ? 1 : 0;
    auto digit = [&](size_t from) { return static_cast<char>('0' + from + draws_.below(10 - from)); };
    char first = digit(least);
    while (first == digits[0])
      first = digit(least);
    place->second = first;
    while (place->second.size() < digits.size())
      place->second += digit(0);
    return place->second;
  }

  const std::vector<std::string> &names_;
  const std::map<std::string, size_t, std::less<>> &places_;
  Draws &draws_;
  std::vector<size_t> next_;
  std::map<std::string, std::string> numbers_;
};

bool isExchanged(std::string_view piece, const std::map<std::string, size_t, std::less<>> &names) {
  return isDigit(piece.front()) || (names.size() > 1 && names.contains(piece));
}

} // namespace

// Names are the words that questions and answers have in capitals, other than at the question's beginning.
OtherTexts::OtherTexts(const std::vector<std::string> &sentences) : sentences_(sentences) {
  std::vector<std::pair<size_t, LiftQuestion>> questions;
  for (size_t i = 0; i < sentences_.size(); ++i)
    if (auto question = questionOf(sentences_[i]))
      questions.emplace_back(i, std::move(*question));
  for (const auto &[sentence, question] : questions)
    for (std::string_view text : {std::string_view(question.question).substr(1), std::string_view(question.answer)})
      for (std::string_view piece : piecesOf(text))
        if (isUpper(piece.front()) && piece.size() > 1 && places_.try_emplace(std::string(piece), names_.size()).second)
          names_.emplace_back(piece);
  for (const auto &[sentence, question] : questions)
    if (std::ranges::any_of(piecesOf(question.answer), [&](std::string_view piece) { return isExchanged(piece, places_); }))
      asked_.push_back(sentence);
}

OtherText OtherTexts::make(uint64_t seed, uint64_t number, size_t sentences) const {
  Draws draws(seed, number);
  std::vector<size_t> chosen = asked_;
  draws.shuffle(chosen);
  chosen.resize(std::min(chosen.size(), sentences));
  Exchange exchange(names_, places_, draws);
  OtherText other;
  auto add = [&](size_t sentence) {
    const std::string text = exchange.of(sentences_[sentence]);
    other.text.append(other.text.empty() ? "" : " ").append(text);
    return text;
  };
  for (size_t sentence : chosen) {
    if (sentence > 0 && !std::ranges::binary_search(asked_, sentence - 1))
      add(sentence - 1);
    if (auto question = questionOf(add(sentence)))
      other.questions.push_back(std::move(*question));
  }
  draws.shuffle(other.questions);
  return other;
}

} // namespace longc
