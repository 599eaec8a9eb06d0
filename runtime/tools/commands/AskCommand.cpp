// `ask`: a question about compressed documents, and `chat --document` of programs of an encoder and a decoder.
#include "runtime/tools/commands/AskCommand.h"

#include "runtime/core/Format.h"
#include "runtime/core/Json.h"
#include "runtime/core/JsonReader.h"
#include "runtime/core/Lines.h"
#include "runtime/core/Log.h"
#include "runtime/tools/commands/SoftModel.h"
#include "runtime/tools/commands/TypedLines.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace longc {
namespace {

// A line {"embedding": [...]} each, as `embed --json` writes them: of so many columns, one behind the other.
Result<std::vector<float>> readVectors(const std::string &path, int64_t columns) {
  auto content = readTextFile(path);
  if (!content.ok())
    return content.status();
  std::vector<float> vectors;
  LONGC_TRY(forEachLine(*content, [&](int64_t number, std::string_view line) -> Status {
    auto json = JsonValue::read(line);
    const JsonValue *values = json.ok() ? json->find("embedding") : nullptr;
    const bool fits = values && values->array() && std::ssize(*values->array()) == columns &&
                      std::ranges::all_of(*values->array(), [](const JsonValue &value) {
                        return value.isNumber() && std::abs(value.number()) <= std::numeric_limits<float>::max();
                      });
    if (!fits)
      return Status::error(8204, quoted(path) + formatText(", line %lld is no vector of %lld numbers", static_cast<long long>(number), static_cast<long long>(columns)),
                           "expected {\"embedding\": [...]} of the encoder that the adapter was trained with, as `embed --json --normalize off` writes it");
    for (const JsonValue &value : *values->array())
      vectors.push_back(static_cast<float>(value.number()));
    return {};
  }));
  if (vectors.empty())
    return Status::error(8204, quoted(path) + " has no vectors", "a line {\"embedding\": [...]} each");
  return vectors;
}

// Documents one behind the other as soft tokens, and what is asked about them, each question for itself.
class AskedDocuments {
public:
  static Result<AskedDocuments> open(const Arguments &arguments, bool inChat) {
    if (!arguments.has("document") && !arguments.has("vectors"))
      return Status::error(1006, "there is no document to ask about", "give --document FILE, a text or what `read` made of one, or --vectors FILE");
    for (const char *chosen : {"words", "nearest"})
      if (arguments.has("vectors") && arguments.isGiven(chosen))
        return Status::error(1005, std::string("--") + chosen + " does not go with --vectors, which are no text", "leave one of them out");
    auto sampler = samplerOf(arguments);
    if (!sampler.ok())
      return sampler.status();
    auto most = arguments.integer("tokens", 0, INT32_MAX);
    if (!most.ok())
      return most.status();
    auto model = SoftModel::open(arguments);
    if (!model.ok())
      return model.status();
    if (inChat)
      sampler = drawnAs(model->model.loaded.program->module(), arguments, *sampler);
    auto words = arguments.integer("words", 0, INT32_MAX);
    if (!words.ok())
      return words.status();
    auto nearest = arguments.integer("nearest", 0, INT32_MAX);
    if (!nearest.ok())
      return nearest.status();
    AskedDocuments documents(std::move(*model), *sampler, *most, {*words, *nearest}, arguments.flag("json"));
    auto chunk = documents.model_.chunkSize(arguments);
    if (!chunk.ok())
      return chunk.status();
    for (const std::string &path : arguments.all("document")) {
      const bool takesAll = *words == 0 && *nearest == 0;
      auto document = documents.model_.openDocument(path, *chunk, takesAll ? std::optional(documents.chunks_) : std::nullopt);
      if (!document.ok())
        return document.status();
      documents.soft_.insert(documents.soft_.end(), document->softTokens().begin(), document->softTokens().end());
      documents.chunks_ += document->chunks();
      documents.tokens_ += document->sourceTokens();
      documents.all_.push_back(std::move(*document));
    }
    if (arguments.has("vectors"))
      LONGC_TRY(documents.add(arguments.text("vectors")));
    logNote(formatText("%s; %s tokens as %s soft tokens", documents.model_.model.engine().device().describe().c_str(),
                       formatCount(documents.tokens_).c_str(), formatCount(documents.chunks_).c_str()));
    return documents;
  }

  // Streams the answer, or prints an object, in a chat with the question in it.
  Status ask(const std::string &question, bool inChat) {
    auto words = wordsFor(question);
    if (!words.ok())
      return words.status();
    auto soft = softFor(question, *words);
    if (!soft.ok())
      return soft.status();
    auto ids = model_.ask(soft->count, words->ids, SoftPrompt::answerInstruction(question));
    if (!ids.ok())
      return ids.status();
    auto answer = model_.answer(*ids, soft->rows, sampler_, most_, json_ ? nullptr : std::function<Status(const std::string &)>(printText));
    if (!answer.ok())
      return answer.status();
    LONGC_TRY(printText(json_ ? described(question, *words, *soft, inChat) + toJson(answer->run, *answer->session).substr(1) : "\n"));
    if (answer->run.generation.finish == Finish::cancelled)
      return Status::error(cancelledCode, formatText("cancelled after %zu tokens", answer->run.generation.tokens.size()));
    return {};
  }

  Status report() const { return model_.model.loaded.report(); }

private:
  // What stands in the prompt as it is.
  struct Words {
    std::vector<int32_t> ids;
    std::vector<ChunkPlace> chunks; // in the order of the texts
  };

  // The soft tokens of the prompt.
  struct Soft {
    int64_t count = 0;
    std::span<const float> rows;
    std::vector<float> own;         // what `rows` are where not all are taken
    std::vector<ChunkPlace> chunks; // then, in the order of the texts
  };

  struct Most {
    int64_t words, nearest; // 0: none; all soft tokens
  };

  AskedDocuments(SoftModel model, const SamplerOptions &sampler, int64_t most, Most ofPrompt, bool json)
      : model_(std::move(model)), sampler_(sampler), most_(most), mostWords_(ofPrompt.words), mostNearest_(ofPrompt.nearest), json_(json) {}

  // Vectors from outside, as soft tokens behind those of the documents (xRAG, arXiv 2405.13792).
  Status add(const std::string &vectorsPath) {
    const int64_t columns = model_.compressor->columns();
    auto vectors = readVectors(vectorsPath, columns);
    if (!vectors.ok())
      return vectors.status();
    auto soft = model_.compressor->adapt(*vectors);
    if (!soft.ok())
      return soft.status();
    soft_.insert(soft_.end(), soft->begin(), soft->end());
    chunks_ += std::ssize(*vectors) / columns;
    return {};
  }

  // None where all chunks stand as words, else those of all chunks or of the --nearest ones.
  Result<Soft> softFor(const std::string &question, const Words &words) const {
    Soft soft;
    if (!words.chunks.empty() && static_cast<int64_t>(words.chunks.size()) == chunks_)
      return soft;
    if (mostNearest_ == 0 || mostNearest_ >= chunks_) {
      soft.count = chunks_;
      soft.rows = soft_;
      return soft;
    }
    auto places = model_.nearest(all_, question);
    if (!places.ok())
      return places.status();
    places->resize(static_cast<size_t>(mostNearest_));
    std::ranges::sort(*places);
    const auto width = static_cast<ptrdiff_t>(model_.compressor->width());
    for (const ChunkPlace &place : *places) {
      const auto row = all_[place.document].softTokens().begin() + static_cast<ptrdiff_t>(place.chunk) * width;
      soft.own.insert(soft.own.end(), row, row + width);
    }
    soft.count = mostNearest_;
    soft.rows = soft.own;
    soft.chunks = std::move(*places);
    if (!json_)
      logNote(formatText("of them the %s nearest to the question are read", formatCount(soft.count).c_str()));
    return soft;
  }

  // All chunks where they fit into --words, else those nearest to the question.
  Result<Words> wordsFor(const std::string &question) const {
    Words words;
    if (mostWords_ == 0)
      return words;
    auto places = model_.nearest(all_, question);
    if (!places.ok())
      return places.status();
    std::map<ChunkPlace, std::vector<int32_t>> taken;
    for (int64_t room = mostWords_; const ChunkPlace &place : *places) {
      std::vector<int32_t> ids = model_.model.tokenizer.encode(all_[place.document].chunk(place.chunk), /*parseSpecial=*/false);
      room -= static_cast<int64_t>(ids.size());
      if (room < 0)
        break;
      taken.emplace(place, std::move(ids));
    }
    for (const auto &[place, ids] : taken) {
      words.ids.insert(words.ids.end(), ids.begin(), ids.end());
      words.chunks.push_back(place);
    }
    if (!json_)
      logNote(formatText("%s of %s chunks stand as %s words", formatCount(static_cast<int64_t>(words.chunks.size())).c_str(),
                         formatCount(chunks_).c_str(), formatCount(static_cast<int64_t>(words.ids.size())).c_str()));
    return words;
  }

  // Chunks, counted through all documents.
  std::vector<int32_t> numbersOf(std::span<const ChunkPlace> chunks) const {
    std::vector<int32_t> numbers;
    int64_t before = 0;
    size_t document = 0;
    for (const ChunkPlace &place : chunks) {
      for (; document < place.document; ++document)
        before += all_[document].chunks();
      numbers.push_back(static_cast<int32_t>(before + static_cast<int64_t>(place.chunk)));
    }
    return numbers;
  }

  // The beginning of an object: the question in a chat, with --words what stands as it is, with --nearest whose soft tokens are read.
  std::string described(const std::string &question, const Words &words, const Soft &soft, bool inChat) const {
    JsonWriter json;
    json.beginObject();
    if (inChat)
      json.key("question").text(question);
    if (mostWords_ > 0) {
      json.key("words").integer(static_cast<int64_t>(words.ids.size()));
      json.key("word_chunks").integers(numbersOf(words.chunks));
    }
    if (!soft.chunks.empty())
      json.key("soft_chunks").integers(numbersOf(soft.chunks));
    std::string begun = json.endObject().str();
    begun.pop_back();
    return begun == "{" ? begun : begun + ",";
  }

  SoftModel model_;
  SamplerOptions sampler_;
  int64_t most_, mostWords_, mostNearest_;
  bool json_;
  std::vector<SoftDocument> all_;
  std::vector<float> soft_; // of all
  int64_t chunks_ = 0, tokens_ = 0;
};

Status runAsk(const Arguments &arguments) {
  auto question = promptOf(arguments);
  if (!question.ok() && (arguments.has("document") || arguments.has("vectors")))
    return question.status();
  auto documents = AskedDocuments::open(arguments, /*inChat=*/false);
  if (!documents.ok())
    return documents.status();
  LONGC_TRY(documents->ask(*question, /*inChat=*/false));
  LONGC_TRY(documents->report());
  return {};
}

} // namespace

Status runSoftChat(const Arguments &arguments) {
  auto documents = AskedDocuments::open(arguments, /*inChat=*/true);
  if (!documents.ok())
    return documents.status();
  if (arguments.has("prompt") || arguments.has("prompt-file")) {
    auto question = promptOf(arguments);
    if (!question.ok())
      return question.status();
    LONGC_TRY(documents->ask(*question, /*inChat=*/true));
    return documents->report();
  }
  TypedLines lines;
  for (std::string question;;) {
    auto event = lines.next(question);
    if (!event.ok())
      return event.status();
    if (*event == TypedLines::Event::end)
      break;
    if (*event == TypedLines::Event::interrupted)
      return Status::error(cancelledCode, "cancelled");
    if (question.find_first_not_of(" \t") != std::string::npos)
      LONGC_TRY(documents->ask(question, /*inChat=*/true));
  }
  LONGC_TRY(documents->report());
  return {};
}

const Command askCommand = {"ask", "answers a question about documents from soft tokens (programs compiled with --method e2llm)",
                            modelOptions({"chunk", "document", "json", "nearest", "prompt", "prompt-file", "seed", "temperature", "tokens", "top-k", "top-p", "vectors", "words"}),
                            runAsk};

} // namespace longc
