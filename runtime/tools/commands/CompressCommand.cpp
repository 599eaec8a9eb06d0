// `compress`: a text to a document of soft tokens (programs of an encoder and a decoder).
#include "runtime/core/Format.h"
#include "runtime/core/Json.h"
#include "runtime/core/Log.h"
#include "runtime/core/OutputFile.h"
#include "runtime/tools/commands/CompressCommand.h"
#include "runtime/tools/commands/SoftModel.h"

#include <chrono>
#include <filesystem>

namespace longc {

Status runCompress(const Arguments &arguments) {
  for (const char *needed : {"file", "output"})
    if (!arguments.has(needed))
      return Status::error(1006, std::string("there is no ") + (needed[0] == 'f' ? "text to read" : "document to write"),
                           "use `read FILE -o DOCUMENT`");
  if (arguments.isGiven("length"))
    return Status::error(1005, "--length is for texts that are read into memory, and this program compresses them", "leave it out");
  const std::string &path = arguments.text("file"), &output = arguments.text("output");
  LONGC_TRY(OutputFile::check(output));
  auto model = SoftModel::open(arguments);
  if (!model.ok())
    return model.status();
  auto chunk = model->chunkSize(arguments);
  if (!chunk.ok())
    return chunk.status();
  auto text = readTextFile(path);
  if (!text.ok())
    return text.status();
  // What is there of an earlier reading of a text that has grown.
  std::optional<SoftDocument> old;
  if (std::filesystem::exists(output) && Document::isDocument(output))
    if (auto known = SoftDocument::open(output, model->traits(), model->compressor->width()); known.ok())
      old = std::move(*known);
  const auto start = std::chrono::steady_clock::now();
  auto document = model->read(std::filesystem::path(path).filename().string(), std::move(*text), *chunk, old ? &*old : nullptr, model->model.mode);
  if (!document.ok())
    return document.status();
  const double milliseconds = 1000 * std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  LONGC_TRY(document->save(output, model->traits()));
  const int64_t tokens = document->sourceTokens(), chunks = document->chunks();
  logNote(formatText("%s tokens in %s chunks (%.0f : 1), %s of them known, in %.0f ms", formatCount(tokens).c_str(), formatCount(chunks).c_str(),
                     static_cast<double>(tokens) / static_cast<double>(chunks), formatCount(document->reused()).c_str(), milliseconds));
  LONGC_TRY(model->model.loaded.report());
  if (!arguments.flag("json"))
    return {};
  JsonWriter json;
  json.beginObject();
  json.key("chunks").integer(chunks);
  json.key("soft_tokens").integer(chunks);
  json.key("source_tokens").integer(tokens);
  json.key("milliseconds").number(milliseconds);
  json.key("chunks_known").integer(document->reused());
  return printText(json.endObject().str() + "\n");
}

const Command compressCommand = {"compress", "compresses a text into soft tokens, kept as a document (programs compiled with --method e2llm)",
                                 modelOptions({"chunk", "file", "json", "output"}), runCompress,
                                 "\nA document that is there already and begins with the same text keeps the chunks that have not changed.\n", "file"};

} // namespace longc
