// `eval facts`: questions about documents of invented facts, from soft tokens alone, from as much of the text as the window holds,
// and from the chunks that are nearest to the question.
#include "runtime/core/Format.h"
#include "runtime/core/Json.h"
#include "runtime/core/Log.h"
#include "runtime/e2llm/FactDocuments.h"
#include "runtime/tools/commands/MakeFactsCommand.h"
#include "runtime/tools/commands/SoftModel.h"

#include <algorithm>
#include <cmath>

namespace longc {
namespace {

constexpr int64_t usualWindow = 512, answerTokens = 16, questionsOfDocument = 4, nearestChunks = 3;

struct Score {
  int64_t right = 0, asked = 0;
  double share() const { return asked > 0 ? static_cast<double>(right) / static_cast<double>(asked) : 0; }
};

class FactsEvaluation {
public:
  explicit FactsEvaluation(SoftModel &model) : model_(model) {}

  Status judge(const FactDocument &fact) {
    auto document = model_.read("facts", fact.text, model_.compressor->settings().chunk_bytes(), nullptr, ProgressMode::none);
    if (!document.ok())
      return document.status();
    sourceTokens_ += document->sourceTokens();
    softTokens_ += document->chunks();
    for (size_t number = 0; number < std::min<size_t>(fact.questions.size(), questionsOfDocument); ++number) {
      const FactQuestion &question = fact.questions[number];
      const std::string instruction = SoftPrompt::answerInstruction(question.question);
      auto soft = model_.ask(document->chunks(), instruction);
      if (!soft.ok())
        return soft.status();
      LONGC_TRY(ask(*soft, document->softTokens(), question.answer, compressed));
      LONGC_TRY(askWords(document->text(), instruction, question.answer, truncated));
      auto near = nearest(*document, question.question);
      if (!near.ok())
        return near.status();
      LONGC_TRY(askWords(*near, instruction, question.answer, retrieved));
    }
    return {};
  }

  double compression() const { return static_cast<double>(sourceTokens_) / static_cast<double>(std::max<int64_t>(softTokens_, 1)); }

  Score compressed, truncated, retrieved;

private:
  Status ask(std::span<const int32_t> ids, std::span<const float> soft, const std::string &answer, Score &score) {
    auto reply = model_.answer(ids, soft, SamplerOptions{}, answerTokens, nullptr);
    if (!reply.ok())
      return reply.status();
    if (reply->run.generation.finish == Finish::cancelled || interrupted())
      return Status::error(cancelledCode, "cancelled");
    ++score.asked;
    score.right += answersRightly(reply->run.text, answer);
    return {};
  }

  // With the beginning of `text`, as much as the window holds beside prompt and answer.
  Status askWords(const std::string &text, const std::string &instruction, const std::string &answer, Score &score) {
    auto around = model_.prompt.prompt(model_.model.tokenizer, {}, instruction);
    if (!around.ok())
      return around.status();
    std::vector<int32_t> words = model_.model.tokenizer.encode(text, /*parseSpecial=*/false);
    const int64_t room = model_.model.options.policy.window - static_cast<int64_t>(around->size()) - answerTokens;
    words.resize(std::min(words.size(), static_cast<size_t>(std::max<int64_t>(room, 0))));
    auto ids = model_.prompt.prompt(model_.model.tokenizer, words, instruction);
    return ids.ok() ? ask(*ids, {}, answer, score) : ids.status();
  }

  // The chunks whose pools are the nearest to the question's, in the order of the text.
  Result<std::string> nearest(const SoftDocument &document, const std::string &question) {
    const std::string_view one[] = {question};
    auto asked = model_.compressor->compress(one);
    if (!asked.ok())
      return asked.status();
    const size_t width = asked->pools.size();
    std::vector<std::pair<double, size_t>> order;
    for (size_t chunk = 0; chunk < static_cast<size_t>(document.chunks()); ++chunk) {
      double dot = 0, squares = 1e-30;
      for (size_t column = 0; column < width; ++column) {
        const double value = document.pools()[chunk * width + column];
        dot += value * asked->pools[column];
        squares += value * value;
      }
      order.emplace_back(-dot / std::sqrt(squares), chunk);
    }
    std::ranges::sort(order);
    order.resize(std::min(order.size(), static_cast<size_t>(nearestChunks)));
    std::ranges::sort(order, {}, &std::pair<double, size_t>::second);
    std::string text;
    for (auto [distance, chunk] : order)
      text += document.chunk(chunk);
    return text;
  }

  SoftModel &model_;
  int64_t sourceTokens_ = 0, softTokens_ = 0;
};

Status runEvalFacts(const Arguments &arguments) {
  auto documents = arguments.integer("documents", 1, INT32_MAX), facts = factsOf(arguments);
  if (!documents.ok() || !facts.ok())
    return documents.ok() ? facts.status() : documents.status();
  auto seed = seedOf(arguments);
  if (!seed.ok())
    return seed.status();
  auto model = SoftModel::open(arguments);
  if (!model.ok())
    return model.status();
  if (!arguments.has("window"))
    model->model.options.policy.window = std::min(usualWindow, model->model.options.policy.window);
  FactsEvaluation evaluation(*model);
  Progress progress(model->model.mode, "asking", *documents, "documents");
  for (int64_t number = 0; number < *documents; ++number) {
    LONGC_TRY(evaluation.judge(makeFactDocument(*seed, number, *facts, People::judged)));
    progress.update(number + 1, formatText("%lld of %lld right", static_cast<long long>(evaluation.compressed.right),
                                           static_cast<long long>(evaluation.compressed.asked)));
  }
  progress.finish();
  const int64_t window = model->model.options.policy.window;
  if (!arguments.flag("json"))
    return printText(formatText("%lld questions about %lld documents of %lld facts, seed %llu, %.0f tokens a soft token, window %lld\n"
                                "from soft tokens %.1f %%, from the text's beginning %.1f %%, from the nearest chunks %.1f %%\n",
                                static_cast<long long>(evaluation.compressed.asked), static_cast<long long>(*documents),
                                static_cast<long long>(*facts), static_cast<unsigned long long>(*seed), evaluation.compression(),
                                static_cast<long long>(window), 100 * evaluation.compressed.share(), 100 * evaluation.truncated.share(),
                                100 * evaluation.retrieved.share()));
  JsonWriter json;
  json.beginObject();
  json.key("accuracy").number(evaluation.compressed.share());
  json.key("truncated_icl").number(evaluation.truncated.share());
  json.key("retrieval").number(evaluation.retrieved.share());
  json.key("compression").number(evaluation.compression());
  json.key("questions").integer(evaluation.compressed.asked);
  json.key("window").integer(window);
  return printText(json.endObject().str() + "\n");
}

} // namespace

const Command evalFactsCommand = {"eval facts", "asks about documents of invented facts (programs compiled with --method e2llm)",
                                  modelOptions({"documents", "facts", "json", "seed"}), runEvalFacts};

} // namespace longc
