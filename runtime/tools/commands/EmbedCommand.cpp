// `embed`: one vector a line of a file, {"text": ...} or {"token_ids": [...]}, in the order of the lines.
#include "runtime/core/Format.h"
#include "runtime/core/Json.h"
#include "runtime/core/JsonReader.h"
#include "runtime/core/Log.h"
#include "runtime/serve/EmbeddingQueue.h"
#include "runtime/serve/ProgramTokenizer.h"
#include "runtime/tools/commands/Command.h"
#include "runtime/tools/commands/LoadedEncoder.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace longc {
namespace {

// Lines of a file, or of standard input for "-", one at a time.
class LineReader {
public:
  static Result<LineReader> open(const std::string &path) {
    std::FILE *file = path == "-" ? stdin : std::fopen(path.c_str(), "rb");
    if (!file)
      return Status::error(5401, "cannot read '" + path + "': " + std::strerror(errno), "check the path and its permissions");
    return LineReader(file, path);
  }
  LineReader(LineReader &&other) noexcept : file_(std::exchange(other.file_, nullptr)), path_(std::move(other.path_)) {}
  LineReader(const LineReader &) = delete;
  LineReader &operator=(const LineReader &) = delete;
  ~LineReader() {
    std::free(buffer_);
    if (file_ && file_ != stdin)
      std::fclose(file_);
  }

  // False at the end.
  Result<bool> next(std::string_view &line) {
    errno = 0;
    const ssize_t length = getline(&buffer_, &capacity_, file_);
    if (length < 0 && errno != 0)
      return Status::error(5401, "cannot read '" + path_ + "': " + std::strerror(errno), "is it a regular file?");
    if (length < 0)
      return false;
    ++number_;
    line = std::string_view(buffer_, static_cast<size_t>(length));
    while (!line.empty() && (line.back() == '\n' || line.back() == '\r'))
      line.remove_suffix(1);
    return true;
  }

  std::string place() const { return formatText("line %lld of '%s'", static_cast<long long>(number_), path_.c_str()); }

private:
  LineReader(std::FILE *file, std::string path) : file_(file), path_(std::move(path)) {}

  std::FILE *file_;
  std::string path_;
  char *buffer_ = nullptr;
  size_t capacity_ = 0;
  int64_t number_ = 0;
};

Status readPooling(const Arguments &arguments, EmbeddingOptions &options) {
  if (arguments.has("pooling")) {
    const std::string &name = arguments.text("pooling");
    if (name != "mean" && name != "cls" && name != "last")
      return Status::error(1003, "--pooling '" + name + "': expected mean, cls or last", "see --help");
    options.pooling = name == "mean" ? abi::Encoder::MEAN : name == "cls" ? abi::Encoder::CLS : abi::Encoder::LAST;
  }
  if (arguments.has("normalize")) {
    auto normalize = arguments.onOff("normalize");
    if (!normalize.ok())
      return normalize.status();
    options.normalize = *normalize;
  }
  const std::string &rule = arguments.text("long");
  if (rule != "error" && rule != "split")
    return Status::error(1003, "--long '" + rule + "': expected error or split", "see --help");
  options.split = rule == "split";
  return {};
}

struct Line {
  std::vector<int32_t> tokens;
  bool whole; // nothing is to be put around them
};

Result<Line> readLine(std::string_view text, const std::string &place, const Tokenizer &tokenizer) {
  auto json = JsonValue::read(text);
  if (!json.ok())
    return Status::error(5410, place + ": " + json.status().message(), "expected {\"text\": ...}");
  const JsonValue *written = json->given("text"), *ids = json->given("token_ids");
  if (written && written->text() && !ids)
    return Line{tokenizer.encode(*written->text(), /*parseSpecial=*/true), false};
  Line line{{}, true};
  bool known = !written && ids && ids->array();
  for (size_t index = 0; known && index < ids->array()->size(); ++index) {
    const int64_t *id = (*ids->array())[index].integer();
    known = id && *id >= 0 && *id <= INT32_MAX;
    line.tokens.push_back(known ? static_cast<int32_t>(*id) : 0);
  }
  if (!known)
    return Status::error(5410, place + " says no text", "expected {\"text\": ...} or {\"token_ids\": [...]}");
  return line;
}

std::string written(std::span<const float> embedding, bool json) {
  JsonWriter numbers;
  if (json)
    return numbers.beginObject().key("embedding").floats(embedding).endObject().str() + "\n";
  std::string text = numbers.floats(embedding).str();
  text.pop_back();
  text.erase(0, 1);
  std::replace(text.begin(), text.end(), ',', ' ');
  return text + "\n";
}

Status runEmbed(const Arguments &arguments) {
  if (!arguments.has("file"))
    return Status::error(1006, "expected --file FILE", "a line {\"text\": ...} each; - for stdin");
  auto loaded = LoadedEncoder::load(arguments);
  if (!loaded.ok())
    return loaded.status();
  EmbeddingOptions options = EmbeddingOptions::of(*loaded->program);
  options.callTokens = loaded->encoder->callTokens();
  LONGC_TRY(readPooling(arguments, options));
  auto tokenizer = createTokenizer(loaded->program->module().tokenizer());
  if (!tokenizer.ok())
    return tokenizer.status();
  tokenizer->beginText(options.begin);
  tokenizer->endText(options.end);
  auto lines = LineReader::open(arguments.text("file"));
  if (!lines.ok())
    return lines.status();

  int64_t texts = 0;
  std::string output;
  EmbeddingQueue queue(*loaded->encoder, options, [&](std::span<const float> embedding) {
    ++texts;
    output += written(embedding, arguments.flag("json"));
    return output.size() < (1 << 16) ? Status() : printText(std::exchange(output, {}));
  });
  const auto start = std::chrono::steady_clock::now();
  for (std::string_view text;;) {
    auto more = lines->next(text);
    if (!more.ok())
      return more.status();
    if (!*more)
      break;
    if (text.find_first_not_of(" \t") == std::string_view::npos)
      continue;
    auto line = readLine(text, lines->place(), *tokenizer);
    if (!line.ok())
      return line.status();
    LONGC_TRY(queue.add(line->tokens, line->whole, lines->place()));
    if (interrupted())
      return Status::error(cancelledCode, "cancelled");
  }
  LONGC_TRY(queue.finish());
  LONGC_TRY(printText(output));
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  logNote(formatText("%s texts, %s tokens, %.3f s", formatCount(texts).c_str(), formatCount(queue.tokens()).c_str(), seconds));
  LONGC_TRY(loaded->report());
  return {};
}

} // namespace

const Command embedCommand = {"embed", "a vector for each text of a file of lines {\"text\"}",
                              encoderOptions({"file", "json", "long", "normalize", "pooling"}), runEmbed,
                              "\nA line {\"token_ids\": [...]} is read as it stands, nothing is added to it.\n"};

} // namespace longc
