// Lines to chunks, chunks and prompts to samples.
#include "runtime/e2llm/SoftData.h"

#include "runtime/core/Format.h"
#include "runtime/core/Hash.h"
#include "runtime/core/JsonReader.h"
#include "runtime/e2llm/Chunks.h"
#include "runtime/serve/Batch.h"

#include <algorithm>
#include <map>

namespace longc {
namespace {

class SoftDataMaker {
public:
  SoftDataMaker(const std::string &name, const ChunkTokenizer &encoder, const Tokenizer &decoder, const SoftPrompt &prompt,
                const SoftDataOptions &options)
      : name_(name), encoder_(encoder), decoder_(decoder), prompt_(prompt), options_(options) {}

  Status add(int64_t line, std::string_view text) {
    where_ = longc::quoted(name_) + formatText(", line %lld", static_cast<long long>(line));
    line_ = line;
    auto json = JsonValue::read(text);
    const JsonValue *context = json.ok() ? json->find("context") : nullptr;
    if (!context || !context->text() || context->text()->empty())
      return Status::error(badSoftLine, where_ + " has no context", "expected {\"context\": ..., \"prompt\": ..., \"answer\": ...}");
    auto document = documentOf(*context->text());
    if (!document.ok())
      return document.status();
    auto turns = turnsOf(*json);
    if (!turns.ok())
      return turns.status();
    return turns->empty() || !options_.reason ? Status() : addSample(**document, Objective::reason, *turns);
  }

  SoftData finish() {
    StreamingHash hash;
    auto add = [&](const auto &numbers) {
      const uint64_t size = numbers.size();
      hash.add(&size, sizeof size);
      hash.add(numbers.data(), size * sizeof numbers[0]);
    };
    for (const std::vector<int32_t> &chunk : data_.chunks)
      add(chunk);
    for (const Sample &sample : data_.samples) {
      add(sample.tokens);
      add(sample.weights);
      hash.add(&sample.factor, sizeof sample.factor);
    }
    data_.hash = hashText(hash.value());
    return std::move(data_);
  }

private:
  using Document = std::vector<int32_t>; // its chunks

  // None of a text alone, to understand.
  Result<std::vector<SoftTurn>> turnsOf(const JsonValue &line) const {
    std::vector<SoftTurn> turns;
    auto add = [&](const JsonValue &from) -> Status {
      const JsonValue *asked = from.find("prompt"), *answer = from.find("answer");
      if (!asked || !asked->text() || !answer || !answer->text())
        return Status::error(badSoftLine, where_ + " has a prompt or an answer, and not both as texts", "leave both out, or give both");
      turns.push_back({SoftPrompt::answerInstruction(*asked->text()), *answer->text()});
      return {};
    };
    if (const JsonValue *questions = line.find("questions")) {
      if (!questions->array() || questions->array()->empty())
        return Status::error(badSoftLine, where_ + ": questions is " + questions->describe(), "expected [{\"prompt\": ..., \"answer\": ...}, ...]");
      for (const JsonValue &question : *questions->array())
        LONGC_TRY(add(question));
    } else if (line.find("prompt") || line.find("answer")) {
      LONGC_TRY(add(line));
    }
    return turns;
  }

  // A text that was not there before gives samples of understanding.
  Result<const Document *> documentOf(const std::string &text) {
    auto [found, fresh] = documents_.try_emplace(text);
    if (!fresh)
      return &found->second;
    const std::vector<std::string_view> pieces = cutChunks(text, options_.chunkBytes);
    for (std::string_view piece : pieces) {
      auto tokens = encoder_.encode(piece);
      if (!tokens.ok())
        return Status::error(tokens.status().code(), where_ + ": " + tokens.status().message(), tokens.status().hint());
      found->second.push_back(static_cast<int32_t>(data_.chunks.size()));
      data_.chunks.push_back(std::move(*tokens));
      data_.words.push_back(decoder_.encode(piece, /*parseSpecial=*/false));
    }
    if (options_.understand)
      LONGC_TRY(addRestated(found->second, pieces));
    return &found->second;
  }

  Status addRestated(const Document &document, const std::vector<std::string_view> &pieces) {
    const auto chunks = static_cast<int64_t>(document.size()), windows = (chunks + options_.restated - 1) / options_.restated;
    const int64_t used = std::min(windows, options_.mostRestated);
    for (int64_t number = 0; number < used; ++number) {
      const auto first = static_cast<size_t>(number * windows / used * options_.restated);
      const size_t end = std::min(first + static_cast<size_t>(options_.restated), document.size());
      std::string text;
      for (size_t piece = first; piece < end; ++piece)
        text += pieces[piece];
      LONGC_TRY(addSample(Document(document.begin() + static_cast<ptrdiff_t>(first), document.begin() + static_cast<ptrdiff_t>(end)),
                          Objective::understand, std::vector<SoftTurn>{{SoftPrompt::restateInstruction(), text}}));
    }
    return {};
  }

  Status addSample(const Document &chunks, Objective objective, std::span<const SoftTurn> turns) {
    std::vector<int32_t> contexts;
    for (int32_t chunk : chunks) {
      contexts.push_back(softToken(static_cast<int32_t>(data_.references.size())));
      data_.references.push_back({chunk, objective});
    }
    auto conversation = prompt_.conversation(decoder_, contexts, turns);
    if (!conversation.ok())
      return conversation.status();
    Sample sample;
    sample.line = line_;
    sample.factor = objective == Objective::understand ? options_.understandWeight : 1;
    sample.tokens = std::move(conversation->ids);
    sample.weights = std::move(conversation->weights);
    if (sample.size() > options_.longest)
      return Status::error(softSampleTooLong, where_ + formatText(": a sample to %s has %s tokens, and --seq-len is %s", objectiveNames[static_cast<size_t>(objective)],
                                                                  formatCount(sample.size()).c_str(), formatCount(options_.longest).c_str()),
                           "give a larger --seq-len, or less: shorter texts, fewer questions of a line, or --restate");
    data_.samples.push_back(std::move(sample));
    return {};
  }

  const std::string &name_;
  const ChunkTokenizer &encoder_;
  const Tokenizer &decoder_;
  const SoftPrompt &prompt_;
  const SoftDataOptions &options_;
  std::string where_;
  int64_t line_ = 0;
  std::map<std::string, Document> documents_; // by text
  SoftData data_;
};

} // namespace

Result<SoftData> readSoftData(std::string_view content, const std::string &name, const abi::Module &module, const Tokenizer &decoder,
                              const SoftPrompt &prompt, const SoftDataOptions &options) {
  auto encoder = ChunkTokenizer::create(module);
  if (!encoder.ok())
    return encoder.status();
  SoftDataMaker maker(name, *encoder, decoder, prompt, options);
  for (int64_t line = 1; !content.empty(); ++line) {
    const size_t end = std::min(content.find('\n'), content.size());
    const std::string_view text = content.substr(0, end);
    content.remove_prefix(std::min(end + 1, content.size()));
    if (text.find_first_not_of(" \t\r") != std::string_view::npos)
      LONGC_TRY(maker.add(line, text));
  }
  SoftData data = maker.finish();
  if (data.samples.empty())
    return Status::error(badSoftLine, longc::quoted(name) + " has no sample of the objective", "expected a line {\"context\", \"prompt\", \"answer\"} each");
  return data;
}

} // namespace longc
