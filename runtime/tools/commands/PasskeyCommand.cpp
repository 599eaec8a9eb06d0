// `passkey`: hides a five-digit key in a long text and asks for it.
#include "runtime/core/Format.h"
#include "runtime/core/Json.h"
#include "runtime/core/Log.h"
#include "runtime/serve/Generate.h"
#include "runtime/tools/commands/AnswerJudge.h"
#include "runtime/tools/commands/OpenedModel.h"
#include "runtime/tools/commands/PasskeyPrompt.h"

#include <chrono>

namespace longc {
namespace {

struct Trial {
  PasskeyPrompt prompt;
  std::string answer;
  bool correct = false;
  Judgement judgement; // of the right answer
  double seconds = 0;
};

Status runTrial(const OpenedModel &model, Trial &trial) {
  auto start = std::chrono::steady_clock::now();
  auto session = model.newSession();
  if (!session.ok())
    return session.status();
  LONGC_TRY(readTokens(**session, trial.prompt.tokens, model.mode, "reading"));
  auto judged = (*session)->fork();
  if (!judged.ok())
    return judged.status();
  auto judgement = judgeAnswer(**judged, {}, trial.prompt.expected);
  if (!judgement.ok())
    return judgement.status();
  trial.judgement = *judgement;
  Sampler greedy(SamplerOptions{});
  GenerateOptions generateOptions;
  generateOptions.maxTokens = static_cast<int64_t>(trial.prompt.expected.size());
  auto generation = generate(**session, greedy, generateOptions);
  if (!generation.ok())
    return generation.status();
  trial.correct = generation->tokens == trial.prompt.expected;
  auto answer = model.tokenizer.decode(generation->tokens, false);
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
    json.key("key").integer(trial.prompt.key);
    json.key("place").integer(trial.prompt.place);
    json.key("answer").text(trial.answer);
    json.key("correct").boolean(trial.correct);
    json.key("correct_once_begun").boolean(trial.judgement.rightOnceBegun);
    json.key("log_probability").number(trial.judgement.logProbability);
    json.key("seconds").number(trial.seconds).endObject();
  }
  return json.endArray().endObject().str() + "\n";
}

Status runTrials(const OpenedModel &model, const Arguments &arguments, int64_t length, int64_t count, uint64_t seed) {
  auto text = model.fillerText(arguments);
  if (!text.ok())
    return text.status();
  PasskeyPrompts prompts(model.tokenizer, length, seed, std::move(*text));
  bool json = arguments.flag("json");
  std::vector<Trial> trials;
  int64_t correct = 0;
  for (int64_t index = 0; index < count; ++index) {
    auto prompt = prompts.next();
    if (!prompt.ok())
      return prompt.status();
    Trial trial;
    trial.prompt = std::move(*prompt);
    if (index == 0)
      logNote(model.engine().device().describe());
    if (!json)
      LONGC_TRY(printText(formatText("pass key %d hidden after %s of %s tokens\n", trial.prompt.key,
                                     formatCount(trial.prompt.place).c_str(), formatCount(length).c_str())));
    LONGC_TRY(runTrial(model, trial));
    correct += trial.correct;
    if (!json)
      LONGC_TRY(printText(formatText("  the program answers:%s  %s (%.1f s)\n", trial.answer.c_str(),
                                     trial.correct ? "right" : "wrong", trial.seconds)));
    trials.push_back(std::move(trial));
  }
  LONGC_TRY(model.loaded.report());
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
  auto trials = trialsOf(arguments);
  if (!trials.ok())
    return trials.status();
  auto model = OpenedModel::open(arguments);
  if (!model.ok())
    return model.status();
  return runTrials(*model, arguments, *length, trials->count, trials->seed);
}

} // namespace

const Command passkeyCommand = {"passkey", "hides a pass key in a long text and asks for it",
                                modelOptions({"count", "json", "length", "seed", "text"}), runPasskey};

} // namespace longc
