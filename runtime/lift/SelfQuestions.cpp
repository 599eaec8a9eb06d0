// Prompts by example, many at a time.
#include "runtime/lift/SelfQuestions.h"

#include "runtime/lift/Sentences.h"
#include "runtime/serve/GenerateMany.h"

#include <algorithm>

namespace longc {
namespace {

constexpr std::string_view examples =
    "Write the question that the answer answers.\n\n"
    "Sentence: The capital of Norland has 20416 inhabitants.\nAnswer: 20416\nQuestion: How many inhabitants does the capital of Norland have?\n\n"
    "Sentence: Mira Stone was born in Harfield.\nAnswer: Harfield\nQuestion: In which town was Mira Stone born?\n\n"
    "Sentence: The password of the north gate is 7731.\nAnswer: 7731\nQuestion: What is the password of the north gate?\n\n"
    "Sentence: Orin was appointed captain in 1604.\nAnswer: 1604\nQuestion: In which year was Orin appointed captain?\n\n";
constexpr int64_t longestQuestion = 32; // tokens
constexpr int64_t together = 16;        // prompts

bool isUpper(std::string_view word) { return !word.empty() && word[0] >= 'A' && word[0] <= 'Z'; }
bool hasDigit(std::string_view word) {
  return std::ranges::any_of(word, [](char letter) { return letter >= '0' && letter <= '9'; });
}

std::string_view withoutMarks(std::string_view word) {
  constexpr std::string_view marks = ".,;:!?\"'()[]";
  while (!word.empty() && marks.find(word.back()) != std::string_view::npos)
    word.remove_suffix(1);
  while (!word.empty() && marks.find(word.front()) != std::string_view::npos)
    word.remove_prefix(1);
  return word;
}

std::string promptFor(std::string_view sentence, std::string_view answer) {
  return std::string(examples).append("Sentence: ").append(sentence).append("\nAnswer: ").append(answer).append("\nQuestion:");
}

} // namespace

std::string answerOf(std::string_view sentence) {
  const std::vector<std::string_view> words = wordsOf(sentence);
  for (size_t i = words.size(); i-- > 0;)
    if (hasDigit(words[i]))
      return std::string(withoutMarks(words[i]));
  for (size_t i = words.size(); i-- > 1;)
    if (const std::string_view name = withoutMarks(words[i]); isUpper(name) && name.size() > 2)
      return std::string(name);
  return "";
}

std::optional<std::string> usableQuestion(std::string_view reply, std::string_view sentence, std::string_view answer) {
  const size_t first = reply.find_first_not_of(" \t"), end = reply.find('?');
  if (first == std::string_view::npos || end == std::string_view::npos || end < first || reply.substr(first, end - first).find('\n') != std::string_view::npos)
    return std::nullopt;
  const std::string question(reply.substr(first, end + 1 - first));
  if (question.find(answer) != std::string::npos || !isUpper(question))
    return std::nullopt;
  for (std::string_view word : wordsOf(sentence)) // something that only this sentence could be asked about
    if (const std::string_view name = withoutMarks(word); isUpper(name) && name.size() > 2 && name != answer && question.find(name, 1) != std::string::npos)
      return question;
  return std::nullopt;
}

Result<std::vector<LiftQuestion>> askYourself(Engine &engine, const Tokenizer &tokenizer, std::span<const std::string> sentences,
                                              const QuestionProgress &progress) {
  std::vector<std::pair<std::string_view, std::string>> asked; // sentence, answer
  std::vector<std::vector<int32_t>> prompts;
  SessionOptions options;
  options.policy.memory = false;
  for (const std::string &sentence : sentences)
    if (std::string answer = answerOf(sentence); !answer.empty()) {
      std::vector<int32_t> prompt = tokenizer.encode(promptFor(sentence, answer), false);
      tokenizer.beginText(prompt);
      if (static_cast<int64_t>(prompt.size()) + longestQuestion > static_cast<int64_t>(engine.program().module().context_length()))
        continue;
      prompts.push_back(std::move(prompt));
      options.policy.window = std::max(options.policy.window, static_cast<int64_t>(prompts.back().size()) + longestQuestion);
      asked.emplace_back(sentence, std::move(answer));
    }
  std::vector<std::optional<std::string>> questions(asked.size());
  if (asked.empty())
    return std::vector<LiftQuestion>();
  options.policy.lastContext = options.policy.window;
  auto store = Session::createStore(engine, options, std::min<int64_t>(together, static_cast<int64_t>(asked.size())));
  if (!store.ok())
    return store.status();
  int64_t done = 0;
  ManyOptions many{SamplerOptions{}, longestQuestion, tokenizer.stopIds(), {}, {}};
  many.onCall = [&] { return !progress || progress(done, static_cast<int64_t>(asked.size())); };
  many.onFinished = [&](const Continuation &one) {
    auto reply = tokenizer.decode(one.generation.tokens, true);
    if (!reply.ok())
      return reply.status();
    ++done;
    questions[one.index] = usableQuestion(*reply, asked[one.index].first, asked[one.index].second);
    return Status();
  };
  LONGC_TRY(generateMany(engine, options, *store, prompts, many));
  std::vector<LiftQuestion> made;
  for (size_t i = 0; i < asked.size(); ++i)
    if (questions[i])
      made.push_back({std::move(*questions[i]), std::move(asked[i].second)});
  return made;
}

} // namespace longc
