// Names, values and fillers by counter.
#include "runtime/e2llm/FactDocuments.h"

#include "runtime/text/Philox.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <set>
#include <span>
#include <string_view>

namespace longc {
namespace {

constexpr std::array<std::string_view, 40> firstNames = {
    "Alice", "Bruno", "Clara", "David", "Elena", "Felix", "Greta", "Henry", "Irene", "Jonas", "Karin", "Leo", "Maria", "Nils",
    "Olga", "Peter", "Quentin", "Rosa", "Simon", "Tessa", "Ulrich", "Vera", "Walter", "Xenia", "Yusuf", "Zoe", "Amir", "Bella",
    "Carlos", "Dora", "Emil", "Fiona", "Gavin", "Hanna", "Ivan", "Julia", "Kofi", "Lena", "Marco", "Nora"};
constexpr std::array<std::string_view, 40> familyNames = {
    "Abbot", "Baker", "Carver", "Dale", "Ember", "Frost", "Grove", "Hale", "Isley", "Jarvis", "Knoll", "Linden", "Marsh", "Norwood",
    "Orchard", "Pike", "Quarry", "Reed", "Sable", "Thorne", "Upton", "Vance", "Weaver", "Yarrow", "Zeller", "Archer", "Bishop", "Cooper",
    "Draper", "Fisher", "Glover", "Hunter", "Keeler", "Mason", "Parker", "Ryder", "Sawyer", "Tanner", "Walker", "Wright"};

constexpr std::array<std::string_view, 16> colours = {"red", "blue", "green", "yellow", "purple", "orange", "brown", "black",
                                                      "white", "pink", "grey", "gold", "silver", "violet", "turquoise", "beige"};
constexpr std::array<std::string_view, 16> pets = {"dog", "cat", "parrot", "rabbit", "turtle", "hamster", "horse", "goat",
                                                   "snake", "lizard", "duck", "pig", "owl", "ferret", "goldfish", "donkey"};
constexpr std::array<std::string_view, 16> jobs = {"doctor", "teacher", "farmer", "lawyer", "pilot", "baker", "painter", "nurse",
                                                   "plumber", "judge", "sailor", "tailor", "dentist", "singer", "miner", "chemist"};
constexpr std::array<std::string_view, 16> cities = {"Paris", "London", "Berlin", "Madrid", "Rome", "Vienna", "Prague", "Oslo",
                                                     "Athens", "Dublin", "Lisbon", "Warsaw", "Cairo", "Tokyo", "Delhi", "Boston"};
constexpr std::array<std::string_view, 16> instruments = {"piano", "violin", "guitar", "flute", "drums", "trumpet", "harp", "cello",
                                                          "organ", "clarinet", "banjo", "accordion", "saxophone", "oboe", "tuba", "mandolin"};

struct Attribute {
  std::string_view told;                     // # is the person, $ the value
  std::array<std::string_view, 3> questions; // in three ways
  std::string_view ofNeighbour;
  std::span<const std::string_view> values;
};

const std::array<Attribute, 5> attributes = {{
    {"The favourite colour of # is $.", {"What is the favourite colour of #?", "Which colour does # like best?", "What colour does # prefer?"},
     "What is the favourite colour of the neighbour of #?", colours},
    {"The pet of # is a $.", {"What is the pet of #?", "Which animal does # keep?", "What kind of pet does # have?"},
     "What is the pet of the neighbour of #?", pets},
    {"The job of # is $.", {"What is the job of #?", "What does # do for a living?", "Which profession does # have?"},
     "What is the job of the neighbour of #?", jobs},
    {"The home town of # is $.", {"What is the home town of #?", "Where does # come from?", "In which city was # born?"},
     "What is the home town of the neighbour of #?", cities},
    {"The instrument of # is the $.", {"What is the instrument of #?", "Which instrument does # play?", "What does # play in the band?"},
     "What is the instrument of the neighbour of #?", instruments},
}};

constexpr std::array<std::string_view, 24> fillers = {
    "The morning was quiet and the streets were still wet from the rain.",
    "Nobody could say when the old bridge had been repaired for the last time.",
    "A light wind came up from the river and moved the leaves along the road.",
    "The shop at the corner opened late, as it did every day of that week.",
    "Some said that the winter would be long, others that it would never come.",
    "There was a letter on the table, but it had nothing new to say.",
    "The clock in the hall struck the hour, and then it was silent again.",
    "They talked for a while about the weather and about the price of bread.",
    "In the garden behind the house the first apples had fallen into the grass.",
    "The train passed through the valley without stopping at the small station.",
    "It had been a good year for the harvest, and everyone was glad of it.",
    "The lamps were lit one after the other until the whole square was bright.",
    "An old map of the county hung on the wall beside the narrow window.",
    "The path went up the hill, through the wood, and down to the lake.",
    "After dinner they sat near the fire and listened to the rain outside.",
    "The library was closed that day, and so the children stayed at home.",
    "Two boats lay in the harbour, waiting for the tide to turn at last.",
    "It took longer than expected, but in the end the work was done well.",
    "The baker's boy came by with his basket and whistled the same tune.",
    "Far away a bell was ringing, though it was not yet the time for it.",
    "The meeting began late and ended without any decision being made.",
    "Dust lay on the shelves, and the books had not been moved for years.",
    "The road to the north was closed because of the snow on the pass.",
    "A dog barked somewhere in the dark, and then everything was still.",
};

constexpr int64_t twoHopEvery = 8; // one such question to so many facts
constexpr int64_t fillersOfFact = 5;

// Random numbers of one document in the order in which they are asked for.
class Dice {
public:
  Dice(uint64_t seed, int64_t number) : seed_(seed ^ (0x9E3779B97F4A7C15u * (static_cast<uint64_t>(number) + 1))) {}
  size_t below(size_t count) { return std::min(count - 1, static_cast<size_t>(philoxUniform(seed_, next_++) * static_cast<double>(count))); }
  template <typename List> std::string_view of(const List &list) { return list[below(std::size(list))]; }
  template <typename T> void shuffle(std::vector<T> &items) {
    for (size_t i = items.size(); i > 1; --i)
      std::swap(items[i - 1], items[below(i)]);
  }

private:
  uint64_t seed_, next_ = 0;
};

std::string filled(std::string_view form, std::string_view person, std::string_view value = {}) {
  std::string text;
  for (char letter : form)
    text += letter == '#' ? std::string(person) : letter == '$' ? std::string(value) : std::string(1, letter);
  return text;
}

// Letters and digits in lower case, one blank between words, no articles.
std::string normalized(const std::string &text) {
  std::string words, word;
  auto end = [&] {
    if (!word.empty() && word != "a" && word != "an" && word != "the")
      words += " " + word;
    word.clear();
  };
  for (char letter : text) {
    if (std::isalnum(static_cast<unsigned char>(letter)))
      word += static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
    else
      end();
  }
  end();
  return words + " ";
}

} // namespace

FactDocument makeFactDocument(uint64_t seed, int64_t number, int64_t facts) {
  Dice dice(seed, number);
  std::set<std::string> taken;
  auto person = [&] {
    for (;;)
      if (std::string name = std::string(dice.of(firstNames)) + " " + std::string(dice.of(familyNames)); taken.insert(name).second)
        return name;
  };
  FactDocument document;
  std::vector<std::string> sentences;
  for (int64_t fact = 0; fact < facts; ++fact) {
    const std::string who = person();
    const Attribute &attribute = attributes[dice.below(attributes.size())];
    const std::string value(dice.of(attribute.values));
    sentences.push_back(filled(attribute.told, who, value));
    document.questions.push_back({filled(dice.of(attribute.questions), who), value});
    if (fact % twoHopEvery + 1 == twoHopEvery) {
      const std::string friendly = person();
      sentences.push_back("The neighbour of " + friendly + " is " + who + ".");
      document.questions.push_back({filled(attribute.ofNeighbour, friendly), value});
    }
  }
  dice.shuffle(sentences);
  dice.shuffle(document.questions);
  for (const std::string &sentence : sentences) {
    const size_t place = dice.below(fillersOfFact + 1);
    for (size_t filler = 0; filler <= fillersOfFact; ++filler)
      document.text += (filler == place ? sentence : std::string(dice.of(fillers))) + (filler < fillersOfFact ? " " : "\n");
  }
  return document;
}

bool answersRightly(const std::string &reply, const std::string &answer) {
  const size_t begin = std::min(reply.find_first_not_of(" \n"), reply.size());
  return normalized(reply.substr(begin, reply.find('\n', begin) - begin)).find(normalized(answer)) != std::string::npos;
}

} // namespace longc
