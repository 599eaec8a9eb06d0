// Opens a program and encodes what the user gave.
#include "runtime/tools/commands/OpenedModel.h"

#include "runtime/core/Format.h"
#include "runtime/core/Log.h"

#include <chrono>

namespace longc {

Result<OpenedModel> OpenedModel::open(const Arguments &arguments, const LoadOptions &wanted) {
  auto start = std::chrono::steady_clock::now();
  auto mode = progressOf(arguments);
  if (!mode.ok())
    return mode.status();
  std::optional<MemoryFile> saved;
  std::optional<SessionOptions> savedOptions;
  if (arguments.has("load-memory")) {
    auto file = MemoryFile::open(arguments.text("load-memory"));
    if (!file.ok())
      return file.status();
    auto options = Session::savedOptions(*file);
    if (!options.ok())
      return options.status();
    saved.emplace(std::move(*file));
    savedOptions = *options;
  }
  auto loaded = LoadedProgram::load(arguments, wanted);
  if (!loaded.ok())
    return loaded.status();
  auto options = loaded->sessionOptions(arguments, savedOptions ? &*savedOptions : nullptr);
  if (!options.ok())
    return options.status();
  auto tokenizer = loaded->tokenizer();
  if (!tokenizer.ok())
    return tokenizer.status();
  loaded->loadSeconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return OpenedModel{std::move(*loaded), std::move(*tokenizer), *options, *mode, std::move(saved)};
}

void OpenedModel::warnOfLostBytes(std::string_view text, std::string_view what) const {
  if (size_t lost = tokenizer.unencodableBytes(text); lost > 0)
    logWarning(formatText("%s byte%s of %s ha%s no token in this model's vocabulary and %s left out",
                          formatCount(static_cast<long long>(lost)).c_str(), lost == 1 ? "" : "s",
                          std::string(what).c_str(), lost == 1 ? "s" : "ve", lost == 1 ? "is" : "are"));
}

std::vector<int32_t> OpenedModel::encode(std::string_view text, bool parseSpecial, std::string_view what) const {
  warnOfLostBytes(text, what);
  return tokenizer.encode(text, parseSpecial);
}

Result<std::vector<int32_t>> OpenedModel::encodeFile(const std::string &path) const {
  auto text = readTextFile(path);
  if (!text.ok())
    return text.status();
  return encode(*text, false, "'" + path + "'");
}

Result<std::vector<int32_t>> OpenedModel::fillerText(const Arguments &arguments) const {
  return arguments.has("text") ? encodeFile(arguments.text("text")) : std::vector<int32_t>();
}

} // namespace longc
