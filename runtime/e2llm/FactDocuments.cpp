// Names, values and fillers by counter.
#include "runtime/e2llm/FactDocuments.h"

#include "runtime/e2llm/Chunks.h"
#include "runtime/text/Philox.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <functional>
#include <optional>
#include <set>
#include <string_view>

namespace longc {
namespace {

using Words = std::array<std::string_view, 64>;

constexpr Words firstNames = {
    "Alice", "Bruno", "Clara", "David", "Elena", "Felix", "Greta", "Henry", "Irene", "Jonas", "Karin", "Leo", "Maria", "Nils", "Olga", "Peter",
    "Quentin", "Rosa", "Simon", "Tessa", "Ulrich", "Vera", "Walter", "Xenia", "Yusuf", "Zoe", "Amir", "Bella", "Carlos", "Dora", "Emil",
    "Fiona", "Gavin", "Hanna", "Ivan", "Julia", "Kofi", "Lena", "Marco", "Nora", "Oscar", "Paula", "Robert", "Susan", "Thomas", "Ursula",
    "Victor", "Wendy", "Adam", "Betty", "Colin", "Diana", "Edgar", "Frida", "George", "Helen", "Isaac", "Jane", "Karl", "Laura", "Martin",
    "Nancy", "Otto", "Sarah"};
constexpr Words familyNames = {
    "Abbot", "Baker", "Carver", "Dale", "Ember", "Frost", "Grove", "Hale", "Isley", "Jarvis", "Knoll", "Linden", "Marsh", "Norwood", "Orchard",
    "Pike", "Quarry", "Reed", "Sable", "Thorne", "Upton", "Vance", "Weaver", "Yarrow", "Zeller", "Archer", "Bishop", "Cooper", "Draper",
    "Fisher", "Glover", "Hunter", "Keeler", "Mason", "Parker", "Ryder", "Sawyer", "Tanner", "Walker", "Wright", "Adler", "Barton", "Clarke",
    "Dalton", "Ellis", "Foster", "Graham", "Harper", "Irving", "Jensen", "Kramer", "Lawson", "Miller", "Nelson", "Osborne", "Porter", "Quinn",
    "Rhodes", "Sutton", "Turner", "Underwood", "Vaughn", "Wallace", "York"};

constexpr Words foods = {
    "bread", "cheese", "rice", "pasta", "soup", "honey", "beans", "corn", "salad", "pizza", "cake", "chocolate", "butter", "yogurt",
    "pancakes", "noodles", "sushi", "curry", "tacos", "chicken", "beef", "pork", "salmon", "tuna", "shrimp", "lobster", "eggs", "bacon", "ham",
    "sausage", "potatoes", "tomatoes", "carrots", "onions", "garlic", "spinach", "cabbage", "mushrooms", "pumpkin", "lettuce", "cucumber",
    "peas", "lentils", "nuts", "almonds", "apples", "pears", "plums", "cherries", "grapes", "lemons", "oranges", "bananas", "mangoes",
    "melons", "berries", "figs", "dates", "olives", "peaches", "cookies", "muffins", "toast", "oats"};
constexpr Words pets = {
    "dog", "cat", "parrot", "rabbit", "turtle", "hamster", "horse", "goat", "snake", "lizard", "duck", "pig", "owl", "ferret", "goldfish",
    "donkey", "mouse", "rat", "cow", "sheep", "hen", "goose", "swan", "pigeon", "crow", "raven", "eagle", "falcon", "hawk", "fox", "wolf",
    "bear", "lion", "tiger", "monkey", "camel", "elephant", "giraffe", "zebra", "deer", "otter", "beaver", "badger", "squirrel", "hedgehog",
    "mole", "bat", "frog", "toad", "newt", "spider", "crab", "squid", "snail", "bee", "butterfly", "beetle", "pony", "lamb", "turkey",
    "peacock", "penguin", "seal", "dolphin"};
constexpr Words jobs = {
    "doctor", "teacher", "farmer", "lawyer", "pilot", "baker", "painter", "nurse", "plumber", "judge", "sailor", "tailor", "dentist", "singer",
    "miner", "chemist", "actor", "author", "barber", "butcher", "carpenter", "cook", "clerk", "dancer", "driver", "editor", "engineer",
    "gardener", "guard", "hunter", "jeweller", "journalist", "librarian", "locksmith", "mason", "mechanic", "merchant", "midwife", "musician",
    "optician", "photographer", "physicist", "poet", "policeman", "porter", "potter", "priest", "professor", "sculptor", "secretary",
    "shepherd", "shoemaker", "soldier", "surgeon", "tanner", "translator", "typist", "vet", "waiter", "watchmaker", "weaver", "welder",
    "writer", "banker"};
constexpr Words cities = {
    "Paris", "London", "Berlin", "Madrid", "Rome", "Vienna", "Prague", "Oslo", "Athens", "Dublin", "Lisbon", "Warsaw", "Cairo", "Tokyo",
    "Delhi", "Boston", "Chicago", "Denver", "Seattle", "Dallas", "Houston", "Miami", "Toronto", "Montreal", "Sydney", "Melbourne", "Beijing",
    "Shanghai", "Seoul", "Bangkok", "Manila", "Mumbai", "Istanbul", "Moscow", "Kiev", "Helsinki", "Stockholm", "Copenhagen", "Hamburg",
    "Munich", "Cologne", "Zurich", "Geneva", "Milan", "Venice", "Florence", "Naples", "Barcelona", "Seville", "Brussels", "Amsterdam",
    "Budapest", "Belgrade", "Sofia", "Nairobi", "Lagos", "Lima", "Bogota", "Havana", "Santiago", "Glasgow", "Liverpool", "Oxford", "Cambridge"};
constexpr Words things = {
    "key", "coin", "ring", "watch", "lamp", "mirror", "candle", "basket", "bottle", "hammer", "ladder", "bell", "drum", "violin", "piano",
    "flute", "whistle", "kite", "ball", "doll", "puppet", "mask", "crown", "sword", "shield", "arrow", "bow", "rope", "anchor", "compass",
    "map", "globe", "telescope", "camera", "clock", "pen", "pencil", "notebook", "book", "letter", "stamp", "painting", "statue", "vase",
    "bowl", "cup", "plate", "spoon", "fork", "knife", "pillow", "blanket", "carpet", "chair", "table", "desk", "shelf", "box", "trunk", "hat",
    "scarf", "glove", "boot", "needle"};

struct Attribute {
  std::string_view told;                     // # is the person, $ the value
  std::array<std::string_view, 3> questions; // in three ways
  std::string_view ofNeighbour, whose;
  const Words &values;
};

const std::array<Attribute, 5> attributes = {{
    {"The favourite food of # is $.", {"What is the favourite food of #?", "Which food does # like best?", "What does # prefer to eat?"},
     "What is the favourite food of the neighbour of #?", "Whose favourite food is $?", foods},
    {"The pet of # is a $.", {"What is the pet of #?", "Which animal does # keep?", "What kind of pet does # have?"},
     "What is the pet of the neighbour of #?", "Whose pet is a $?", pets},
    {"The job of # is $.", {"What is the job of #?", "What does # do for a living?", "Which profession does # have?"},
     "What is the job of the neighbour of #?", "Whose job is $?", jobs},
    {"The home town of # is $.", {"What is the home town of #?", "Where does # come from?", "In which city was # born?"},
     "What is the home town of the neighbour of #?", "Whose home town is $?", cities},
    {"The treasure of # is the $.", {"What is the treasure of #?", "Which thing does # treasure most?", "What would # never give away?"},
     "What is the treasure of the neighbour of #?", "Whose treasure is the $?", things},
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
constexpr size_t passageBytes = 400; // as long as the usual sentences of a fact
constexpr size_t judgedOf = 3; // one name of so many is of nobody in texts to learn from
// Of documents whose facts are alike: one in so many has people of one first name, and one question in so many asks for the person.
constexpr size_t namesakesOf = 3, namesakes = 3, whoseOf = 8;

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

// Facts of one attribute, whose values differ as far as there are enough.
void addAlike(Dice &dice, int64_t facts, const std::function<std::string(std::optional<size_t>)> &person, std::vector<std::string> &sentences, std::vector<FactQuestion> &questions) {
  const Attribute &attribute = attributes[dice.below(attributes.size())];
  std::vector<std::string_view> values(attribute.values.begin(), attribute.values.end());
  dice.shuffle(values);
  const auto count = static_cast<size_t>(facts), shared = dice.below(namesakesOf) == 0 ? namesakes : 0;
  const size_t name = dice.below(firstNames.size());
  for (size_t fact = 0; fact < count; ++fact) {
    const std::string who = person(fact < shared ? std::optional(name) : std::nullopt), value(values[fact % values.size()]);
    sentences.push_back(filled(attribute.told, who, value));
    const bool whose = dice.below(whoseOf) == 0 && count <= values.size();
    questions.push_back(whose ? FactQuestion{filled(attribute.whose, who, value), who} : FactQuestion{filled(dice.of(attribute.questions), who), value});
  }
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

FactDocument makeFactDocument(uint64_t seed, int64_t number, int64_t facts, People people, const FactFilling &filling, FactKind kind) {
  Dice dice(seed, number);
  std::set<std::string> taken;
  auto person = [&](std::optional<size_t> shared = {}) {
    for (;;) {
      const size_t first = shared ? *shared : dice.below(firstNames.size()), family = dice.below(familyNames.size());
      const bool isJudged = (first + family) % judgedOf == 0;
      if (std::string name = std::string(firstNames[first]) + " " + std::string(familyNames[family]);
          isJudged == (people == People::judged) && taken.insert(name).second)
        return name;
    }
  };
  FactDocument document;
  std::vector<std::string> sentences;
  if (kind == FactKind::alike)
    addAlike(dice, facts, person, sentences, document.questions);
  for (int64_t fact = 0; fact < facts && kind == FactKind::mixed; ++fact) {
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
  if (kind == FactKind::alike) // what is left over cannot be guessed
    document.questions.resize(std::max<size_t>(document.questions.size() / 2, 1));
  const std::span<const std::string_view> passages = filling.passages;
  size_t next = passages.empty() ? 0 : dice.below(passages.size());
  for (const std::string &sentence : sentences) {
    if (!passages.empty()) {
      document.text += sentence + " " + std::string(passages[next++ % passages.size()]) + "\n";
      continue;
    }
    const size_t place = dice.below(filling.sentences + 1);
    for (size_t filler = 0; filler <= filling.sentences; ++filler)
      document.text += (filler == place ? sentence : std::string(dice.of(fillers))) + (filler < filling.sentences ? " " : "\n");
  }
  return document;
}

std::vector<std::string_view> passagesOf(std::string_view text) {
  std::vector<std::string_view> passages;
  for (std::string_view piece : cutChunks(text, passageBytes)) {
    piece.remove_prefix(std::min(piece.find_first_not_of(" \n"), piece.size()));
    piece.remove_suffix(piece.size() - (piece.find_last_not_of(" \n") + 1));
    if (!piece.empty())
      passages.push_back(piece);
  }
  return passages;
}

bool answersRightly(const std::string &reply, const std::string &answer) {
  const size_t begin = std::min(reply.find_first_not_of(" \n"), reply.size());
  return normalized(reply.substr(begin, reply.find('\n', begin) - begin)).find(normalized(answer)) != std::string::npos;
}

} // namespace longc
