// One rule for each kind of verb.
#include "runtime/lift/Questions.h"

#include "runtime/lift/Sentences.h"

#include <algorithm>
#include <array>
#include <span>

namespace longc {
namespace {

using Words = std::span<const std::string_view>;

template <size_t Count> bool isOne(std::string_view word, const std::array<std::string_view, Count> &list) {
  return std::ranges::find(list, word) != list.end();
}

constexpr std::array<std::string_view, 4> being = {"is", "was", "are", "were"};
constexpr std::array<std::string_view, 3> having = {"has", "had", "have"};
constexpr std::array<std::string_view, 9> modals = {"will", "can", "could", "would", "shall", "should", "may", "must", "might"};
constexpr std::array<std::string_view, 12> determiners = {"the", "a", "an", "his", "her", "its", "their", "this", "that", "our", "my", "your"};
constexpr std::array<std::string_view, 14> prepositions = {"in", "at", "on", "by", "to", "from", "of", "for", "with", "under", "near", "into", "unto", "as"};
constexpr std::array<std::string_view, 9> places = {"in", "at", "on", "upon", "under", "near", "behind", "beside", "inside"};
constexpr std::array<std::string_view, 10> notComplements = {"not", "it", "he", "she", "they", "we", "you", "ye", "this", "that"};
// What no question is made about, or what joins a sentence to another.
constexpr std::array<std::string_view, 42> notSubjects = {
    "it",    "he",    "she",   "they",  "there", "this",  "that",     "these", "those", "we",      "you",    "i",        "who",  "which",
    "what",  "thou",  "ye",    "here",  "if",    "when",  "while",    "where", "as",    "because", "since",  "whatsoever", "how", "why",
    "of",    "in",    "on",    "at",    "by",    "from",  "to",       "unto",  "with",  "for",     "behold", "and",   "into",   "under"};
constexpr std::array<std::string_view, 9> joiners = {"And", "But", "Then", "So", "For", "Yet", "Now", "and", "but"};
constexpr std::array<std::string_view, 18> participles = {"given", "born", "made", "found", "built", "sold", "sent", "held", "kept",
                                                          "told", "left", "paid", "won", "known", "taken", "seen", "bought", "hidden"};
constexpr std::array<std::pair<std::string_view, std::string_view>, 28> pasts = {{
    {"went", "go"},     {"gave", "give"},   {"took", "take"},   {"saw", "see"},     {"came", "come"},     {"found", "find"}, {"made", "make"},
    {"begat", "beget"}, {"bought", "buy"},  {"built", "build"}, {"became", "become"}, {"wrote", "write"}, {"won", "win"},    {"kept", "keep"},
    {"told", "tell"},   {"left", "leave"},  {"met", "meet"},    {"brought", "bring"}, {"sold", "sell"},   {"held", "hold"},  {"led", "lead"},
    {"ran", "run"},     {"sat", "sit"},     {"spoke", "speak"}, {"bore", "bear"},     {"slew", "slay"},   {"knew", "know"},  {"drove", "drive"}}};

std::string joined(Words words) {
  std::string text;
  for (std::string_view word : words)
    text.append(text.empty() ? "" : " ").append(word);
  return text;
}

std::string lower(std::string_view word) {
  std::string text(word);
  for (char &letter : text)
    letter = letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
  return text;
}

bool isUpper(std::string_view word) { return !word.empty() && word[0] >= 'A' && word[0] <= 'Z'; }
bool isDigit(char letter) { return letter >= '0' && letter <= '9'; }
/// A name or a number: what questions ask for.
bool isValue(std::string_view word) { return isUpper(word) || std::ranges::any_of(word, isDigit); }
bool hasPause(std::string_view word) { return word.ends_with(',') || word.find_first_of("()\"") != std::string_view::npos; }
bool isParticiple(std::string_view word) { return (word.size() > 3 && word.ends_with("ed")) || isOne(word, participles); }

bool endsWithAny(std::string_view word, std::initializer_list<std::string_view> ends) {
  return std::ranges::any_of(ends, [&](std::string_view end) { return word.ends_with(end); });
}

/// "lives" -> "does", "live"; "walked" -> "did", "walk"; none where the word is no verb of these forms.
std::optional<std::pair<std::string, std::string>> splitVerb(std::string_view verb) {
  for (auto [past, base] : pasts)
    if (verb == past)
      return std::pair("did", std::string(base));
  if (verb.size() < 4 || isUpper(verb))
    return std::nullopt;
  std::string base(verb);
  if (verb.ends_with("ied") || verb.ends_with("ies"))
    return std::pair(verb.ends_with("s") ? "does" : "did", base.substr(0, base.size() - 3) + "y");
  if (verb.ends_with("ed")) {
    base.resize(base.size() - 2);
    const bool doubled = base.size() > 3 && base.back() == base[base.size() - 2] && !endsWithAny(base, {"ll", "ss", "zz", "ff"});
    if (doubled)
      base.pop_back();
    else if (endsWithAny(base, {"v", "c", "g", "u", "at", "us", "as", "os", "is", "id", "ir", "ar", "iz", "uc", "in", "ak", "ik"}) &&
             !endsWithAny(base, {"ng", "ain", "oin"}))
      base += 'e';
    return std::pair("did", base);
  }
  if (!verb.ends_with('s') || endsWithAny(verb, {"ss", "us", "is"}))
    return std::nullopt;
  base.pop_back();
  const bool hisses = base.size() > 3 && base.back() == 'e' && endsWithAny(std::string_view(base).substr(0, base.size() - 1), {"sh", "ch", "ss", "x", "o"});
  if (hisses)
    base.pop_back();
  return std::pair("does", base);
}

/// The words of a sentence that a rule looks at: without what joins it to others, and without its end.
std::vector<std::string_view> coreOf(std::string_view sentence) {
  while (!sentence.empty() && std::string_view(".!;:\"').").find(sentence.back()) != std::string_view::npos)
    sentence.remove_suffix(1);
  std::vector<std::string_view> words = wordsOf(sentence);
  while (!words.empty() && isOne(words.front(), joiners))
    words.erase(words.begin());
  return words;
}

/// "the locker of Ann"; empty where it is nothing to ask about.
std::string subjectOf(Words words) {
  if (words.empty() || words.size() > 10 || std::ranges::any_of(words, hasPause))
    return "";
  const std::string first = lower(words.front());
  const bool hasNoun = std::ranges::any_of(words, [](std::string_view word) { return isUpper(word) || word.size() > 3; });
  if (isOne(std::string_view(first), notSubjects) || isOne(std::string_view(lower(words.back())), notSubjects) || !hasNoun)
    return "";
  std::string text = joined(words);
  if (isOne(std::string_view(first), determiners))
    text[0] = first[0];
  return text;
}

/// "at house number 73561" -> {"at", "house number", "73561"}; "captain in 1604" -> {"captain", "in", "", "1604"}.
struct Tail {
  std::string before, preposition, noun, value;

  static std::optional<Tail> of(Words words) {
    size_t value = words.size();
    while (value > 0 && isValue(words[value - 1]))
      --value;
    if (value == words.size() || std::ranges::any_of(words, hasPause))
      return std::nullopt;
    size_t noun = value;
    auto isNoun = [](std::string_view word) { return !isOne(word, determiners) && !isOne(word, prepositions) && !isParticiple(word); };
    while (noun > 0 && value - noun < 2 && isNoun(words[noun - 1]))
      --noun;
    size_t before = noun;
    if (before > 0 && isOne(words[before - 1], determiners))
      --before;
    const bool hasPreposition = before > 0 && isOne(words[before - 1], prepositions);
    Tail tail;
    tail.noun = joined(words.subspan(noun, value - noun));
    tail.value = joined(words.subspan(value));
    if (hasPreposition)
      tail.preposition = words[--before];
    tail.before = joined(words.first(before));
    return tail;
  }

  /// "At which house number", "In which year", "Where", "What number".
  std::string asked(bool bare) const {
    if (!noun.empty())
      return preposition.empty() ? (bare ? "What " : "Which ") + noun : preposition + " which " + noun;
    const bool isNumber = std::ranges::all_of(value, isDigit);
    if (preposition == "in" && isNumber && value.size() == 4)
      return "in which year";
    if (preposition == "in" || preposition == "at" || preposition == "near")
      return isNumber ? "" : "where";
    if (preposition == "by" || preposition == "to" || preposition == "unto")
      return isNumber ? "" : preposition + " whom";
    return preposition.empty() ? "what" : preposition + " what";
  }
};

std::string capitalised(std::string text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z')
    text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

std::optional<LiftQuestion> ask(const std::string &asked, const std::string &verb, const std::string &subject, const std::string &rest,
                                const std::string &answer) {
  if (asked.empty())
    return std::nullopt;
  return LiftQuestion{capitalised(asked) + " " + verb + " " + subject + (rest.empty() ? "" : " " + rest) + "?", answer};
}

/// "The code of X is 5." -> "What is the code of X?"; "X was given the number 5." -> "Which number was X given?"
std::optional<LiftQuestion> askOfAuxiliary(const std::string &subject, std::string_view verb, Words rest) {
  constexpr size_t longestAnswer = 8;
  if (isOne(verb, being) && !isParticiple(rest.front())) {
    const bool isPlace = isOne(rest.front(), places);
    if (rest.size() > longestAnswer || isOne(rest.front(), notComplements) || std::ranges::any_of(rest, hasPause))
      return std::nullopt;
    return ask(isPlace ? "where" : "what", std::string(verb), subject, "", joined(rest));
  }
  const auto tail = Tail::of(rest);
  if (!tail)
    return std::nullopt;
  if (isOne(verb, having) && tail->before.empty() && tail->preposition.empty() && !tail->noun.empty())
    return ask("what " + tail->noun, verb == "has" ? "does" : verb == "had" ? "did" : "do", subject, "have", tail->value);
  return tail->before.empty() && tail->noun.empty() ? std::nullopt
                                                     : ask(tail->asked(false), std::string(verb), subject, tail->before, tail->value);
}

} // namespace

std::optional<LiftQuestion> questionOf(std::string_view sentence) {
  constexpr size_t longestSubject = 10;
  const std::vector<std::string_view> core = coreOf(sentence);
  const Words words(core);
  for (size_t verb = 1; verb + 1 < words.size() && verb <= longestSubject; ++verb) {
    const std::string_view word = words[verb];
    const bool isAuxiliary = isOne(word, being) || isOne(word, having) || isOne(word, modals);
    const auto split = isAuxiliary ? std::nullopt : splitVerb(word);
    if (!isAuxiliary && !split)
      continue;
    const std::string subject = subjectOf(words.first(verb));
    if (subject.empty())
      return std::nullopt;
    if (isAuxiliary)
      return askOfAuxiliary(subject, word, words.subspan(verb + 1));
    if (!isUpper(words[verb - 1])) // a name stands before a verb; other nouns end in s as well
      continue;
    const auto tail = Tail::of(words.subspan(verb + 1));
    return tail ? ask(tail->asked(true), split->first, subject, split->second + (tail->before.empty() ? "" : " " + tail->before), tail->value)
                : std::nullopt;
  }
  return std::nullopt;
}

} // namespace longc
