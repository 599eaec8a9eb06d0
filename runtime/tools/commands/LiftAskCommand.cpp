// `lift ask`: a question to a model that has absorbed a text; `lift info`: what an adapter is of; `lift merge`: a program that
// carries it.
#include "runtime/core/ExitCode.h"
#include "runtime/core/Format.h"
#include "runtime/core/Json.h"
#include "runtime/core/Log.h"
#include "runtime/core/OutputFile.h"
#include "runtime/lift/Folder.h"
#include "runtime/lift/Merge.h"
#include "runtime/lift/Prompt.h"
#include "runtime/tools/commands/LiftTask.h"
#include "runtime/tools/commands/OpenedModel.h"
#include "runtime/tools/commands/PromptRun.h"
#include "runtime/train/AdapterFiles.h"
#include "runtime/train/ProgramParameters.h"

#include <chrono>

namespace longc {
namespace {

Status checkAdapterGiven(const Arguments &arguments) {
  return arguments.has("adapter") ? Status() : Status::error(1006, "expected --adapter FOLDER", "give the folder that `lift fit` made");
}

// The prompt as it was learnt, behind as much of --document as the window holds, or all of it where a memory holds the rest.
Result<std::vector<int32_t>> idsOf(const OpenedModel &model, const Arguments &arguments, const std::string &prompt, int64_t tokens) {
  if (prompt.find_first_not_of(" \t\r\n") == std::string::npos)
    return Status::error(5403, "the prompt is empty", "ask something about the text");
  const bool hasDocument = arguments.has("document");
  const std::vector<int32_t> asked = questionTokens(model.tokenizer, prompt, hasDocument);
  std::vector<int32_t> ids;
  if (hasDocument) {
    std::string text;
    for (const std::string &path : arguments.all("document")) {
      auto one = readTextOrDocument(path);
      if (!one.ok())
        return one.status();
      model.warnOfLostBytes(*one, quoted(path));
      text.append(text.empty() ? "" : "\n").append(*one);
    }
    const int64_t room = model.options.policy.window - static_cast<int64_t>(asked.size()) - tokens;
    if (room < 1)
      return Status::error(5303, formatText("question and reply need %s tokens, the window has %s",
                                            formatCount(static_cast<int64_t>(asked.size()) + tokens).c_str(),
                                            formatCount(model.options.policy.window).c_str()),
                           "give a larger --window or fewer --tokens");
    ids = PromptDocument(model.tokenizer, titleOf(arguments.all("document").front()), text).cutTo(throughMemory(arguments, model.engine()) ? INT64_MAX : room);
  }
  ids.insert(ids.end(), asked.begin(), asked.end());
  return ids;
}

Status runLiftAsk(const Arguments &arguments) {
  LONGC_TRY(checkAdapterGiven(arguments));
  auto prompt = promptOf(arguments);
  if (!prompt.ok())
    return prompt.status();
  auto sampler = samplerOf(arguments);
  if (!sampler.ok())
    return sampler.status();
  auto tokens = arguments.integer("tokens", 0, INT32_MAX);
  if (!tokens.ok())
    return tokens.status();
  auto about = readAbsorbed(arguments.text("adapter"));
  if (!about.ok())
    return about.status();
  auto model = OpenedModel::open(arguments);
  if (!model.ok())
    return model.status();
  LONGC_TRY(checkAbsorbedBy(arguments.text("adapter"), *about, *model->loaded.program));
  const auto start = std::chrono::steady_clock::now();
  auto ids = idsOf(*model, arguments, *prompt, *tokens);
  if (!ids.ok())
    return ids.status();
  auto session = model->newSession();
  if (!session.ok())
    return session.status();
  LONGC_TRY(readTokens(**session, *ids, model->mode, "reading"));
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  PromptRun run{std::move(*ids), model->loaded.loadSeconds, seconds, {}, "", sampler->seed};
  GenerateOptions options;
  options.maxTokens = *tokens;
  options.stopTokens = model->tokenizer.stopIds();
  LONGC_TRY(continueAloud(**session, model->tokenizer, Sampler(*sampler), std::move(options), !arguments.flag("json"), run));
  LONGC_TRY(model->loaded.report());
  if (arguments.flag("json"))
    LONGC_TRY(printText(toJson(run, **session)));
  if (run.generation.finish == Finish::cancelled)
    return Status::error(cancelledCode, formatText("cancelled after %zu tokens", run.generation.tokens.size()));
  return {};
}

Status runLiftInfo(const Arguments &arguments) {
  LONGC_TRY(checkAdapterGiven(arguments));
  auto about = readAbsorbed(arguments.text("adapter"));
  if (!about.ok())
    return about.status();
  auto program = openProgram(arguments);
  if (!program.ok())
    return program.status();
  const bool fits = about->model == (*program)->fingerprint();
  if (!arguments.flag("json"))
    return printText(formatText("document   %s, %s tokens\nrecipe     %s, seed %llu\nlearnt     %lld passes, %lld steps, %s tokens in %.1f s%s\n"
                                "loss       %.4f -> %.4f\nmodel      %s%s\n",
                                about->document.c_str(), formatCount(about->tokens).c_str(), about->recipe.c_str(),
                                static_cast<unsigned long long>(about->seed), static_cast<long long>(about->epochs),
                                static_cast<long long>(about->steps), formatCount(about->learntTokens).c_str(), about->seconds,
                                about->readAll ? "" : " (not all of the text)", about->firstLoss, about->lastLoss, about->model.c_str(),
                                fits ? "" : ", not this program's"));
  JsonWriter json;
  json.beginObject();
  json.key("document").text(about->document);
  json.key("hash").text(about->hash);
  json.key("document_tokens").integer(about->tokens);
  json.key("recipe").text(about->recipe);
  json.key("seed").integer(static_cast<int64_t>(about->seed));
  json.key("steps").integer(about->steps);
  json.key("epochs").integer(about->epochs);
  json.key("tokens").integer(about->learntTokens);
  json.key("seconds").number(about->seconds);
  json.key("loss_first").number(about->firstLoss, 9);
  json.key("loss_last").number(about->lastLoss, 9);
  json.key("read_all").boolean(about->readAll);
  json.key("model").text(about->model);
  json.key("fits").boolean(fits);
  return printText(json.endObject().str() + "\n");
}

Status runLiftMerge(const Arguments &arguments) {
  LONGC_TRY(checkAdapterGiven(arguments));
  if (!arguments.has("output"))
    return Status::error(1006, "expected --output FILE", "give the name of the new program");
  LONGC_TRY(OutputFile::check(arguments.text("output")));
  const std::string &folder = arguments.text("adapter");
  auto about = readAbsorbed(folder);
  if (!about.ok())
    return about.status();
  auto program = openProgram(arguments);
  if (!program.ok())
    return program.status();
  LONGC_TRY(checkAbsorbedBy(folder, *about, **program));
  const ProgramParameters trained = ProgramParameters::trainable((*program)->message());
  auto values = ParameterArray::create(trained.list, "the adapter");
  if (!values.ok())
    return values.status();
  LONGC_TRY(readTrained(folder, (*program)->message(), trained.list, *values));
  LONGC_TRY(writeMerged(programPath(), **program, trained.list, *values, arguments.text("output")));
  logNote("wrote " + arguments.text("output") + ", which has absorbed '" + about->document + "'");
  return {};
}

} // namespace

const Command liftMergeCommand = {"lift merge", "writes a copy of this program that carries an adapter for good", {"adapter", "output", "quiet", "verify"},
                                  runLiftMerge};

const Command liftAskCommand = {"lift ask", "asks about a text that `lift fit` absorbed, with as much of it in the prompt as --document gives",
                                modelOptions({"document", "json", "prompt", "prompt-file", "seed", "temperature", "tokens", "top-k", "top-p"}),
                                runLiftAsk};

const Command liftInfoCommand = {"lift info", "what an adapter of `lift fit` is of", {"adapter", "json", "quiet", "verify"}, runLiftInfo};

} // namespace longc
