// `make-facts`: a text with facts planted in it, and a file of questions about them.
#include "runtime/core/Format.h"
#include "runtime/core/Json.h"
#include "runtime/core/Log.h"
#include "runtime/core/OutputFile.h"
#include "runtime/core/OutputFolder.h"
#include "runtime/tools/commands/Command.h"
#include "runtime/train/Facts.h"

namespace longc {
namespace {

std::string questionLine(const Fact &fact) {
  JsonWriter json;
  json.beginObject();
  json.key("question").text(fact.question);
  json.key("answer").text(fact.answer);
  json.key("evidence").text(fact.sentence);
  return json.endObject().str() + "\n";
}

Status runMakeFacts(const Arguments &arguments) {
  setQuiet(arguments.flag("quiet"));
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
                                  "plants facts in a text and writes questions about them",
                                  {"count", "json", "out", "quiet", "seed", "text"},
                                  runMakeFacts};

} // namespace longc
