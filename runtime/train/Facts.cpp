// Names from syllables, numbers by counter, places by length.
#include "runtime/train/Facts.h"

#include "runtime/text/Philox.h"

#include <algorithm>
#include <array>
#include <set>

namespace longc {
namespace {

// Which random numbers of a seed belong to what.
constexpr uint64_t nameStream = 0, numberStream = 1ull << 40, placeStream = 2ull << 40;

constexpr std::array<std::string_view, 18> beginnings = {"Bel", "Cor", "Dra", "Fen", "Gal", "Hes", "Jor", "Kal", "Lum",
                                                         "Mar", "Nol", "Ost", "Per", "Quin", "Ras", "Tor", "Ulv", "Zan"};
constexpr std::array<std::string_view, 20> middles = {"a", "e", "i", "o", "u", "ada", "eli", "imo", "oru", "una",
                                                      "abe", "eko", "idu", "osa", "ute", "avi", "ero", "ila", "ony", "uri"};
constexpr std::array<std::string_view, 18> ends = {"bar", "cas", "dri", "fon", "gar", "len", "mir", "nax", "pel",
                                                   "ric", "san", "tov", "vin", "wen", "yra", "zed", "lus", "kem"};
constexpr std::array<std::string_view, 20> families = {"",         " Abbot",  " Brook",  " Carver", " Dale",  " Ember",  " Frost",
                                                       " Grove",   " Hale",   " Isley",  " Jarvis", " Knoll", " Linden", " Marsh",
                                                       " Norwood", " Orchard", " Pike",  " Quarry", " Reed",  " Sable"};

struct Form {
  std::string_view sentence, question; // # is the name, $ the value
};

constexpr std::array<Form, 4> forms = {{
    {"The secret code of # is $.", "What is the secret code of #?"},
    {"# lives at house number $.", "At which house number does # live?"},
    {"The locker of # has the number $.", "Which number has the locker of #?"},
    {"# was given the registration $.", "Which registration was # given?"},
}};

constexpr Form linkForm = {"# is looked after by $.", "Who looks after #?"};

size_t draw(uint64_t seed, uint64_t index, size_t below) {
  return static_cast<size_t>(philoxUniform(seed, index) * static_cast<double>(below));
}

template <size_t Count> std::string_view take(const std::array<std::string_view, Count> &parts, size_t &number) {
  const std::string_view part = parts[number % Count];
  number /= Count;
  return part;
}

constexpr size_t names = beginnings.size() * middles.size() * ends.size() * families.size();
static_assert(names > mostFacts, "every fact has a name of its own");

std::string nameOf(size_t number) {
  std::string name(take(beginnings, number));
  name += take(middles, number);
  name += take(ends, number);
  return name.append(take(families, number));
}

std::string filled(std::string_view form, const std::string &name, const std::string &number) {
  std::string text;
  for (char letter : form)
    text += letter == '#' ? name : letter == '$' ? number : std::string(1, letter);
  return text;
}

bool endsSentence(std::string_view text, size_t place) {
  return place > 0 && place < text.size() && (text[place - 1] == '.' || text[place - 1] == '!' || text[place - 1] == '?') &&
         (text[place] == ' ' || text[place] == '\n');
}

// The end of a sentence at or behind `place`; else a blank; else the end of the text.
size_t placeBehind(std::string_view text, size_t place) {
  constexpr size_t longestSentence = 2000;
  for (size_t at = place; at < std::min(text.size(), place + longestSentence); ++at)
    if (endsSentence(text, at))
      return at;
  return std::min(text.find(' ', place), text.size());
}

std::vector<std::string> drawNames(int64_t count, uint64_t seed) {
  std::vector<std::string> drawn;
  std::set<size_t> taken;
  for (uint64_t index = 0; static_cast<int64_t>(drawn.size()) < count; ++index)
    if (const size_t number = draw(seed, nameStream + index, names); taken.insert(number).second)
      drawn.push_back(nameOf(number));
  return drawn;
}

std::string numberOf(uint64_t seed, uint64_t index) { return std::to_string(10000 + draw(seed, numberStream + 2 * index, 90000)); }

Fact factOf(const Form &form, const std::string &name, const std::string &value) {
  return {filled(form.sentence, name, value), filled(form.question, name, value), value};
}

} // namespace

std::vector<Fact> makeFacts(int64_t count, uint64_t seed) {
  std::vector<Fact> facts;
  for (const std::string &name : drawNames(count, seed)) {
    const auto index = static_cast<uint64_t>(facts.size());
    const Form &form = forms[draw(seed, numberStream + 2 * index + 1, forms.size())];
    facts.push_back(factOf(form, name, numberOf(seed, index)));
  }
  return facts;
}

Fact makeNamelessFact(const FactWords &words, uint64_t seed) {
  return factOf({words.sentence, words.question}, "", numberOf(seed, static_cast<uint64_t>(mostFacts))); // no other fact's number
}

std::vector<FactChain> makeFactChains(int64_t count, uint64_t seed) {
  const std::vector<std::string> drawn = drawNames(2 * count, seed);
  std::vector<FactChain> chains;
  for (int64_t i = 0; i < count; ++i) {
    const std::string &one = drawn[static_cast<size_t>(i)], &other = drawn[static_cast<size_t>(count + i)];
    const std::string number = numberOf(seed, static_cast<uint64_t>(i));
    chains.push_back({factOf(linkForm, one, other), factOf(forms.front(), other, number), factOf(forms.front(), "the one who looks after " + one, number)});
  }
  return chains;
}

std::string plantFacts(std::string_view text, std::span<const Fact> facts, uint64_t seed) {
  std::string planted;
  size_t taken = 0;
  for (size_t i = 0; i < facts.size(); ++i) {
    const double part = static_cast<double>(text.size()) / static_cast<double>(facts.size());
    const auto wanted = static_cast<size_t>(part * (static_cast<double>(i) + philoxUniform(seed, placeStream + i)));
    const size_t place = std::max(taken, placeBehind(text, wanted));
    planted.append(text.substr(taken, place - taken));
    planted += (planted.empty() ? "" : " ") + facts[i].sentence;
    taken = place;
  }
  return planted.append(text.substr(taken));
}

} // namespace longc
