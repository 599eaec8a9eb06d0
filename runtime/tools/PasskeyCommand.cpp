// `passkey`: hides a five-digit key in a long text and asks for it.
//
// The prompt is built from tokens: head, filler, the sentence with the key, filler, question. Both pieces of filler
// start at the filler's beginning and are cut anywhere; the key's place is uniform over the filler.
#include "runtime/core/Format.h"
#include "runtime/core/Json.h"
#include "runtime/core/Log.h"
#include "runtime/serve/Generate.h"
#include "runtime/tools/Command.h"

#include <chrono>
#include <random>

namespace longc {
namespace {

constexpr const char *head = "There is an important info hidden inside a lot of irrelevant text. Find it and memorize "
                             "them. I will quiz you about the important information there.\n";
constexpr const char *standardFiller =
    "The grass is green. The sky is blue. The sun is yellow. Here we go. There and back again. ";
constexpr const char *question = "\nWhat is the pass key? The pass key is";

struct Trial {
  int key = 0;
  int64_t place = 0; // tokens of filler before the key
  std::vector<int32_t> prompt, expected;
  std::string answer;
  bool correct = false;
  double seconds = 0;
};

class TrialMaker {
public:
  TrialMaker(const Tokenizer &tokenizer, int64_t length, uint64_t seed, std::vector<int32_t> text)
      : tokenizer_(tokenizer), length_(length), random_(seed), text_(std::move(text)) {
    if (text_.empty())
      filler_ = tokenizer_.encode(standardFiller, false);
  }

  Result<Trial> next() {
    Trial trial;
    trial.key = static_cast<int>(10000 + below(40000));
    std::string number = std::to_string(trial.key);
    auto start = encode(head), asked = encode(question);
    auto key = encode("\nThe pass key is " + number + ". Remember it. " + number + " is the pass key.\n");
    int64_t room = length_ - static_cast<int64_t>(start.size() + key.size() + asked.size());
    if (room < 1)
      return Status::error(1007, formatText("--length %lld is too short: the prompt without filler has %lld tokens",
                                            static_cast<long long>(length_), static_cast<long long>(length_ - room)),
                           "give a longer one");
    trial.place = static_cast<int64_t>(below(static_cast<uint64_t>(room)));
    trial.expected = encode(" " + number);
    trial.prompt = start;
    chooseText(room);
    appendFiller(trial.prompt, 0, trial.place);
    append(trial.prompt, key);
    appendFiller(trial.prompt, text_.empty() ? 0 : trial.place, room - trial.place);
    append(trial.prompt, asked);
    return trial;
  }

private:
  std::vector<int32_t> encode(const std::string &text) const { return tokenizer_.encode(text, false); }
  uint64_t below(uint64_t limit) { return random_() % limit; }
  static void append(std::vector<int32_t> &tokens, const std::vector<int32_t> &more) {
    tokens.insert(tokens.end(), more.begin(), more.end());
  }
  // A passage of the real text, when there is one.
  void chooseText(int64_t room) {
    if (text_.empty())
      return;
    auto size = static_cast<int64_t>(text_.size());
    start_ = size > room ? static_cast<int64_t>(below(static_cast<uint64_t>(size - room))) : 0;
  }
  // The standard sentences begin anew after the key; real text goes on.
  void appendFiller(std::vector<int32_t> &tokens, int64_t from, int64_t count) const {
    const std::vector<int32_t> &source = text_.empty() ? filler_ : text_;
    for (int64_t index = 0; index < count; ++index)
      tokens.push_back(source[static_cast<size_t>(start_ + from + index) % source.size()]);
  }

  const Tokenizer &tokenizer_;
  int64_t length_;
  std::mt19937_64 random_;
  std::vector<int32_t> text_, filler_;
  int64_t start_ = 0;
};

Status runTrial(LoadedProgram &loaded, const SessionOptions &options, const Tokenizer &tokenizer, ProgressMode mode,
                Trial &trial) {
  auto start = std::chrono::steady_clock::now();
  auto session = Session::create(*loaded.engine, options);
  if (!session.ok())
    return session.status();
  LONGC_TRY(readTokens(**session, trial.prompt, mode, "reading"));
  Sampler greedy(SamplerOptions{});
  GenerateOptions generateOptions;
  generateOptions.maxTokens = static_cast<int64_t>(trial.expected.size());
  auto generation = generate(**session, greedy, generateOptions);
  if (!generation.ok())
    return generation.status();
  trial.correct = generation->tokens == trial.expected;
  auto answer = tokenizer.decode(generation->tokens, false);
  trial.answer = answer.ok() ? *answer : "";
  trial.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  logNote(describeSession(**session));
  return {};
}

std::string toJson(const std::vector<Trial> &trials, int64_t length, uint64_t seed, int64_t correct) {
  JsonWriter json;
  json.beginObject();
  json.key("length").integer(length);
  json.key("count").integer(static_cast<int64_t>(trials.size()));
  json.key("correct").integer(correct);
  json.key("seed").integer(static_cast<int64_t>(seed));
  json.key("prompts").beginArray();
  for (const Trial &trial : trials) {
    json.beginObject();
    json.key("key").integer(trial.key);
    json.key("place").integer(trial.place);
    json.key("answer").text(trial.answer);
    json.key("correct").boolean(trial.correct);
    json.key("seconds").number(trial.seconds).endObject();
  }
  return json.endArray().endObject().str() + "\n";
}

Status runTrials(LoadedProgram &loaded, const Arguments &arguments, int64_t length, int64_t count, uint64_t seed) {
  auto mode = progressOf(arguments);
  if (!mode.ok())
    return mode.status();
  auto options = loaded.sessionOptions(arguments);
  if (!options.ok())
    return options.status();
  auto tokenizer = loaded.tokenizer();
  if (!tokenizer.ok())
    return tokenizer.status();
  std::vector<int32_t> text;
  if (arguments.has("text")) {
    auto source = readTextFile(arguments.text("text"));
    if (!source.ok())
      return source.status();
    text = tokenizer->encode(*source, false);
  }
  logNote(loaded.engine->device().describe());
  TrialMaker maker(*tokenizer, length, seed, std::move(text));
  bool json = arguments.flag("json");
  std::vector<Trial> trials;
  int64_t correct = 0;
  for (int64_t index = 0; index < count; ++index) {
    auto trial = maker.next();
    if (!trial.ok())
      return trial.status();
    if (!json)
      LONGC_TRY(printText(formatText("pass key %d hidden after %s of %s tokens\n", trial->key,
                                     formatCount(trial->place).c_str(), formatCount(length).c_str())));
    LONGC_TRY(runTrial(loaded, *options, *tokenizer, *mode, *trial));
    correct += trial->correct;
    if (!json)
      LONGC_TRY(printText(formatText("  the program answers:%s  %s (%.1f s)\n", trial->answer.c_str(),
                                     trial->correct ? "right" : "wrong", trial->seconds)));
    trials.push_back(std::move(*trial));
  }
  loaded.report();
  if (json)
    return printText(toJson(trials, length, seed, correct));
  return printText(formatText("%lld of %lld right at %s tokens (seed %llu)\n", static_cast<long long>(correct),
                              static_cast<long long>(count), formatCount(length).c_str(),
                              static_cast<unsigned long long>(seed)));
}

Status runPasskey(const Arguments &arguments) {
  auto length = arguments.integer("length", 1, 100000000);
  if (!length.ok())
    return length.status();
  auto count = arguments.integer("count", 1, 100000);
  if (!count.ok())
    return count.status();
  auto seed = seedOf(arguments);
  if (!seed.ok())
    return seed.status();
  auto loaded = LoadedProgram::load(arguments);
  if (!loaded.ok())
    return loaded.status();
  return runTrials(*loaded, arguments, *length, *count, *seed);
}

} // namespace

const Command passkeyCommand = {"passkey", "hides a pass key in a long text and asks for it",
                                modelOptions({"count", "json", "length", "seed", "text"}), runPasskey};

} // namespace longc
