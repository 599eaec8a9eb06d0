// Both halves of an E2LLM program at work.
#include "runtime/tools/commands/SoftModel.h"

#include "runtime/core/Format.h"
#include "runtime/core/Log.h"
#include "runtime/serve/Batch.h"
#include "runtime/text/PieceRanking.h"
#include "runtime/train/ProgramParameters.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <tuple>

namespace longc {

Result<SoftModel> SoftModel::open(const Arguments &arguments) {
  auto model = OpenedModel::open(arguments);
  if (!model.ok())
    return model.status();
  const Program &program = *model->loaded.program;
  auto options = engineOptionsOf(arguments);
  if (!options.ok())
    return options.status();
  auto compressor = Compressor::create(program, longc_program, *options);
  if (!compressor.ok())
    return compressor.status();
  if (arguments.has("adapter"))
    LONGC_TRY((*compressor)->bind(ProgramParameters::trainable(program.message()).list, std::as_const(model->loaded.adapter)));
  (*compressor)->setProfile(model->engine().profile());
  auto prompt = SoftPrompt::create(model->tokenizer, program.module().tokenizer().chat_template());
  if (!prompt.ok())
    return prompt.status();
  return SoftModel{std::move(*model), std::move(*compressor), std::move(*prompt)};
}

std::vector<abi::Trait> SoftModel::traits() const {
  const Engine &engine = model.engine();
  return SoftDocument::traits(engine.program(), engine.precision(), engine.adapter());
}

Result<ChunkSize> chunkSizeOf(const Arguments &arguments, size_t usual) {
  if (!arguments.has("chunk"))
    return ChunkSize{usual};
  constexpr size_t most = 1 << 20;
  const std::string &given = arguments.text("chunk");
  std::string_view digits = given;
  ChunkSize size;
  if (digits.ends_with('t')) {
    size.unit = ChunkSize::Unit::tokens;
    digits.remove_suffix(1);
  }
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), size.most);
  if (error != std::errc() || end != digits.data() + digits.size() || size.most < 1 || size.most > most)
    return Status::error(1003, "--chunk '" + given + "': expected a number of bytes from 1 to 1,048,576, or of tokens with a t behind it", "such as 512, or 100t");
  return size;
}

Result<ChunkSize> SoftModel::chunkSize(const Arguments &arguments) const {
  return chunkSizeOf(arguments, compressor->settings().chunk_bytes());
}

Result<SoftDocument> SoftModel::read(std::string name, std::string text, const ChunkSize &chunk, const SoftDocument *old, ProgressMode mode) const {
  Progress progress(mode, "compressing", 0, "chunks");
  auto document = SoftDocument::read(*compressor, model.tokenizer, {std::move(name), std::move(text), {}, {}}, chunk, old, [&](int64_t done, int64_t total) {
    progress.update(done, "of " + formatCount(total));
    return !interrupted();
  });
  progress.finish();
  return document;
}

Result<SoftDocument> SoftModel::openDocument(const std::string &path, const ChunkSize &chunk, std::optional<int64_t> before) const {
  if (Document::isDocument(path))
    return SoftDocument::open(path, traits(), compressor->width());
  auto text = readTextFile(path);
  if (!text.ok())
    return text.status();
  if (before)
    LONGC_TRY(ask(*before + static_cast<int64_t>(compressor->tokenizer().cut(*text, chunk).size()), {}, /*instruction=*/"").status());
  return read(std::filesystem::path(path).filename().string(), std::move(*text), chunk, nullptr, model.mode);
}

Result<std::vector<ChunkPlace>> SoftModel::nearest(std::span<const SoftDocument> documents, const std::string &question) const {
  const std::string_view one[] = {question};
  auto asked = compressor->compress(one);
  if (!asked.ok())
    return asked.status();
  const size_t width = asked->pools.size();
  std::vector<std::vector<int32_t>> tokens;
  for (const SoftDocument &document : documents)
    for (size_t chunk = 0; chunk < static_cast<size_t>(document.chunks()); ++chunk)
      tokens.push_back(model.tokenizer.encode(document.chunk(chunk), /*parseSpecial=*/false));
  const std::vector<double> scores = scoresOfPieces({tokens.begin(), tokens.end()}, model.tokenizer.encode(" " + question, /*parseSpecial=*/false));
  std::vector<std::tuple<double, double, ChunkPlace>> order;
  for (size_t document = 0; document < documents.size(); ++document)
    for (size_t chunk = 0; chunk < static_cast<size_t>(documents[document].chunks()); ++chunk) {
      double dot = 0, squares = 1e-30;
      for (size_t column = 0; column < width; ++column) {
        const double value = documents[document].pools()[chunk * width + column];
        dot += value * asked->pools[column];
        squares += value * value;
      }
      order.emplace_back(-scores[order.size()], -dot / std::sqrt(squares), ChunkPlace{document, chunk});
    }
  std::ranges::sort(order);
  std::vector<ChunkPlace> places;
  for (const auto &[score, distance, place] : order)
    places.push_back(place);
  return places;
}

Result<std::vector<int32_t>> SoftModel::ask(int64_t count, std::span<const int32_t> words, const std::string &instruction) const {
  std::vector<int32_t> contexts;
  for (int64_t row = 0; row < count; ++row)
    contexts.push_back(softToken(static_cast<int32_t>(row)));
  contexts.insert(contexts.end(), words.begin(), words.end());
  auto ids = prompt.prompt(model.tokenizer, contexts, instruction);
  if (!ids.ok())
    return ids;
  const int64_t window = model.options.policy.window;
  if (static_cast<int64_t>(ids->size()) >= window)
    return Status::error(8203, formatCount(count) + " soft tokens and " + formatCount(static_cast<int64_t>(ids->size()) - count) +
                                   " tokens of the prompt do not fit into the decoder's window of " + formatCount(window) + " positions",
                         "cut larger chunks (--chunk BYTES), give fewer documents, or a larger --window");
  return ids;
}

Result<SoftAnswer> SoftModel::answer(std::span<const int32_t> ids, std::span<const float> softTokens, const SamplerOptions &samplerOptions,
                                     int64_t most, const TextReceiver &onText) const {
  const auto start = std::chrono::steady_clock::now();
  auto session = model.newSession();
  if (!session.ok())
    return session.status();
  IngestOptions ingest;
  ingest.softTokens = softTokens;
  LONGC_TRY((*session)->ingest(ids, ingest));
  SoftAnswer answer{{{ids.begin(), ids.end()}, model.loaded.loadSeconds, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(),
                     {}, "", samplerOptions.seed},
                    std::move(*session)};
  GenerateOptions options;
  options.maxTokens = most;
  options.stopTokens = model.tokenizer.stopIds();
  LONGC_TRY(continueText(*answer.session, model.tokenizer, Sampler(samplerOptions), std::move(options), onText, answer.run));
  return answer;
}

} // namespace longc
