// `read`: reads a text once, into a document that chat and generate take instead of the text.
#include "runtime/core/Format.h"
#include "runtime/core/Json.h"
#include "runtime/core/Log.h"
#include "runtime/core/OutputFile.h"
#include "runtime/core/Sha256.h"
#include "runtime/e2llm/Compressor.h"
#include "runtime/tools/commands/CompressCommand.h"
#include "runtime/tools/commands/Documents.h"
#include "runtime/tools/commands/LiftTask.h"
#include "runtime/tools/commands/TrainingData.h"

#include <algorithm>
#include <chrono>

namespace longc {
namespace {

std::string toJson(const MemoryDocument &document, const std::string &path, const OpenedModel &model, double seconds) {
  JsonWriter json;
  json.beginObject();
  json.key("document").text(path);
  json.key("name").text(document.name());
  json.key("content").text(sha256Text(document.text()));
  json.key("tokens").integer(static_cast<int64_t>(document.tokens().size()));
  json.key("text_bytes").integer(static_cast<int64_t>(document.text().size()));
  json.key("window").integer(model.options.policy.window);
  json.key("ingest").text(ingestName(model.options.ingest));
  json.key("overlap").integer(model.options.overlap);
  json.key("seconds").number(seconds);
  json.key("tokens_per_second").number(static_cast<double>(document.tokens().size()) / seconds);
  return json.endObject().str() + "\n";
}

// Leaves the first tokens, and of the text what they are of.
Status shorten(DocumentText &text, const Arguments &arguments) {
  auto length = arguments.integer("length", 1, INT32_MAX);
  if (!length.ok())
    return length.status();
  const auto count = static_cast<size_t>(*length);
  if (count > text.tokens.size())
    return Status::error(5403, formatText("'%s' has %s tokens, and --length asks for %s", text.name.c_str(),
                                          formatCount(static_cast<long long>(text.tokens.size())).c_str(), formatCount(*length).c_str()),
                         "leave --length out to read all of it");
  text.tokens.resize(count);
  text.offsets.resize(count + 1);
  text.text.resize(text.offsets.back());
  return {};
}

Status runRead(const Arguments &arguments) {
  for (const char *needed : {"file", "output"})
    if (!arguments.has(needed))
      return Status::error(1006, std::string("there is no ") + (needed[0] == 'f' ? "text to read" : "document to write"),
                           "use `read FILE -o DOCUMENT`");
  if (arguments.text("as") == "lift")
    return liftFitCommand.run(arguments);
  if (arguments.text("as") != "fot")
    return unknownWord(arguments, "as", "fot or lift");
  if (const std::string &file = arguments.text("file"); MemoryFile::looksLike(file))
    return Status::error(7120, quoted(file) + " is a document or a saved memory, expected a text",
                         "give it to chat or generate, by --document or --load-memory");
  LONGC_TRY(OutputFile::check(arguments.text("output")));
  if (auto kind = openKind(); kind.ok() && compressingModule((*kind)->message()))
    return runCompress(arguments);
  auto model = OpenedModel::open(arguments);
  if (!model.ok())
    return model.status();
  auto text = documentText(*model, arguments.text("file"));
  if (!text.ok())
    return text.status();
  if (arguments.isGiven("length"))
    LONGC_TRY(shorten(*text, arguments));
  auto store = Session::createStore(model->engine(), model->options, 1);
  if (!store.ok())
    return store.status();
  logNote(model->engine().device().describe());
  auto start = std::chrono::steady_clock::now();
  auto document = KnownDocuments::read(*model, model->options, *store, std::move(*text));
  if (!document.ok())
    return document.status();
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const std::string &output = arguments.text("output");
  LONGC_TRY((*document)->save(output));
  LONGC_TRY(model->loaded.report());
  logNote(formatText("%s tokens in %.2f s (%.0f tokens/s, ingest %s, windows of %s%s)",
                     formatCount(static_cast<long long>((*document)->tokens().size())).c_str(), seconds,
                     static_cast<double>((*document)->tokens().size()) / seconds, ingestName(model->options.ingest),
                     formatCount(model->options.policy.window).c_str(),
                     model->options.overlap > 0 ? formatText(" that see %s before them", formatCount(model->options.overlap).c_str()).c_str() : ""));
  return arguments.flag("json") ? printText(toJson(**document, output, *model, seconds)) : Status();
}

// Its own, and those of `lift fit`.
std::vector<std::string_view> readOptions() {
  std::vector<std::string_view> names = modelOptions({"as", "chunk", "file", "json", "length", "output"});
  for (std::string_view name : liftOptions({"resume", "save-every"}))
    if (std::ranges::find(names, name) == names.end())
      names.push_back(name);
  return names;
}

} // namespace

const Command readCommand = {"read", "reads a text into memory once, and keeps it as a document for --document",
                             readOptions(), runRead,
                             "\nA document holds the text, its tokens and what the memory layers make of them. It is of use with the model, adapter,\n"
                             "window, --ingest and --overlap that it was read with, whatever is asked of it. --length N reads the first N tokens alone.\n"
                             "Programs of an encoder and a decoder compress instead (`compress`). `read --as lift` is `lift fit`.\n",
                             "file"};

} // namespace longc
