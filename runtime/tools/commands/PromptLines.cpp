// Reads the lines, continues them, prints the results in the order of the lines.
#include "runtime/tools/commands/PromptLines.h"

#include "runtime/core/Format.h"
#include "runtime/core/JsonReader.h"
#include "runtime/core/Lines.h"
#include "runtime/core/Log.h"
#include "runtime/e2llm/Compressor.h"
#include "runtime/serve/GenerateMany.h"
#include "runtime/text/GrowingText.h"
#include "runtime/tools/commands/Documents.h"
#include "runtime/tools/commands/NamedAdapters.h"
#include "runtime/tools/commands/OpenedModel.h"
#include "runtime/tools/commands/PromptRun.h"

#include <algorithm>
#include <map>
#include <optional>

namespace longc {
namespace {

struct PromptLine {
  size_t number; // in the file, from 1
  std::string prompt;
  std::optional<std::string> adapter; // a name; empty: none
};

Status lineError(int code, const std::string &path, size_t number, const std::string &what, const char *hint) {
  return Status::error(code, formatText("'%s', line %zu: %s", path.c_str(), number, what.c_str()), hint);
}

// {"prompt": text, "adapter": name or null}
Result<PromptLine> readLine(const std::string &path, size_t number, std::string_view line) {
  const char *hint = "give one object {\"prompt\": \"...\"} a line; it may have an \"adapter\"";
  auto value = JsonValue::read(line);
  if (!value.ok())
    return lineError(5406, path, number, value.status().message(), hint);
  const JsonValue *prompt = value->find("prompt");
  if (!value->object() || !prompt)
    return lineError(5406, path, number, "expected an object with a \"prompt\", found " + value->describe(), hint);
  if (!prompt->text())
    return lineError(5406, path, number, "expected text as the \"prompt\", found " + prompt->describe(), hint);
  PromptLine read{number, *prompt->text(), {}};
  if (const JsonValue *adapter = value->find("adapter")) {
    if (!adapter->isNull() && (!adapter->text() || adapter->text()->empty()))
      return lineError(5406, path, number, "expected a name, a folder or null as the \"adapter\", found " + adapter->describe(), hint);
    read.adapter = adapter->isNull() ? "" : *adapter->text();
  }
  return read;
}

// Lines of white space alone are none.
Result<std::vector<PromptLine>> readLines(const std::string &path) {
  auto text = readTextFile(path);
  if (!text.ok())
    return text.status();
  std::vector<PromptLine> lines;
  LONGC_TRY(forEachLine(*text, [&](int64_t number, std::string_view line) -> Status {
    auto read = readLine(path, static_cast<size_t>(number), line);
    if (!read.ok())
      return read.status();
    lines.push_back(std::move(*read));
    return {};
  }));
  if (lines.empty())
    return Status::error(5403, "'" + path + "' holds no prompt", "give one object {\"prompt\": \"...\"} a line");
  return lines;
}

// Token ids of every prompt, all of which can be read: what is wrong with one is said before any is run.
Result<std::vector<std::vector<int32_t>>> encodeLines(const OpenedModel &model, const std::string &path,
                                                      const std::vector<PromptLine> &lines) {
  const WindowPolicy &policy = model.options.policy;
  const bool remembers = policy.memory && !model.engine().layout().pages.empty();
  std::vector<std::vector<int32_t>> prompts;
  for (const PromptLine &line : lines) {
    model.warnOfLostBytes(line.prompt, formatText("the prompt of line %zu", line.number));
    prompts.push_back(GrowingText(model.tokenizer).takeAll(line.prompt));
    const auto count = static_cast<int64_t>(prompts.back().size());
    if (count == 0)
      return lineError(5403, path, line.number, "the prompt is empty", "a model continues text: give at least one token");
    if (!remembers && !model.options.truncate && count > policy.window)
      return lineError(5303, path, line.number,
                       formatText("%s tokens do not fit into the window of %s tokens, and memory is off",
                                  formatCount(count).c_str(), formatCount(policy.window).c_str()),
                       "use --memory on, a larger --window, or --truncate to drop the beginning");
  }
  return prompts;
}

// Sequences that memory holds beside the documents, each as long as the longest may become; one is tried in any case, as it would be alone.
int64_t sequencesThatFit(const OpenedModel &model, const std::vector<std::vector<int32_t>> &prompts, int64_t maxTokens, const KnownDocuments &known) {
  size_t longest = 0, shared = 0;
  for (const std::vector<int32_t> &prompt : prompts)
    longest = std::max(longest, prompt.size());
  for (const auto &document : known.documents)
    shared += document->tokens().size();
  int64_t fit = Session::mostThatFit(model.engine(), known.options, static_cast<int64_t>(longest) + maxTokens, static_cast<int64_t>(shared));
  return std::max<int64_t>(fit, 1);
}

// Prints each result once all before it are printed.
class InOrder {
public:
  Status add(size_t index, std::string text) {
    waiting_[index] = std::move(text);
    for (auto first = waiting_.begin(); first != waiting_.end() && first->first == next_; first = waiting_.erase(first)) {
      LONGC_TRY(printText(first->second));
      ++next_;
    }
    return {};
  }

private:
  std::map<size_t, std::string> waiting_;
  size_t next_ = 0;
};

// Whose adapter is whose: lines that say nothing have the first of --adapter.
class AdapterChoice {
public:
  static Result<AdapterChoice> read(OpenedModel &model, const Arguments &arguments, const std::vector<PromptLine> &lines) {
    auto named = NamedAdapters::read(model.loaded, arguments);
    if (!named.ok())
      return named.status();
    AdapterChoice choice(model, std::move(*named));
    const ParameterArray *first = choice.named_.values().empty() ? nullptr : choice.named_.values().front().get();
    for (const PromptLine &line : lines) {
      auto found = !line.adapter           ? Result<const ParameterArray *>(first)
                   : line.adapter->empty() ? Result<const ParameterArray *>(nullptr)
                                           : choice.named_.find(model.loaded, *line.adapter);
      if (!found.ok())
        return found.status();
      auto place = std::ranges::find(choice.values_, *found);
      choice.ofLines_.push_back(static_cast<size_t>(place - choice.values_.begin()));
      if (place == choice.values_.end())
        choice.values_.push_back(*found);
    }
    return choice;
  }

  /// Puts itself in charge where the lines differ, or have another adapter than the program was loaded with.
  void govern(ManyOptions &options) const {
    options.adapters = ofLines_;
    options.useAdapter = [this](size_t number) { return named_.use(model_.loaded, values_[number]); };
  }
  bool isNeeded() const { return std::ranges::any_of(ofLines_, [this](size_t number) { return values_[number] != nullptr; }); }
  /// What a line is asked with.
  Result<SessionOptions> optionsOf(size_t line, const Arguments &arguments) const {
    return model_.loaded.sessionOptions(arguments, nullptr, named_.useOf(values_[ofLines_[line]]));
  }
  /// Documents are memory of the adapter that they were read with: the first.
  Status checkDocuments(const std::string &path, const std::vector<PromptLine> &lines) const {
    const ParameterArray *first = named_.values().empty() ? nullptr : named_.values().front().get();
    for (size_t line = 0; line < lines.size(); ++line)
      if (values_[ofLines_[line]] != first)
        return lineError(1005, path, lines[line].number, "its \"adapter\" is not the one that --document is read with, which is the first --adapter",
                         "ask about a document with the adapter that it was read with");
    return {};
  }

private:
  AdapterChoice(OpenedModel &model, NamedAdapters named) : model_(model), named_(std::move(named)) {}
  OpenedModel &model_;
  NamedAdapters named_;
  std::vector<const ParameterArray *> values_; // each once
  std::vector<size_t> ofLines_;
};

std::string textOf(const Generation &generation, const Tokenizer &tokenizer) {
  std::span<const int32_t> tokens = generation.tokens;
  if (generation.finish == Finish::stop)
    tokens = tokens.first(tokens.size() - 1);
  StreamDecoder decoder(tokenizer);
  std::string text;
  for (int32_t token : tokens)
    text += decoder.push(token);
  return text + decoder.flush();
}

Status checkOptions(const Arguments &arguments) {
  for (const char *other : {"prompt", "prompt-file", "load-memory", "save-memory"})
    if (arguments.has(other))
      return Status::error(1005, std::string("--prompts and --") + other + " exclude each other", "give one of them");
  if (!arguments.flag("json"))
    return Status::error(1006, "--prompts prints one JSON object a line", "give --json");
  return {};
}

} // namespace

Status continuePromptLines(const Arguments &arguments) {
  LONGC_TRY(checkOptions(arguments));
  const std::string &path = arguments.text("prompts");
  auto lines = readLines(path);
  if (!lines.ok())
    return lines.status();
  auto sampler = samplerOf(arguments);
  if (!sampler.ok())
    return sampler.status();
  auto maxTokens = arguments.integer("tokens", 0, INT32_MAX), parallel = arguments.integer("parallel", 1, 4096);
  for (const auto *number : {&maxTokens, &parallel})
    if (!number->ok())
      return number->status();
  auto model = OpenedModel::open(arguments, {.takesAdapters = true});
  if (!model.ok())
    return model.status();
  sampler = drawnAs(model->loaded.program->module(), arguments, *sampler);
  auto prompts = encodeLines(*model, path, *lines);
  if (!prompts.ok())
    return prompts.status();
  auto choice = AdapterChoice::read(*model, arguments, *lines);
  if (!choice.ok())
    return choice.status();
  if (arguments.has("document"))
    LONGC_TRY(choice->checkDocuments(path, *lines));
  auto known = KnownDocuments::open(*model, arguments);
  if (!known.ok())
    return known.status();
  const int64_t together = std::min({*parallel, static_cast<int64_t>(prompts->size()),
                                     sequencesThatFit(*model, *prompts, *maxTokens, *known)});
  auto store = known->store->beside(together);
  if (!store.ok())
    return store.status();
  logNote(formatText("%s; %zu prompts, %lld at a time", model->engine().device().describe().c_str(), prompts->size(),
                     static_cast<long long>(together)));

  InOrder output;
  ManyOptions options{*sampler, *maxTokens, {}, [] { return !interrupted(); }, {}};
  if (!arguments.flag("ignore-eos"))
    options.stopTokens = model->tokenizer.stopIds();
  const bool joins = compressingModule(model->loaded.program->message()) || model->engine().prefix(); // which have their adapter already
  const bool governs = !joins && (choice->isNeeded() || arguments.has("adapter"));
  if (governs)
    choice->govern(options);
  options.open = [&](size_t index) -> Result<std::unique_ptr<Session>> {
    auto session = governs && known->documents.empty() ? choice->optionsOf(index, arguments) : Result<SessionOptions>(known->options);
    return session.ok() ? Session::open(model->engine(), *session, *store, known->documents) : session.status();
  };
  options.onFinished = [&](const Continuation &one) {
    PromptRun run{(*prompts)[one.index], model->loaded.loadSeconds, one.readSeconds, one.generation,
                  textOf(one.generation, model->tokenizer), sampler->seed};
    return output.add(one.index, toJson(run, one.session));
  };
  LONGC_TRY(generateMany(model->engine(), model->options, *store, *prompts, options));
  LONGC_TRY(model->loaded.report());
  return {};
}

} // namespace longc
