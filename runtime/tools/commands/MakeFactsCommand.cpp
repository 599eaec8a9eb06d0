// `make-facts`: a text with facts planted in it, and a file of questions about them.
#include "runtime/core/Format.h"
#include "runtime/core/Json.h"
#include "runtime/core/Log.h"
#include "runtime/core/OutputFile.h"
#include "runtime/core/OutputFolder.h"
#include "runtime/tools/commands/MakeFactsCommand.h"
#include "runtime/train/Facts.h"

#include <algorithm>
#include <span>

namespace longc {

Result<FactRequest> FactRequest::of(const Arguments &arguments) {
  constexpr int64_t usualFacts = 16;
  auto documents = arguments.integer("documents", 1, INT32_MAX);
  auto facts = arguments.has("facts") ? arguments.integer("facts", 1, mostFactsOfDocument) : Result<int64_t>(usualFacts);
  if (!documents.ok() || !facts.ok())
    return documents.ok() ? facts.status() : documents.status();
  auto seed = seedOf(arguments);
  if (!seed.ok())
    return seed.status();
  auto fillers = arguments.integer("fillers", 0, 1000);
  if (!fillers.ok())
    return fillers.status();
  FactRequest request{*documents, *facts, *seed, {}, {}, static_cast<size_t>(*fillers), arguments.flag("alike") ? FactKind::alike : FactKind::mixed};
  if (!arguments.has("text"))
    return request;
  auto text = readTextFile(arguments.text("text"));
  if (!text.ok())
    return text.status();
  request.text = std::make_shared<const std::string>(std::move(*text));
  request.passages = passagesOf(*request.text);
  if (request.passages.empty())
    return Status::error(1003, "--text '" + arguments.text("text") + "' has no passage for facts to stand between", "give a text of some sentences");
  return request;
}

FactDocument FactRequest::make(int64_t number, People people) const { return makeFactDocument(seed, number, facts, people, {fillers, passages}, kind); }

namespace {

std::string questionLine(const Fact &fact) {
  JsonWriter json;
  json.beginObject();
  json.key("question").text(fact.question);
  json.key("answer").text(fact.answer);
  json.key("evidence").text(fact.sentence);
  return json.endObject().str() + "\n";
}

void writeQuestion(JsonWriter &json, const FactQuestion &question) {
  json.key("prompt").text(question.question);
  json.key("answer").text(question.answer);
}

// Lines {"context", "prompt", "answer"}, or {"context", "questions"} of several questions each.
std::string linesOf(const FactDocument &document, size_t turns, bool hasWords) {
  std::string lines;
  for (std::span<const FactQuestion> rest = document.questions; !rest.empty();) {
    const std::span<const FactQuestion> asked = rest.first(std::min(turns, rest.size()));
    rest = rest.subspan(asked.size());
    JsonWriter json;
    json.beginObject();
    json.key("context").text(document.text);
    if (hasWords)
      json.key("words").text(document.text);
    if (turns == 1) {
      writeQuestion(json, asked.front());
    } else {
      json.key("questions").beginArray();
      for (const FactQuestion &question : asked) {
        json.beginObject();
        writeQuestion(json, question);
        json.endObject();
      }
      json.endArray();
    }
    lines += json.endObject().str() + "\n";
  }
  return lines;
}

Status makeDocuments(const Arguments &arguments) {
  auto request = FactRequest::of(arguments);
  if (!request.ok())
    return request.status();
  auto turns = arguments.integer("turns", 1, INT32_MAX);
  if (!turns.ok())
    return turns.status();
  auto wordsEvery = arguments.integer("words", 0, INT32_MAX);
  if (!wordsEvery.ok())
    return wordsEvery.status();
  auto folder = OutputFolder::create(arguments.text("out"));
  if (!folder.ok())
    return folder.status();
  std::string lines;
  int64_t questions = 0;
  for (int64_t number = 0; number < request->documents; ++number) {
    const FactDocument document = request->make(number, People::learnt);
    lines += linesOf(document, static_cast<size_t>(*turns), *wordsEvery > 0 && number % *wordsEvery == 0);
    questions += static_cast<int64_t>(document.questions.size());
  }
  LONGC_TRY(OutputFile::write(folder->path() + "/facts.jsonl", lines));
  LONGC_TRY(folder->complete());
  if (!arguments.flag("json"))
    return printText(formatText("%s questions about %s documents, seed %llu: %s/facts.jsonl\n", formatCount(questions).c_str(),
                                formatCount(request->documents).c_str(), static_cast<unsigned long long>(request->seed), arguments.text("out").c_str()));
  JsonWriter json;
  json.beginObject();
  json.key("documents").integer(request->documents);
  json.key("questions").integer(questions);
  json.key("seed").integer(static_cast<int64_t>(request->seed));
  return printText(json.endObject().str() + "\n");
}

Status runMakeFacts(const Arguments &arguments) {
  setQuiet(arguments.flag("quiet"));
  if (arguments.isGiven("documents") && arguments.has("out"))
    return makeDocuments(arguments);
  if (!arguments.has("text") || !arguments.has("out"))
    return Status::error(1006, "expected --text FILE and --out FOLDER", "see --help");
  auto count = arguments.integer("count", 1, mostFacts);
  if (!count.ok())
    return count.status();
  auto seed = seedOf(arguments);
  if (!seed.ok())
    return seed.status();
  auto text = readTextFile(arguments.text("text"));
  if (!text.ok())
    return text.status();
  const std::vector<Fact> facts = makeFacts(*count, *seed);
  std::string questions;
  for (const Fact &fact : facts)
    questions += questionLine(fact);
  const std::string target = arguments.text("out"), planted = plantFacts(*text, facts, *seed);
  auto folder = OutputFolder::create(target);
  if (!folder.ok())
    return folder.status();
  LONGC_TRY(OutputFile::write(folder->path() + "/document.txt", planted));
  LONGC_TRY(OutputFile::write(folder->path() + "/questions.jsonl", questions));
  LONGC_TRY(folder->complete());
  if (arguments.flag("json")) {
    JsonWriter json;
    json.beginObject();
    json.key("facts").integer(*count);
    json.key("bytes").integer(static_cast<int64_t>(planted.size()));
    json.key("seed").integer(static_cast<int64_t>(*seed));
    return printText(json.endObject().str() + "\n");
  }
  return printText(formatText("%s facts in %s bytes, seed %llu: %s/document.txt, %s/questions.jsonl\n", formatCount(*count).c_str(),
                              formatCount(static_cast<int64_t>(planted.size())).c_str(), static_cast<unsigned long long>(*seed),
                              target.c_str(), target.c_str()));
}

} // namespace

const Command makeFactsCommand = {"make-facts",
                                  "plants facts in a text and writes questions about them; with --documents: writes texts of facts with questions to train on",
                                  {"alike", "count", "documents", "facts", "fillers", "json", "out", "quiet", "seed", "text", "turns", "words"},
                                  runMakeFacts};

} // namespace longc
