// `ask`: a question about compressed documents, and `chat --document` of programs of an encoder and a decoder.
#include "runtime/tools/commands/AskCommand.h"

#include "runtime/core/Format.h"
#include "runtime/core/Json.h"
#include "runtime/core/Log.h"
#include "runtime/tools/commands/SoftModel.h"
#include "runtime/tools/commands/TypedLines.h"

namespace longc {
namespace {

// Documents one behind the other as soft tokens, and what is asked about them, each question for itself.
class AskedDocuments {
public:
  static Result<AskedDocuments> open(const Arguments &arguments) {
    if (!arguments.has("document"))
      return Status::error(1006, "there is no document to ask about", "give --document FILE: a text, or what `read` made of one");
    auto sampler = samplerOf(arguments);
    if (!sampler.ok())
      return sampler.status();
    auto most = arguments.integer("tokens", 0, INT32_MAX);
    if (!most.ok())
      return most.status();
    auto model = SoftModel::open(arguments);
    if (!model.ok())
      return model.status();
    AskedDocuments documents(std::move(*model), *sampler, *most, arguments.flag("json"));
    auto chunkBytes = documents.model_.chunkBytes(arguments);
    if (!chunkBytes.ok())
      return chunkBytes.status();
    int64_t tokens = 0;
    for (const std::string &path : arguments.all("document")) {
      auto document = documents.model_.openDocument(path, *chunkBytes);
      if (!document.ok())
        return document.status();
      documents.soft_.insert(documents.soft_.end(), document->softTokens().begin(), document->softTokens().end());
      documents.chunks_ += document->chunks();
      tokens += document->sourceTokens();
    }
    logNote(formatText("%s; %s tokens as %s soft tokens", documents.model_.model.engine().device().describe().c_str(),
                       formatCount(tokens).c_str(), formatCount(documents.chunks_).c_str()));
    return documents;
  }

  // Streams the answer, or prints an object, in a chat with the question in it.
  Status ask(const std::string &question, bool inChat) {
    auto ids = model_.ask(chunks_, SoftPrompt::answerInstruction(question));
    if (!ids.ok())
      return ids.status();
    auto answer = model_.answer(*ids, soft_, sampler_, most_, json_ ? nullptr : std::function<Status(const std::string &)>(printText));
    if (!answer.ok())
      return answer.status();
    JsonWriter asked;
    const std::string object = json_ ? toJson(answer->run, *answer->session) : "";
    LONGC_TRY(printText(!json_     ? "\n"
                        : inChat ? asked.beginObject().key("question").text(question).str() + "," + object.substr(1)
                                 : object));
    if (answer->run.generation.finish == Finish::cancelled)
      return Status::error(cancelledCode, formatText("cancelled after %zu tokens", answer->run.generation.tokens.size()));
    return {};
  }

  void report() const { model_.model.loaded.report(); }

private:
  AskedDocuments(SoftModel model, const SamplerOptions &sampler, int64_t most, bool json)
      : model_(std::move(model)), sampler_(sampler), most_(most), json_(json) {}

  SoftModel model_;
  SamplerOptions sampler_;
  int64_t most_;
  bool json_;
  std::vector<float> soft_;
  int64_t chunks_ = 0;
};

Status runAsk(const Arguments &arguments) {
  auto question = promptOf(arguments);
  if (!question.ok() && arguments.has("document"))
    return question.status();
  auto documents = AskedDocuments::open(arguments);
  if (!documents.ok())
    return documents.status();
  LONGC_TRY(documents->ask(*question, /*inChat=*/false));
  documents->report();
  return {};
}

} // namespace

Status runSoftChat(const Arguments &arguments) {
  auto documents = AskedDocuments::open(arguments);
  if (!documents.ok())
    return documents.status();
  if (arguments.has("prompt") || arguments.has("prompt-file")) {
    auto question = promptOf(arguments);
    return question.ok() ? documents->ask(*question, /*inChat=*/true) : question.status();
  }
  TypedLines lines;
  for (std::string question;;) {
    auto event = lines.next(question);
    if (!event.ok())
      return event.status();
    if (*event == TypedLines::Event::end)
      break;
    if (*event == TypedLines::Event::interrupted)
      return Status::error(cancelledCode, "cancelled");
    if (question.find_first_not_of(" \t") != std::string::npos)
      LONGC_TRY(documents->ask(question, /*inChat=*/true));
  }
  documents->report();
  return {};
}

const Command askCommand = {"ask", "answers a question about documents from soft tokens (programs compiled with --method e2llm)",
                            modelOptions({"chunk", "document", "json", "prompt", "prompt-file", "seed", "temperature", "tokens", "top-k", "top-p"}),
                            runAsk};

} // namespace longc
