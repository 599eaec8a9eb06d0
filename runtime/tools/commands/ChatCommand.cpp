// `chat`: talks in the model's own template; a document is read once, and each question asks a fork of it.
#include "runtime/core/Format.h"
#include "runtime/core/Json.h"
#include "runtime/core/Log.h"
#include "runtime/serve/Generate.h"
#include "runtime/text/ChatTemplate.h"
#include "runtime/tools/commands/OpenedModel.h"

#include <cstdio>
#include <unistd.h>

namespace longc {
namespace {

struct Reply {
  std::string text;
  Generation generation;
};

/// One conversation, or many questions about one document.
class Chat {
public:
  Chat(const OpenedModel &model, const Arguments &arguments, ChatTemplate chatTemplate, SamplerOptions sampler,
       int64_t maxTokens)
      : model_(model), arguments_(arguments), template_(std::move(chatTemplate)), sampler_(sampler),
        maxTokens_(maxTokens) {
    if (arguments_.has("system"))
      messages_.push_back({"system", arguments_.text("system")});
  }

  /// Reads the document, or maps the memory it was saved to.
  Status open();
  /// Answers one question, streaming unless --json.
  Result<Reply> ask(const std::string &question);
  const Session *session() const { return session_.get(); }

private:
  // Stands for the question while the template is rendered around the document.
  static constexpr const char *questionMark = "\x01question\x01";

  Result<std::string> render(bool prompt) const;
  Status readDocument();
  Result<std::string> aroundDocument(const std::string &document);
  Status begin();
  Result<Reply> answer(Session &session, const std::string &text);
  Result<Reply> askDocument(const std::string &question);
  Result<Reply> askConversation(const std::string &question);

  const OpenedModel &model_;
  const Arguments &arguments_;
  ChatTemplate template_;
  Sampler sampler_;
  int64_t maxTokens_;
  std::vector<ChatMessage> messages_;
  std::unique_ptr<Session> session_; // of the document or of the conversation
  std::string seen_;                 // what the conversation's session has read, as text
  std::vector<int32_t> pending_;     // generated, but not run through the model yet
  std::string afterQuestion_;        // the template's text behind a question about the document
  bool hasDocument_ = false;
};

Result<std::string> Chat::render(bool prompt) const {
  const Tokenizer &tokenizer = model_.tokenizer;
  auto special = [&](int32_t id) { return tokenizer.contains(id) ? std::string(tokenizer.bytes(id)) : std::string(); };
  return template_.render(messages_, prompt,
                          {{"bos_token", special(tokenizer.bosId())}, {"eos_token", special(tokenizer.eosId())}});
}

Status Chat::open() {
  if (arguments_.has("document"))
    return readDocument();
  if (arguments_.has("load-memory"))
    return Status::error(1006, "--load-memory needs the --document that the memory was made of", "name it");
  return begin();
}

// A session that has read nothing.
Status Chat::begin() {
  auto session = model_.newSession();
  if (!session.ok())
    return session.status();
  session_ = std::move(*session);
  return {};
}

// The text before the question; what follows it is kept.
Result<std::string> Chat::aroundDocument(const std::string &document) {
  messages_.push_back({"user", document + "\n\n" + questionMark});
  auto text = render(true);
  messages_.pop_back();
  if (!text.ok())
    return text.status();
  size_t place = text->rfind(questionMark);
  if (place == std::string::npos)
    return Status::error(5406, "the chat template changes the text of messages", "ask without --document");
  afterQuestion_ = text->substr(place + std::char_traits<char>::length(questionMark));
  return text->substr(0, place);
}

Status Chat::readDocument() {
  auto document = readTextFile(arguments_.text("document"));
  if (!document.ok())
    return document.status();
  auto before = aroundDocument(*document);
  if (!before.ok())
    return before.status();
  hasDocument_ = true;
  if (arguments_.has("load-memory")) {
    auto session = Session::load(model_.engine(), model_.options, arguments_.text("load-memory"));
    if (!session.ok())
      return session.status();
    session_ = std::move(*session);
  } else {
    LONGC_TRY(begin());
    std::vector<int32_t> tokens = model_.encode(*before, true, "the document");
    model_.tokenizer.beginText(tokens);
    LONGC_TRY(readTokens(*session_, tokens, model_.mode, "reading the document"));
  }
  logNote(describeSession(*session_));
  return arguments_.has("save-memory") ? session_->save(arguments_.text("save-memory")) : Status();
}

Result<Reply> Chat::answer(Session &session, const std::string &text) {
  std::vector<int32_t> tokens = pending_;
  pending_.clear();
  for (int32_t token : model_.encode(text, true, "the question"))
    tokens.push_back(token);
  if (session.marks().end() == 0)
    model_.tokenizer.beginText(tokens);
  if (tokens.empty())
    return Status::error(5403, "the question is empty", "ask something");
  LONGC_TRY(readTokens(session, tokens, model_.mode, "reading"));
  GenerateOptions options;
  options.maxTokens = maxTokens_;
  options.stopTokens = model_.tokenizer.stopIds();
  Reply reply;
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
  LONGC_TRY(output);
  reply.generation = std::move(*generation);
  if (reply.generation.finish == Finish::cancelled)
    return Status::error(cancelledCode, "cancelled");
  return reply;
}

Result<Reply> Chat::askDocument(const std::string &question) {
  auto fork = session_->fork();
  if (!fork.ok())
    return fork.status();
  auto reply = answer(**fork, question + afterQuestion_);
  if (reply.ok())
    logNote(describeSession(**fork));
  return reply;
}

// The rendering of the whole conversation begins with what was read before; only the rest is new.
Result<Reply> Chat::askConversation(const std::string &question) {
  messages_.push_back({"user", question});
  auto text = render(true);
  if (!text.ok())
    return text.status();
  if (text->compare(0, seen_.size(), seen_) != 0) {
    LONGC_TRY(begin());
    seen_.clear();
    pending_.clear();
  }
  auto reply = answer(*session_, text->substr(seen_.size()));
  if (!reply.ok())
    return reply;
  // The last token was chosen but not read; an end-of-text token comes again with the template.
  if (reply->generation.finish != Finish::stop && !reply->generation.tokens.empty())
    pending_ = {reply->generation.tokens.back()};
  messages_.push_back({"assistant", reply->text});
  seen_ = *text + reply->text;
  return reply;
}

Result<Reply> Chat::ask(const std::string &question) {
  return hasDocument_ ? askDocument(question) : askConversation(question);
}

std::string toJson(const std::string &question, const Reply &reply, const Session &session) {
  JsonWriter json;
  json.beginObject();
  json.key("question").text(question);
  json.key("text").text(reply.text);
  json.key("token_ids").integers(reply.generation.tokens);
  json.key("finish_reason").text(finishName(reply.generation.finish));
  json.key("tokens_in_memory").integer(session.marks().memoryTokens());
  json.key("decode_seconds").number(reply.generation.seconds);
  return json.endObject().str() + "\n";
}

Status askOnce(Chat &chat, const Arguments &arguments, const std::string &question) {
  auto reply = chat.ask(question);
  if (!reply.ok())
    return reply.status();
  return arguments.flag("json") ? printText(toJson(question, *reply, *chat.session())) : Status();
}

// Questions line by line until the input ends.
Status askLines(Chat &chat, const Arguments &arguments) {
  bool terminal = isatty(STDIN_FILENO) != 0;
  std::string line;
  for (;;) {
    if (terminal)
      std::fputs("> ", stderr);
    line.clear();
    int letter;
    while ((letter = std::getchar()) != EOF && letter != '\n')
      line += static_cast<char>(letter);
    if (letter == EOF && line.empty())
      return {};
    if (!line.empty())
      LONGC_TRY(askOnce(chat, arguments, line));
  }
}

Status runChat(const Arguments &arguments) {
  auto sampler = samplerOf(arguments);
  if (!sampler.ok())
    return sampler.status();
  auto maxTokens = arguments.integer("tokens", 1, INT32_MAX);
  if (!maxTokens.ok())
    return maxTokens.status();
  auto model = OpenedModel::open(arguments);
  if (!model.ok())
    return model.status();
  const std::string &source = model->loaded.program->module().tokenizer().chat_template();
  if (source.empty())
    return Status::error(5407, "this model has no chat template", "use `generate`");
  auto chatTemplate = ChatTemplate::parse(source);
  if (!chatTemplate.ok())
    return chatTemplate.status();
  std::string seed = formatText("; seed %llu", static_cast<unsigned long long>(sampler->seed));
  logNote(model->engine().device().describe() + (arguments.has("seed") ? "" : seed));
  Chat chat(*model, arguments, std::move(*chatTemplate), *sampler, *maxTokens);
  LONGC_TRY(chat.open());
  bool oneShot = arguments.has("prompt") || arguments.has("prompt-file");
  if (oneShot) {
    auto prompt = promptOf(arguments);
    if (!prompt.ok())
      return prompt.status();
    LONGC_TRY(askOnce(chat, arguments, *prompt));
  } else {
    LONGC_TRY(askLines(chat, arguments));
  }
  model->loaded.report();
  return {};
}

} // namespace

const Command chatCommand = {"chat", "answers questions, about a document if one is given",
                             modelOptions({"document", "json", "load-memory", "prompt", "prompt-file", "save-memory",
                                           "seed", "system", "temperature", "tokens", "top-k", "top-p"}),
                             runChat};

} // namespace longc
