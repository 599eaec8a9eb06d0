// `eval facts`: questions about documents of invented facts, from soft tokens alone, from as much of the text as the window holds,
// and from the chunks that are nearest to the question.
#include "runtime/core/Format.h"
#include "runtime/core/Json.h"
#include "runtime/core/Log.h"
#include "runtime/core/OutputFile.h"
#include "runtime/tools/commands/MakeFactsCommand.h"
#include "runtime/tools/commands/SoftModel.h"

#include <algorithm>

namespace longc {
namespace {

constexpr int64_t usualWindow = 512, answerTokens = 16, questionsOfDocument = 4;
constexpr size_t nearestChunks = 3;

struct Score {
  int64_t right = 0, asked = 0;
  double share() const { return asked > 0 ? static_cast<double>(right) / static_cast<double>(asked) : 0; }
};

class FactsEvaluation {
public:
  /// `alone`: from soft tokens and no other way.
  FactsEvaluation(SoftModel &model, const ChunkSize &chunk, bool alone) : model_(model), chunk_(chunk), alone_(alone) {}

  Status judge(const FactDocument &fact) {
    auto document = model_.read("facts", fact.text, chunk_, nullptr, ProgressMode::none);
    if (!document.ok())
      return document.status();
    sourceTokens_ += document->sourceTokens();
    softTokens_ += document->chunks();
    for (size_t number = 0; number < std::min<size_t>(fact.questions.size(), questionsOfDocument); ++number) {
      const FactQuestion &question = fact.questions[number];
      line_.beginObject();
      line_.key("question").text(question.question);
      line_.key("answer").text(question.answer);
      const std::string instruction = SoftPrompt::answerInstruction(question.question);
      auto soft = model_.ask(document->chunks(), {}, instruction);
      if (!soft.ok())
        return soft.status();
      LONGC_TRY(ask(*soft, document->softTokens(), question.answer, "soft_tokens", compressed));
      if (!alone_)
        LONGC_TRY(askFromText(*document, question, instruction));
      replies_ += line_.endObject().str() + "\n";
      line_ = JsonWriter();
    }
    return {};
  }

  double compression() const { return static_cast<double>(sourceTokens_) / static_cast<double>(std::max<int64_t>(softTokens_, 1)); }

  /// One line a question: what was replied in each way.
  const std::string &replies() const { return replies_; }

  Score compressed, truncated, retrieved;

private:
  Status ask(std::span<const int32_t> ids, std::span<const float> soft, const std::string &answer, const char *way, Score &score) {
    auto reply = model_.answer(ids, soft, SamplerOptions{}, answerTokens, nullptr);
    if (!reply.ok())
      return reply.status();
    if (reply->run.generation.finish == Finish::cancelled || interrupted())
      return Status::error(cancelledCode, "cancelled");
    const bool right = answersRightly(reply->run.text, answer);
    ++score.asked;
    score.right += right;
    line_.key(way).beginObject();
    line_.key("reply").text(reply->run.text);
    line_.key("right").boolean(right).endObject();
    return {};
  }

  // From the beginning and from the nearest chunks.
  Status askFromText(const SoftDocument &document, const FactQuestion &question, const std::string &instruction) {
    LONGC_TRY(askWords(document.text(), instruction, question.answer, "truncated_icl", truncated));
    auto near = nearest(document, question.question);
    return near.ok() ? askWords(*near, instruction, question.answer, "retrieval", retrieved) : near.status();
  }

  // With the beginning of `text`, as much as the window holds beside prompt and answer.
  Status askWords(const std::string &text, const std::string &instruction, const std::string &answer, const char *way, Score &score) {
    auto around = model_.prompt.prompt(model_.model.tokenizer, {}, instruction);
    if (!around.ok())
      return around.status();
    std::vector<int32_t> words = model_.model.tokenizer.encode(text, /*parseSpecial=*/false);
    const int64_t room = model_.model.options.policy.window - static_cast<int64_t>(around->size()) - answerTokens;
    words.resize(std::min(words.size(), static_cast<size_t>(std::max<int64_t>(room, 0))));
    auto ids = model_.prompt.prompt(model_.model.tokenizer, words, instruction);
    return ids.ok() ? ask(*ids, {}, answer, way, score) : ids.status();
  }

  // The nearest chunks, in the order of the text.
  Result<std::string> nearest(const SoftDocument &document, const std::string &question) {
    auto places = model_.nearest({&document, 1}, question);
    if (!places.ok())
      return places.status();
    places->resize(std::min(places->size(), nearestChunks));
    std::ranges::sort(*places);
    std::string text;
    for (const ChunkPlace &place : *places)
      text += document.chunk(place.chunk);
    return text;
  }

  SoftModel &model_;
  ChunkSize chunk_;
  bool alone_;
  int64_t sourceTokens_ = 0, softTokens_ = 0;
  JsonWriter line_; // of the question at hand
  std::string replies_;
};

Status runEvalFacts(const Arguments &arguments) {
  auto request = FactRequest::of(arguments);
  if (!request.ok())
    return request.status();
  if (arguments.has("output"))
    LONGC_TRY(OutputFile::check(arguments.text("output")));
  auto model = SoftModel::open(arguments);
  if (!model.ok())
    return model.status();
  if (!arguments.has("window"))
    model->model.options.policy.window = std::min(usualWindow, model->model.options.policy.window);
  auto chunk = model->chunkSize(arguments);
  if (!chunk.ok())
    return chunk.status();
  const bool alone = arguments.flag("soft-only");
  FactsEvaluation evaluation(*model, *chunk, alone);
  Progress progress(model->model.mode, "asking", request->documents, "documents");
  for (int64_t number = 0; number < request->documents; ++number) {
    LONGC_TRY(evaluation.judge(request->make(number, People::judged)));
    progress.update(number + 1, formatText("%lld of %lld right", static_cast<long long>(evaluation.compressed.right),
                                           static_cast<long long>(evaluation.compressed.asked)));
  }
  progress.finish();
  if (arguments.has("output"))
    LONGC_TRY(OutputFile::write(arguments.text("output"), evaluation.replies()));
  LONGC_TRY(model->model.loaded.report());
  const int64_t window = model->model.options.policy.window;
  if (!arguments.flag("json")) {
    const std::string others = alone ? "" : formatText(", from the text's beginning %.1f %%, from the nearest chunks %.1f %%",
                                                       100 * evaluation.truncated.share(), 100 * evaluation.retrieved.share());
    return printText(formatText("%lld questions about %lld documents of %lld facts, seed %llu, %.0f tokens a soft token, window %lld\n"
                                "from soft tokens %.1f %%%s\n",
                                static_cast<long long>(evaluation.compressed.asked), static_cast<long long>(request->documents),
                                static_cast<long long>(request->facts), static_cast<unsigned long long>(request->seed), evaluation.compression(),
                                static_cast<long long>(window), 100 * evaluation.compressed.share(), others.c_str()));
  }
  JsonWriter json;
  json.beginObject();
  json.key("accuracy").number(evaluation.compressed.share());
  if (!alone) {
    json.key("truncated_icl").number(evaluation.truncated.share());
    json.key("retrieval").number(evaluation.retrieved.share());
  }
  json.key("compression").number(evaluation.compression());
  json.key("questions").integer(evaluation.compressed.asked);
  json.key("window").integer(window);
  return printText(json.endObject().str() + "\n");
}

} // namespace

const Command evalFactsCommand = {"eval facts", "asks about documents of invented facts (programs compiled with --method e2llm)",
                                  modelOptions({"alike", "chunk", "documents", "facts", "fillers", "json", "output", "seed", "soft-only", "text"}), runEvalFacts};

} // namespace longc
