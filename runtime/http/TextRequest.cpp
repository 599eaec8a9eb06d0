// Fields of requests for text, their ranges and defaults.
#include "runtime/http/TextRequest.h"

#include "runtime/core/Format.h"
#include "runtime/http/JsonConstraint.h"
#include "runtime/http/ToolCalls.h"
#include "runtime/text/GrowingText.h"

#include <algorithm>
#include <charconv>
#include <random>

namespace longc {
namespace {

constexpr int64_t mostTokens = INT32_MAX, mostChoices = 16, mostAlternatives = 20, mostPrompts = 256;
constexpr size_t mostStops = 4, mostStopBytes = 1024, mostBiases = 300, mostTools = 128, mostDocuments = 256;

uint64_t randomSeed() {
  std::random_device device;
  return (static_cast<uint64_t>(device()) << 32) | device();
}

void readBias(RequestFields &fields, const ServedModel &model, TokenRules &rules) {
  const JsonValue *biases = fields.object("logit_bias");
  if (!biases)
    return;
  if (biases->object()->size() > mostBiases)
    return fields.fail("logit_bias", formatText("logit_bias: expected at most %zu entries, got %zu", mostBiases, biases->object()->size()));
  for (const JsonMember &member : *biases->object()) {
    int32_t id = -1;
    const char *end = member.name.data() + member.name.size();
    auto [stopped, error] = std::from_chars(member.name.data(), end, id);
    if (error != std::errc() || stopped != end || id < 0 || id >= model.vocabulary)
      return fields.fail("logit_bias", formatText("logit_bias: expected token ids from 0 to %lld as names, got %s",
                                                  static_cast<long long>(model.vocabulary - 1), quoted(member.name).c_str()));
    if (!member.value.isNumber() || !(member.value.number() >= -100 && member.value.number() <= 100))
      return fields.fail("logit_bias", "logit_bias: expected numbers from -100 to 100, got " + member.value.describe());
    rules.bias[id] = static_cast<float>(member.value.number());
  }
}

void readStops(RequestFields &fields, AnswerPlan &plan) {
  plan.stops = fields.texts("stop", mostStops);
  for (const std::string &stop : plan.stops)
    if (stop.empty() || stop.size() > mostStopBytes)
      fields.fail("stop", formatText("stop: expected texts of 1 to %zu bytes", mostStopBytes));
}

void readSampling(RequestFields &fields, const ServedModel &model, TokenRules &rules) {
  rules.sampler.temperature = static_cast<float>(fields.number("temperature", 0, 2).value_or(1));
  rules.sampler.topP = static_cast<float>(std::max(fields.number("top_p", 0, 1).value_or(1), 1e-6)); // 0: the best alone
  rules.sampler.topK = static_cast<int>(fields.integer("top_k", 0, INT32_MAX).value_or(0));
  auto seed = fields.integer("seed", INT64_MIN, INT64_MAX);
  rules.sampler.seed = seed ? static_cast<uint64_t>(*seed) : randomSeed();
  rules.sampler.repetitionPenalty = static_cast<float>(fields.number("repetition_penalty", 0.01, 100).value_or(1));
  rules.frequencyPenalty = static_cast<float>(fields.number("frequency_penalty", -2, 2).value_or(0));
  rules.presencePenalty = static_cast<float>(fields.number("presence_penalty", -2, 2).value_or(0));
  readBias(fields, model, rules);
  if (!fields.boolean("ignore_eos").value_or(false))
    rules.endTokens = model.tokenizer->stopIds();
}

void readStreaming(RequestFields &fields, AnswerPlan &plan) {
  plan.streams = fields.boolean("stream").value_or(false);
  plan.tellsProgress = fields.boolean("return_progress").value_or(false);
  if (const JsonValue *options = fields.object("stream_options")) {
    RequestFields inner(*options, "stream_options.");
    plan.includesUsage = inner.boolean("include_usage").value_or(false);
    inner.ignore({"include_obfuscation"});
    if (inner.failed())
      fields.fail("stream_options", inner.error()->message, inner.error()->code);
    else if (!plan.streams)
      fields.fail("stream_options", "stream_options: allowed with \"stream\": true alone");
  }
}

SessionOptions readMemory(RequestFields &fields, const ServedModel &model) {
  SessionOptions options = model.session;
  if (const JsonValue *value = fields.value("memory")) {
    const std::string word = value->text() ? *value->text() : value->boolean() ? (*value->boolean() ? "on" : "off") : "";
    if (word != "on" && word != "off")
      fields.fail("memory", "memory: expected \"on\" or \"off\", got " + value->describe());
    else if (word == "on" && !model.hasMemory)
      fields.fail("memory", "memory: this program was compiled without memory; leave it out, or compile it with --method fot");
    options.policy.memory = word == "on";
  }
  if (!model.hasMemory)
    options.policy.memory = false;
  options.truncate = false;
  return options;
}

void checkModel(RequestFields &fields, const ServedModel &model) {
  if (const std::string *name = fields.text("model"); name && *name != model.name)
    fields.fail("model", "model " + quoted(*name) + " is not served here; there is " + quoted(model.name), "model_not_found");
}

/// What both kinds of requests have, and their tasks.
class Reader {
public:
  Reader(RequestFields &fields, const ServedModel &model, bool chat) : fields_(fields), model_(model) {
    checkModel(fields, model);
    request_.plan.chat = chat;
    request_.plan.model = model.name;
    request_.plan.fingerprint = "longc-" + model.fingerprint;
    request_.plan.topK = model.topK;
    readStops(fields, request_.plan);
    readSampling(fields, model, rules_);
    readStreaming(fields, request_.plan);
    session_ = readMemory(fields, model);
    readDocuments();
    readAdapter();
    choices_ = static_cast<int>(fields.integer("n", 1, mostChoices).value_or(1));
    fields.ignore({"user", "store", "metadata", "service_tier", "safety_identifier", "prompt_cache_key", "reasoning_effort",
                   "verbosity", "parallel_tool_calls"});
  }

  AnswerPlan &plan() { return request_.plan; }
  void setMessages(const std::vector<ChatMessage> &messages) {
    request_.messages = messages.size();
    request_.plan.question = messages.back().content;
  }
  TokenRules &rules() { return rules_; }
  void setMaxTokens(std::optional<int64_t> given, int64_t usual) { maxTokens_ = given.value_or(usual); }

  void addPrompt(std::vector<int32_t> tokens, const std::string &echo, const char *field) {
    if (fields_.failed())
      return;
    if (tokens.empty())
      return fields_.fail(field, std::string(field) + ": the prompt is empty: a model continues at least one token");
    const auto count = static_cast<int64_t>(tokens.size()), window = session_.policy.window;
    if (!session_.policy.memory && count > window)
      return fields_.fail(field, formatText("the prompt has %lld tokens, and the window has %lld: shorten it%s", static_cast<long long>(count),
                                            static_cast<long long>(window),
                                            model_.hasMemory ? ", or use \"memory\": \"on\"" : ""),
                          "context_length_exceeded");
    auto task = std::make_shared<PromptTask>();
    task->tokens = std::move(tokens);
    task->choices = choices_;
    task->firstChoice = static_cast<int>(request_.tasks.size()) * choices_;
    task->session = session_;
    task->goesOn = request_.plan.chat;
    task->adapter = adapter_ == 0 ? nullptr : model_.adapterValues[adapter_];
    task->maxTokens = session_.policy.memory ? maxTokens_ : std::min(maxTokens_, window - count + 1);
    request_.plan.promptTokens += count;
    request_.plan.echoes.insert(request_.plan.echoes.end(), static_cast<size_t>(choices_), echo);
    request_.tasks.push_back(std::move(task));
  }

  std::variant<TextRequest, ApiError> finish() {
    if (fields_.failed()) {
      ApiError error = *fields_.error();
      error.status = error.code == "model_not_found" || error.code == "adapter_not_found" ? 404 : error.status;
      return error;
    }
    request_.plan.choices = static_cast<int>(request_.tasks.size()) * choices_;
    request_.plan.alternatives = rules_.alternatives;
    request_.plan.warnings = fields_.warnings();
    for (const auto &task : request_.tasks)
      task->rules = rules_;
    return std::move(request_);
  }

private:
  void readAdapter() {
    const auto &names = model_.adapters;
    const std::string *name = fields_.text("adapter");
    if (!names.empty())
      request_.plan.adapter = names.front();
    if (!name)
      return;
    auto found = std::find(names.begin(), names.end(), *name);
    if (found == names.end())
      return fields_.fail("adapter", "adapter " + quoted(*name) + " is not served here; there is " + (names.empty() ? "none" : quotedList(names)), "adapter_not_found");
    adapter_ = static_cast<size_t>(found - names.begin());
    request_.plan.adapter = *name;
    const SessionOptions &own = model_.adapterSessions[adapter_];
    session_.ingest = own.ingest;
    session_.overlap = own.overlap;
    session_.temperature = own.temperature;
  }
  void readDocuments() {
    request_.documents = fields_.texts("documents", mostDocuments);
    request_.plan.cites = fields_.boolean("citations").value_or(false);
  }

  RequestFields &fields_;
  const ServedModel &model_;
  TextRequest request_;
  TokenRules rules_;
  SessionOptions session_;
  size_t adapter_ = 0;
  int choices_ = 1;
  int64_t maxTokens_ = 0;
};

// The tool that tool_choice names; empty: it names none.
std::string namedTool(const JsonValue *choice) {
  const JsonValue *function = choice ? choice->find("function") : nullptr, *name = function ? function->find("name") : nullptr;
  return name && name->text() ? *name->text() : "";
}

// The answer is to be a call of a tool: of the one that is named, or of any.
void requireTool(RequestFields &fields, const ServedModel &model, const JsonValue::Array &tools, const std::string &named, TokenRules &rules) {
  std::vector<CallableTool> callable;
  for (const JsonValue &tool : tools)
    if (const JsonValue *function = tool.find("function"); named.empty() || *function->find("name")->text() == named) {
      const JsonValue *arguments = function->find("parameters");
      callable.push_back({*function->find("name")->text(), arguments && arguments->isNull() ? nullptr : arguments});
    }
  if (callable.empty())
    return fields.fail("tool_choice", named.empty() ? "tool_choice: there are no tools" : "tool_choice: there is no tool " + quoted(named));
  if (rules.constraint)
    return fields.fail("tool_choice", "tool_choice: a call of a tool has no response_format");
  if (model.templateSource.find(toolCallBegin) == std::string::npos)
    return fields.fail("tool_choice", "tool_choice: how this model writes a call is not known here: it knows \"auto\" and \"none\"");
  auto grammar = toolCallGrammar(callable);
  if (!grammar.ok())
    return fields.fail("tools", "tools: " + grammar.status().message());
  rules.constraint = jsonConstraint(std::move(*grammar), *model.tokenizer);
  rules.endTokens = model.tokenizer->stopIds();
}

// The tools that the template is to be told of; null: none.
const JsonValue *readTools(RequestFields &fields, const ServedModel &model, TokenRules &rules) {
  const JsonValue *value = fields.value("tools");
  const JsonValue::Array *tools = fields.array("tools", mostTools);
  const JsonValue *choice = fields.value("tool_choice");
  const std::string word = choice && choice->text() ? *choice->text() : "auto", named = namedTool(choice);
  for (size_t index = 0; tools && index < tools->size(); ++index) {
    const JsonValue *function = (*tools)[index].find("function");
    if (!function || !function->find("name") || !function->find("name")->text())
      fields.fail("tools", formatText("tools[%zu]: expected {\"type\": \"function\", \"function\": {\"name\": ...}}", index));
  }
  if (choice && named.empty() && (!choice->text() || (word != "auto" && word != "none" && word != "required")))
    fields.fail("tool_choice", "tool_choice: expected \"auto\", \"none\", \"required\" or {\"type\": \"function\", \"function\": {\"name\": ...}}");
  for (const char *old : {"functions", "function_call"})
    if (fields.value(old))
      fields.fail(old, std::string(old) + ": replaced by tools and tool_choice");
  if (!fields.failed() && (word == "required" || !named.empty()))
    requireTool(fields, model, tools ? *tools : JsonValue::Array(), named, rules);
  if (!tools || tools->empty() || fields.failed() || word == "none")
    return nullptr;
  if (model.templateSource.find("tools") == std::string::npos)
    fields.fail("tools", "tools: this model's chat template has no place for tools");
  return value;
}

void readFormat(RequestFields &fields, const ServedModel &model, TokenRules &rules) {
  const JsonValue *format = fields.object("response_format");
  const JsonValue *type = format ? format->find("type") : nullptr;
  const std::string word = type && type->text() ? *type->text() : "";
  if (!format || word == "text")
    return;
  std::shared_ptr<const JsonGrammar> grammar;
  if (word == "json_object")
    grammar = anyObjectGrammar();
  else if (const JsonValue *named = word == "json_schema" ? format->find("json_schema") : nullptr; named && named->find("schema")) {
    auto read = schemaGrammar(*named->find("schema"));
    if (!read.ok())
      return fields.fail("response_format", "response_format: " + read.status().message());
    grammar = *read;
  } else
    return fields.fail("response_format", "response_format: expected {\"type\": \"text\"}, {\"type\": \"json_object\"} or {\"type\": \"json_schema\", "
                                          "\"json_schema\": {\"schema\": ...}}");
  rules.constraint = jsonConstraint(std::move(grammar), *model.tokenizer);
  rules.endTokens = model.tokenizer->stopIds();
}

} // namespace

std::variant<TextRequest, ApiError> readChatRequest(const JsonValue &body, const ServedModel &model) {
  RequestFields fields(body);
  if (fields.failed())
    return *fields.error();
  Reader reader(fields, model, true);
  const bool tells = fields.boolean("logprobs").value_or(false);
  const auto alternatives = fields.integer("top_logprobs", 0, mostAlternatives);
  if (alternatives && !tells)
    fields.fail("top_logprobs", "top_logprobs: allowed with \"logprobs\": true alone");
  reader.rules().alternatives = tells ? static_cast<int>(alternatives.value_or(0)) : -1;
  const auto oldest = fields.integer("max_tokens", 1, mostTokens), newest = fields.integer("max_completion_tokens", 1, mostTokens);
  reader.setMaxTokens(newest ? newest : oldest, model.contextLength);
  readFormat(fields, model, reader.rules());
  const std::vector<ChatMessage> messages = readMessages(fields);
  const JsonValue *tools = readTools(fields, model, reader.rules());
  if (!fields.failed()) {
    reader.setMessages(messages);
    const std::string prompt = renderMessages(fields, model, messages, tools);
    reader.plan().findsToolCalls = tools && model.templateSource.find(toolCallBegin) != std::string::npos;
    if (!fields.failed())
      reader.addPrompt(GrowingText(*model.tokenizer).takeAll(prompt), "", "messages");
  }
  return reader.finish();
}

namespace {

// "text", ["text", ...], [ids], [[ids], ...].
void readPrompts(RequestFields &fields, const ServedModel &model, bool echo, Reader &reader) {
  const JsonValue *prompt = fields.value("prompt");
  if (!prompt)
    return fields.fail("prompt", "prompt is missing: expected text, or token ids");
  const auto addText = [&](const std::string &text) {
    reader.addPrompt(GrowingText(*model.tokenizer).takeAll(text), echo ? text : "", "prompt");
  };
  const auto addIds = [&](const JsonValue::Array &ids) {
    std::vector<int32_t> tokens;
    for (const JsonValue &id : ids) {
      if (!id.integer() || *id.integer() < 0 || *id.integer() >= model.vocabulary)
        return fields.fail("prompt", formatText("prompt: expected token ids from 0 to %lld, got %s",
                                                static_cast<long long>(model.vocabulary - 1), id.describe().c_str()));
      tokens.push_back(static_cast<int32_t>(*id.integer()));
    }
    std::string text;
    if (echo)
      if (auto decoded = model.tokenizer->decode(tokens, true); decoded.ok())
        text = *decoded;
    reader.addPrompt(std::move(tokens), text, "prompt");
  };
  if (prompt->text())
    return addText(*prompt->text());
  if (!prompt->array())
    return fields.fail("prompt", "prompt: expected text, texts or token ids, got " + prompt->describe(), "invalid_type");
  const JsonValue::Array &parts = *prompt->array();
  if (parts.empty() || parts[0].integer())
    return addIds(parts);
  if (parts.size() > mostPrompts)
    return fields.fail("prompt", formatText("prompt: expected at most %lld prompts, got %zu", static_cast<long long>(mostPrompts), parts.size()));
  for (const JsonValue &part : parts) {
    if (part.text())
      addText(*part.text());
    else if (part.array())
      addIds(*part.array());
    else
      fields.fail("prompt", "prompt: expected texts, or arrays of token ids, got " + part.describe(), "invalid_type");
  }
}

} // namespace

std::variant<TextRequest, ApiError> readCompletionRequest(const JsonValue &body, const ServedModel &model) {
  constexpr int64_t usualTokens = 16; // as the interface has it
  RequestFields fields(body);
  if (fields.failed())
    return *fields.error();
  Reader reader(fields, model, false);
  reader.rules().alternatives = static_cast<int>(fields.integer("logprobs", 0, mostAlternatives).value_or(-1));
  reader.setMaxTokens(fields.integer("max_tokens", 0, mostTokens), usualTokens);
  const bool echo = fields.boolean("echo").value_or(false);
  if (echo && reader.rules().alternatives >= 0)
    fields.fail("echo", "echo: log-probabilities of a prompt are not told here; `perplexity` judges texts");
  if (fields.value("suffix"))
    fields.fail("suffix", "suffix: this model continues texts and fills no gaps");
  if (auto best = fields.integer("best_of", 1, mostChoices); best && *best != fields.integer("n", 1, mostChoices).value_or(1))
    fields.fail("best_of", "best_of: this server returns all it makes: leave it out, or give the number of n");
  if (!fields.failed())
    readPrompts(fields, model, echo, reader);
  return reader.finish();
}

} // namespace longc
