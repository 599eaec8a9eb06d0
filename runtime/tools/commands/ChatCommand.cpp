// `chat`: talks in the model's own template; a document is read once, and each question asks a fork of it.
#include "runtime/core/Format.h"
#include "runtime/core/Json.h"
#include "runtime/core/Log.h"
#include "runtime/core/OutputFile.h"
#include "runtime/e2llm/Compressor.h"
#include "runtime/serve/Generate.h"
#include "runtime/tools/commands/AskCommand.h"
#include "runtime/tools/commands/Documents.h"
#include "runtime/tools/commands/SavedConversation.h"
#include "runtime/tools/commands/TypedLines.h"

#include <algorithm>

namespace longc {
namespace {

struct Reply {
  std::string text;
  Generation generation;
  int64_t inWindow = 0, inMemory = 0, dropped = 0; // tokens, when it ended
  bool isCancelled() const { return generation.finish == Finish::cancelled; }
};

/// One conversation, or many questions about one document. What later questions need lies in a session of its own, and
/// each answer is made by a fork of it: an answer that was stopped has disturbed nothing.
class Chat {
public:
  Chat(const OpenedModel &model, const Arguments &arguments, SamplerOptions sampler, int64_t maxTokens)
      : model_(model), arguments_(arguments), sampler_(sampler), maxTokens_(maxTokens) {}

  /// Reads the document, or maps the memory it was saved to.
  Status open(ChatTemplate chatTemplate);
  /// Answers one question, streaming unless --json. ^C stops it: the reply says so and may be empty.
  Result<Reply> ask(const std::string &question);

private:
  Result<std::unique_ptr<Session>> newSession() const;
  Status readDocument();
  Status resumeDocument();
  Status save();
  Status keep(const Conversation::Reading &reading, std::unique_ptr<Session> &kept) const;
  Status answer(const Session &base, const Conversation::Reading &reading, Reply &reply);
  Status read(Session &session, const std::vector<int32_t> &tokens, const char *title) const;
  Status generateReply(Session &session, Reply &reply);

  const OpenedModel &model_;
  const Arguments &arguments_;
  Sampler sampler_;
  int64_t maxTokens_;
  ConversationStart start_;
  std::optional<KnownDocuments> known_; // memory beside the conversation
  std::optional<Conversation> conversation_, empty_; // so far; before the first question
  std::unique_ptr<Session> session_; // has read what the conversation keeps
};

Status Chat::open(ChatTemplate chatTemplate) {
  const bool together = arePutTogether(arguments_.all("document"));
  if (together) {
    auto known = KnownDocuments::open(model_, arguments_);
    if (!known.ok())
      return known.status();
    known_.emplace(std::move(*known));
  }
  auto session = model_.saved ? model_.savedSession() : newSession();
  if (!session.ok())
    return session.status();
  session_ = std::move(*session);
  auto start = model_.saved ? conversationStart(arguments_, *model_.saved) : conversationStart(arguments_);
  if (!start.ok())
    return start.status();
  start_ = std::move(*start);
  conversation_.emplace(model_.tokenizer, std::move(chatTemplate), start_.system, start_.now);
  empty_.emplace(*conversation_);
  if (together)
    logNote(describeSession(*session_));
  if (!start_.document)
    return {};
  LONGC_TRY(model_.saved ? resumeDocument() : readDocument());
  logNote(describeSession(*session_));
  return arguments_.has("save-memory") ? save() : Status();
}

Result<std::unique_ptr<Session>> Chat::newSession() const { return known_ ? known_->newSession(model_) : model_.newSession(); }

Status Chat::readDocument() {
  model_.warnOfLostBytes(*start_.document, "the document");
  auto tokens = conversation_->readDocument(*start_.document);
  if (!tokens.ok())
    return tokens.status();
  if (conversation_->documentWaits())
    logNote("the chat template puts the question before the document: it is read with each question");
  return read(*session_, *tokens, "reading the document");
}

Status Chat::resumeDocument() {
  const abi::SavedText &saved = model_.saved->about().text();
  auto resumed = conversation_->resumeDocument(*start_.document, saved.text(), saved.read());
  if (!resumed.ok())
    return resumed.status();
  return *resumed ? Status() : model_.saved->damaged("its text is not what the chat template writes of its document");
}

Status Chat::save() {
  if (conversation_->documentWaits())
    return Status::error(5408, "there is nothing to save: the chat template writes the question before the document",
                         "leave --save-memory out");
  LONGC_TRY(session_->save(arguments_.text("save-memory"), describeConversation(start_, *conversation_)));
  return interrupted() ? Status::error(cancelledCode, "cancelled") : Status();
}

Status Chat::read(Session &session, const std::vector<int32_t> &tokens, const char *title) const {
  return tokens.empty() ? Status() : readTokens(session, tokens, model_.mode, title);
}

// Reads what later questions need as well. The conversation's own session is left as it is until the question is answered.
Status Chat::keep(const Conversation::Reading &reading, std::unique_ptr<Session> &kept) const {
  if (reading.anew)
    logNote(conversation_->hasDocument() ? "the chat template puts this question before the document: reading all of it"
                                         : "the chat template changes what was said before: reading it again");
  auto session = reading.anew ? newSession() : session_->fork();
  if (!session.ok())
    return session.status();
  kept = std::move(*session);
  return read(*kept, reading.keep, "reading");
}

Status Chat::answer(const Session &base, const Conversation::Reading &reading, Reply &reply) {
  auto session = base.fork();
  if (!session.ok())
    return session.status();
  LONGC_TRY(read(**session, reading.rest, "reading"));
  LONGC_TRY(generateReply(**session, reply));
  reply.inWindow = (*session)->marks().localTokens();
  reply.inMemory = (*session)->marks().memoryTokens();
  reply.dropped = (*session)->droppedTokens();
  logNote(describeSession(**session));
  return {};
}

Status Chat::generateReply(Session &session, Reply &reply) {
  GenerateOptions options;
  options.maxTokens = maxTokens_;
  options.stopTokens = model_.tokenizer.stopIds();
  Status output;
  StreamDecoder decoder(model_.tokenizer);
  auto emit = [&](const std::string &piece) {
    reply.text += piece;
    if (output.ok() && !arguments_.flag("json"))
      output = printText(piece);
  };
  options.onToken = [&](int32_t token) {
    emit(decoder.push(token));
    return output.ok() && !interrupted();
  };
  auto generation = generate(session, sampler_, options);
  if (!generation.ok())
    return generation.status();
  emit(decoder.flush());
  if (output.ok() && !arguments_.flag("json"))
    output = printText("\n");
  reply.generation = std::move(*generation);
  if (reply.generation.finish == Finish::window)
    logWarning("stopped: the window is full and memory is off (--memory on, a larger --window, or --truncate)");
  return output;
}

Result<Reply> Chat::ask(const std::string &question) {
  model_.warnOfLostBytes(question, "the question");
  if (known_)
    conversation_.emplace(*empty_); // each question is one of its own about the documents
  auto reading = conversation_->ask(question);
  if (!reading.ok())
    return reading.status();
  Reply reply;
  std::unique_ptr<Session> kept;
  Status status;
  if (reading->anew || !reading->keep.empty())
    status = keep(*reading, kept);
  if (status.ok())
    status = answer(kept ? *kept : *session_, *reading, reply);
  if (status.code() == cancelledCode)
    reply.generation.finish = Finish::cancelled;
  else if (!status.ok())
    return status;
  if (reply.isCancelled() && reply.text.empty())
    return reply; // as if it had not been asked
  conversation_->answered(reply.text);
  if (kept && !conversation_->hasDocument() && !known_)
    session_ = std::move(kept);
  return reply;
}

std::string toJson(const std::string &question, const Reply &reply) {
  JsonWriter json;
  json.beginObject();
  json.key("question").text(question);
  json.key("text").text(reply.text);
  json.key("token_ids").integers(reply.generation.tokens);
  json.key("finish_reason").text(finishName(reply.generation.finish));
  json.key("tokens_in_window").integer(reply.inWindow);
  json.key("tokens_in_memory").integer(reply.inMemory);
  json.key("tokens_dropped").integer(reply.dropped);
  json.key("decode_seconds").number(reply.generation.seconds);
  return json.endObject().str() + "\n";
}

Result<Reply> askOnce(Chat &chat, const Arguments &arguments, const std::string &question) {
  auto reply = chat.ask(question);
  if (reply.ok() && arguments.flag("json"))
    LONGC_TRY(printText(toJson(question, *reply)));
  return reply;
}

bool isBlank(const std::string &text) { return text.find_first_not_of(" \t\r\n") == std::string::npos; }

// Questions line by line until the input ends, or until ^C when there is no answer to stop.
Status askLines(Chat &chat, const Arguments &arguments) {
  if (interrupted())
    return Status::error(cancelledCode, "interrupted"); // before there was a question
  TypedLines lines;
  for (std::string line;;) {
    auto event = lines.next(line);
    if (!event.ok())
      return event.status();
    if (*event == TypedLines::Event::end)
      return {};
    if (*event == TypedLines::Event::interrupted)
      return Status::error(cancelledCode, "interrupted");
    if (isBlank(line))
      continue;
    auto reply = askOnce(chat, arguments, line);
    if (!reply.ok())
      return reply.status();
    if (reply->isCancelled()) {
      stoppedWork();
      logNote("stopped; ^C once more leaves");
    }
  }
}

Status askPrompt(Chat &chat, const Arguments &arguments, const std::string &question) {
  auto reply = askOnce(chat, arguments, question);
  if (!reply.ok())
    return reply.status();
  if (reply->isCancelled())
    return Status::error(cancelledCode, formatText("cancelled after %zu tokens", reply->generation.tokens.size()));
  return {};
}

// The question of the command line; none when questions are typed. Options that contradict each other are refused.
Result<std::optional<std::string>> questionOf(const Arguments &arguments) {
  if (arguments.has("save-memory") && arguments.has("load-memory"))
    return Status::error(1005, "--save-memory and --load-memory exclude each other: nothing new would be saved",
                         "copy the file");
  if (arguments.has("save-memory") && !arguments.has("document"))
    return Status::error(1006, "there is nothing to save: --save-memory saves what was read of a --document", "name one");
  if (!arguments.isGiven("prompt") && !arguments.isGiven("prompt-file"))
    return std::optional<std::string>();
  if (arguments.isGiven("prompt") && isBlank(arguments.text("prompt")))
    return Status::error(1006, "the question is empty", "ask something with --prompt TEXT, or leave it out and type");
  const std::vector<std::string> documents = arguments.all("document");
  if (arePutTogether(documents))
    for (const char *other : {"load-memory", "save-memory"})
      if (arguments.has(other))
        return Status::error(1005, std::string("--") + other + " is of conversations about one text, and these documents stand beside it",
                             "leave it out: `read` keeps texts as documents");
  if (arguments.has("prompt-file") && arguments.text("prompt-file") == "-" && std::ranges::count(documents, "-") > 0)
    return Status::error(1005, "--document and --prompt-file both read standard input", "give one of them as a file");
  auto question = promptOf(arguments);
  if (!question.ok())
    return question.status();
  if (isBlank(*question))
    return Status::error(5403, "the question is empty", "ask something");
  return std::optional<std::string>(std::move(*question));
}

Status runChat(const Arguments &arguments) {
  if (arguments.has("document"))
    if (auto kind = openKind(); kind.ok() && compressingModule((*kind)->message()))
      return runSoftChat(arguments);
  auto question = questionOf(arguments);
  if (!question.ok())
    return question.status();
  auto sampler = samplerOf(arguments);
  if (!sampler.ok())
    return sampler.status();
  auto maxTokens = arguments.integer("tokens", 1, INT32_MAX);
  if (!maxTokens.ok())
    return maxTokens.status();
  if (arguments.has("save-memory"))
    LONGC_TRY(OutputFile::check(arguments.text("save-memory")));
  auto model = OpenedModel::open(arguments);
  if (!model.ok())
    return model.status();
  sampler = drawnAs(model->loaded.program->module(), arguments, *sampler);
  const std::string &source = model->loaded.program->module().tokenizer().chat_template();
  if (source.empty())
    return Status::error(5407, "this model has no chat template", "use `generate`");
  auto chatTemplate = ChatTemplate::parse(source);
  if (!chatTemplate.ok())
    return chatTemplate.status();
  std::string seed = formatText("; seed %llu", static_cast<unsigned long long>(sampler->seed));
  logNote(model->engine().device().describe() + (arguments.has("seed") ? "" : seed));
  Chat chat(*model, arguments, *sampler, *maxTokens);
  LONGC_TRY(chat.open(std::move(*chatTemplate)));
  LONGC_TRY(*question ? askPrompt(chat, arguments, **question) : askLines(chat, arguments));
  LONGC_TRY(model->loaded.report());
  return {};
}

} // namespace

const Command chatCommand = {
    "chat", "answers questions, about a document if one is given",
    modelOptions({"chunk", "document", "json", "load-memory", "min-p", "nearest", "prompt", "prompt-file", "repetition-penalty", "save-memory", "seed", "system", "temperature",
                  "tokens", "top-k", "top-p", "words"}),
    runChat,
    "\nWithout --prompt or --prompt-file each line of standard input is a question, until the input ends; empty lines are\n"
    "skipped. With --document each question is about the document alone; without, the conversation goes on. One text stands in\n"
    "the conversation; several texts, and documents that `read` made, are memory beside it, in any order. ^C while the\n"
    "document is read cancels; ^C in an answer stops the answer and keeps the memory and the conversation; a second ^C, or\n"
    "^C at an empty prompt, leaves with exit code 130. --json prints one JSON object for each question, one a line, with\n"
    "the question in it. --load-memory takes document and system message from the file; others beside it are refused.\n"};

} // namespace longc
