// Lines to chunks, chunks and prompts to samples: each line for itself on all threads, then one behind the other.
#include "runtime/e2llm/SoftData.h"

#include "runtime/core/Format.h"
#include "runtime/core/Hash.h"
#include "runtime/core/JsonReader.h"
#include "runtime/core/Lines.h"
#include "runtime/core/ThreadPool.h"
#include "runtime/serve/Batch.h"

#include <algorithm>
#include <unordered_map>

namespace longc {
namespace {

struct SoftLine {
  int64_t number = 0; // from 1
  std::string_view content;
  std::string text;  // of its document
  std::string words; // that stand behind its soft tokens as they are
  std::vector<SoftTurn> turns; // none of a text alone, to understand
  bool isFirst = true; // of its document
  Status status;
};

// A sample of chunks in a row; its soft tokens count these.
struct SoftLineSample {
  Objective objective;
  size_t firstChunk, chunks;
  SoftConversation conversation;
};

struct SoftLineParts {
  std::vector<std::vector<int32_t>> chunks, words; // of the first line of a document
  std::vector<SoftLineSample> samples;
  Status status;
};

class SoftDataReader {
public:
  SoftDataReader(const std::string &name, const ChunkTokenizer &encoder, const Tokenizer &decoder, const SoftPrompt &prompt,
                 const SoftDataOptions &options)
      : name_(name), encoder_(encoder), decoder_(decoder), prompt_(prompt), options_(options) {}

  Result<SoftData> read(std::string_view content) {
    auto pool = ThreadPool::create(options_.threads);
    if (!pool.ok())
      return pool.status();
    std::vector<SoftLine> lines = linesOf(content);
    const auto count = static_cast<int64_t>(lines.size());
    (*pool)->forEach(count, [&](int, int64_t index) { lines[static_cast<size_t>(index)].status = parse(lines[static_cast<size_t>(index)]); });
    std::unordered_map<std::string_view, size_t> documents; // by text: the first line
    for (size_t index = 0; index < lines.size(); ++index) {
      LONGC_TRY(lines[index].status);
      lines[index].isFirst = documents.try_emplace(lines[index].text, index).second;
    }
    std::vector<SoftLineParts> parts(lines.size());
    (*pool)->forEach(count, [&](int, int64_t index) {
      parts[static_cast<size_t>(index)].status = make(lines[static_cast<size_t>(index)], parts[static_cast<size_t>(index)]);
    });
    SoftData data;
    std::vector<size_t> chunksBefore(lines.size()); // of a document, by its first line
    for (size_t index = 0; index < lines.size(); ++index) {
      LONGC_TRY(parts[index].status);
      if (lines[index].isFirst) {
        chunksBefore[index] = data.chunks.size();
        std::ranges::move(parts[index].chunks, std::back_inserter(data.chunks));
        std::ranges::move(parts[index].words, std::back_inserter(data.words));
      }
      for (SoftLineSample &sample : parts[index].samples)
        add(lines[index], std::move(sample), chunksBefore[documents.at(lines[index].text)], data);
      parts[index] = {};
    }
    data.hash = hashOf(data);
    return data;
  }

private:
  static std::vector<SoftLine> linesOf(std::string_view content) {
    std::vector<SoftLine> lines;
    (void)forEachLine(content, [&](int64_t number, std::string_view text) -> Status {
      SoftLine line;
      line.number = number;
      line.content = text;
      lines.push_back(std::move(line));
      return {};
    }).ok();
    return lines;
  }

  std::string where(const SoftLine &line) const { return longc::quoted(name_) + formatText(", line %lld", static_cast<long long>(line.number)); }

  Status parse(SoftLine &line) const {
    auto json = JsonValue::read(line.content);
    const JsonValue *context = json.ok() ? json->find("context") : nullptr;
    if (!context || !context->text() || context->text()->empty())
      return Status::error(badSoftLine, where(line) + " has no context", "expected {\"context\": ..., \"prompt\": ..., \"answer\": ...}");
    line.text = *context->text();
    if (const JsonValue *words = json->given("words")) {
      if (!words->text())
        return Status::error(badSoftLine, where(line) + ": words is " + words->describe(), "expected a text that stands in the prompt as it is");
      line.words = *words->text();
    }
    auto add = [&](const JsonValue &from) -> Status {
      const JsonValue *asked = from.find("prompt"), *answer = from.find("answer");
      if (!asked || !asked->text() || !answer || !answer->text())
        return Status::error(badSoftLine, where(line) + " has a prompt or an answer, and not both as texts", "leave both out, or give both");
      line.turns.push_back({SoftPrompt::answerInstruction(*asked->text()), *answer->text()});
      return {};
    };
    if (const JsonValue *questions = json->given("questions")) {
      if (!questions->array() || questions->array()->empty())
        return Status::error(badSoftLine, where(line) + ": questions is " + questions->describe(), "expected [{\"prompt\": ..., \"answer\": ...}, ...]");
      for (const JsonValue &question : *questions->array())
        LONGC_TRY(add(question));
    } else if (json->given("prompt") || json->given("answer")) {
      LONGC_TRY(add(*json));
    }
    return {};
  }

  // A text that was not there before gives chunks, and samples of understanding.
  Status make(const SoftLine &line, SoftLineParts &parts) const {
    const std::vector<std::string_view> pieces = encoder_.cut(line.text, options_.chunk);
    for (std::string_view piece : line.isFirst ? pieces : std::vector<std::string_view>()) {
      auto tokens = encoder_.encode(piece);
      if (!tokens.ok())
        return Status::error(tokens.status().code(), where(line) + ": " + tokens.status().message(), tokens.status().hint());
      parts.chunks.push_back(std::move(*tokens));
      if (options_.words)
        parts.words.push_back(decoder_.encode(piece, /*parseSpecial=*/false));
    }
    if (line.isFirst && options_.understand)
      LONGC_TRY(makeRestated(line, pieces, parts));
    return line.turns.empty() || !options_.reason ? Status() : makeSample(line, Objective::reason, 0, pieces.size(), line.turns, parts);
  }

  Status makeRestated(const SoftLine &line, const std::vector<std::string_view> &pieces, SoftLineParts &parts) const {
    const auto chunks = static_cast<int64_t>(pieces.size()), windows = (chunks + options_.restated - 1) / options_.restated;
    const int64_t used = std::min(windows, options_.mostRestated);
    for (int64_t number = 0; number < used; ++number) {
      const auto first = static_cast<size_t>(number * windows / used * options_.restated);
      const size_t end = std::min(first + static_cast<size_t>(options_.restated), pieces.size());
      std::string text;
      for (size_t piece = first; piece < end; ++piece)
        text += pieces[piece];
      LONGC_TRY(makeSample(line, Objective::understand, first, end - first, std::vector<SoftTurn>{{SoftPrompt::restateInstruction(), text}}, parts));
    }
    return {};
  }

  Status makeSample(const SoftLine &line, Objective objective, size_t first, size_t chunks, std::span<const SoftTurn> turns, SoftLineParts &parts) const {
    std::vector<int32_t> contexts(chunks);
    for (size_t chunk = 0; chunk < chunks; ++chunk)
      contexts[chunk] = softToken(static_cast<int32_t>(chunk));
    if (objective == Objective::reason)
      std::ranges::copy(decoder_.encode(line.words, /*parseSpecial=*/false), std::back_inserter(contexts));
    auto conversation = prompt_.conversation(decoder_, contexts, turns);
    if (!conversation.ok())
      return conversation.status();
    if (const auto size = static_cast<int64_t>(conversation->ids.size()); size > options_.longest)
      return Status::error(softSampleTooLong, where(line) + formatText(": a sample to %s has %s tokens, and --seq-len is %s", objectiveNames[static_cast<size_t>(objective)],
                                                                       formatCount(size).c_str(), formatCount(options_.longest).c_str()),
                           "give a larger --seq-len, or less: shorter texts, fewer questions of a line, or --restate");
    parts.samples.push_back({objective, first, chunks, std::move(*conversation)});
    return {};
  }

  // `before`: chunks of the data before those of the line's document.
  void add(const SoftLine &line, SoftLineSample part, size_t before, SoftData &data) const {
    const auto references = static_cast<int32_t>(data.references.size());
    for (size_t chunk = 0; chunk < part.chunks; ++chunk)
      data.references.push_back({static_cast<int32_t>(before + part.firstChunk + chunk), part.objective});
    Sample sample;
    sample.line = line.number;
    sample.factor = part.objective == Objective::understand ? options_.understandWeight : 1;
    sample.tokens = std::move(part.conversation.ids);
    for (int32_t &id : sample.tokens)
      id -= id < 0 ? references : 0; // softToken(i) is as much less as i is more
    sample.weights = std::move(part.conversation.weights);
    data.samples.push_back(std::move(sample));
  }

  static std::string hashOf(const SoftData &data) {
    StreamingHash hash;
    auto add = [&](const auto &numbers) {
      const uint64_t size = numbers.size();
      hash.add(&size, sizeof size);
      hash.add(numbers.data(), size * sizeof numbers[0]);
    };
    for (const std::vector<int32_t> &chunk : data.chunks)
      add(chunk);
    for (const Sample &sample : data.samples) {
      add(sample.tokens);
      add(sample.weights);
      hash.add(&sample.factor, sizeof sample.factor);
    }
    return hashText(hash.value());
  }

  const std::string &name_;
  const ChunkTokenizer &encoder_;
  const Tokenizer &decoder_;
  const SoftPrompt &prompt_;
  const SoftDataOptions &options_;
};

} // namespace

Result<SoftData> readSoftData(std::string_view content, const std::string &name, const abi::Module &module, const Tokenizer &decoder,
                              const SoftPrompt &prompt, const SoftDataOptions &options) {
  auto encoder = ChunkTokenizer::create(module);
  if (!encoder.ok())
    return encoder.status();
  auto data = SoftDataReader(name, *encoder, decoder, prompt, options).read(content);
  if (!data.ok())
    return data;
  if (data->samples.empty())
    return Status::error(badSoftLine, longc::quoted(name) + " has no sample of the objective", "expected a line {\"context\", \"prompt\", \"answer\"} each");
  return data;
}

} // namespace longc
