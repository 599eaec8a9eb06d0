// `generate`: continues a raw prompt of any length.
#include "runtime/core/Format.h"
#include "runtime/core/Log.h"
#include "runtime/core/OutputFile.h"
#include "runtime/serve/Generate.h"
#include "runtime/text/GrowingText.h"
#include "runtime/tools/commands/Documents.h"
#include "runtime/tools/commands/PromptLines.h"
#include "runtime/tools/commands/PromptRun.h"

#include <chrono>

namespace longc {
namespace {

double secondsSince(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// Reads a prompt as the end of a text whose beginning may lie in a saved memory.
class PromptReader {
public:
  PromptReader(const OpenedModel &model, const Arguments &arguments)
      : model_(model), arguments_(arguments), growing_(model.tokenizer) {}

  Result<std::unique_ptr<Session>> read(const std::string &prompt) {
    auto session = begin();
    if (!session.ok())
      return session;
    std::string whole = prompt;
    if (model_.saved) {
      const abi::SavedText &text = model_.saved->about().text();
      growing_ = GrowingText(model_.tokenizer, text.text(), text.read());
      if (text.read() > 0)
        ids_ = GrowingText(model_.tokenizer).takeAll(std::string_view(text.text()).substr(0, text.read()));
      whole = text.text() + prompt;
    }
    model_.warnOfLostBytes(prompt, "the prompt");
    LONGC_TRY(check(whole));
    if (arguments_.has("save-memory")) {
      LONGC_TRY(take(**session, growing_.takeStable(whole)));
      LONGC_TRY(save(**session, whole));
    }
    LONGC_TRY(take(**session, growing_.takeAll(whole)));
    return session;
  }

  /// Of the whole text.
  std::vector<int32_t> takeIds() { return std::move(ids_); }

private:
  Result<std::unique_ptr<Session>> begin() {
    if (!arguments_.has("document"))
      return model_.saved ? model_.savedSession() : model_.newSession();
    auto known = KnownDocuments::open(model_, arguments_);
    return known.ok() ? known->newSession(model_) : known.status();
  }

  // Before anything is written.
  Status check(const std::string &whole) const {
    if (GrowingText(growing_).takeAll(whole).empty())
      return Status::error(5403, "the prompt is empty", "a model continues text: give at least one token");
    if (whole.empty() && arguments_.has("save-memory"))
      return Status::error(5408, "there is nothing to save: the prompt is empty", "give a text, or leave --save-memory out");
    return {};
  }

  Status take(Session &session, const std::vector<int32_t> &ids) {
    ids_.insert(ids_.end(), ids.begin(), ids.end());
    return ids.empty() ? Status() : readTokens(session, ids, model_.mode, "reading");
  }

  // What has been read goes up to where no further text changes the tokens.
  Status save(const Session &session, std::string whole) {
    abi::SavedMemory about;
    about.set_kind(MemoryFile::textKind);
    about.mutable_text()->set_text(std::move(whole));
    about.mutable_text()->set_read(growing_.taken());
    return session.save(arguments_.text("save-memory"), std::move(about));
  }

  const OpenedModel &model_;
  const Arguments &arguments_;
  GrowingText growing_;
  std::vector<int32_t> ids_;
};

Status reply(Session &session, const OpenedModel &model, const Arguments &arguments, Sampler sampler, int64_t maxTokens, PromptRun &run) {
  GenerateOptions options;
  options.maxTokens = maxTokens;
  if (!arguments.flag("ignore-eos"))
    options.stopTokens = model.tokenizer.stopIds();
  LONGC_TRY(continueAloud(session, model.tokenizer, std::move(sampler), std::move(options), !arguments.flag("json"), run));
  if (run.generation.finish == Finish::window)
    logWarning("stopped: the window is full and memory is off (--memory on, a larger --window, or --truncate)");
  return {};
}

Status runGenerate(const Arguments &arguments) {
  if (arguments.has("prompts"))
    return continuePromptLines(arguments);
  for (const char *other : {"load-memory", "save-memory"})
    if (arguments.has("document") && arguments.has(other))
      return Status::error(1005, std::string("--document and --") + other + " exclude each other", "`read` keeps a text as a document");
  auto prompt = promptOf(arguments);
  if (!prompt.ok())
    return prompt.status();
  auto sampler = samplerOf(arguments);
  if (!sampler.ok())
    return sampler.status();
  auto maxTokens = arguments.integer("tokens", 0, INT32_MAX);
  if (!maxTokens.ok())
    return maxTokens.status();
  auto model = OpenedModel::open(arguments);
  if (!model.ok())
    return model.status();
  sampler = drawnAs(model->loaded.program->module(), arguments, *sampler);
  auto start = std::chrono::steady_clock::now();
  if (arguments.has("save-memory"))
    LONGC_TRY(OutputFile::check(arguments.text("save-memory")));
  PromptReader reader(*model, arguments);
  auto session = reader.read(*prompt);
  if (!session.ok())
    return session.status();
  PromptRun run{reader.takeIds(), model->loaded.loadSeconds, secondsSince(start), {}, "", sampler->seed};
  logNote(formatText("%s; %s in %.2f s", model->engine().device().describe().c_str(), describeSession(**session).c_str(),
                     run.readSeconds));
  LONGC_TRY(reply(**session, *model, arguments, Sampler(*sampler), *maxTokens, run));
  LONGC_TRY(model->loaded.report());
  if (arguments.flag("json"))
    LONGC_TRY(printText(toJson(run, **session)));
  if (run.generation.finish == Finish::cancelled)
    return Status::error(cancelledCode, formatText("cancelled after %zu tokens", run.generation.tokens.size()));
  return {};
}

} // namespace

const Command generateCommand = {
    "generate", "continues a prompt as it stands, begun as the model's texts begin; what is over the window goes to memory",
    modelOptions({"document", "ignore-eos", "json", "load-memory", "min-p", "parallel", "prompt", "prompt-file", "prompts", "repetition-penalty", "save-memory", "seed",
                  "temperature", "tokens", "top-k", "top-p"}),
    runGenerate};

} // namespace longc
