// Calls of a program's function `compress`.
#include "runtime/e2llm/Compressor.h"

#include "runtime/core/ExitCode.h"
#include "runtime/core/Format.h"
#include "runtime/core/ThreadPool.h"
#include "runtime/serve/ProgramTokenizer.h"

#include <algorithm>
#include <numeric>

namespace longc {
namespace {

constexpr abi::Input::Role roles[] = {abi::Input::TOKENS,     abi::Input::TOKEN_TYPES,      abi::Input::POSITIONS,
                                      abi::Input::BOUNDARIES, abi::Input::QUERY_BOUNDARIES, abi::Input::QUERY_TOKENS};
constexpr int rolesOfPma = 2; // the last ones

bool attends(const abi::Function &function) { return function.inputs_size() == std::size(roles); }

Status checkInterface(const abi::Function &function) {
  bool known = (attends(function) || function.inputs_size() == std::size(roles) - rolesOfPma) && function.results_size() == 2;
  for (int index = 0; known && index < function.inputs_size(); ++index)
    known = function.inputs(index).role() == roles[index];
  return known ? Status()
               : Status::error(4120, "function 'compress' has inputs or results that this runtime does not know", "compile the program again");
}

} // namespace

const abi::Module *compressingModule(const abi::Program &program) {
  for (const abi::Module &module : program.modules())
    if (module.has_compression())
      return &module;
  return nullptr;
}

Status notCompressing() {
  return Status::error(8202, "this program compresses no texts: it is not of an encoder and a decoder",
                       "compile with --method e2llm --module encoder=FOLDER --module decoder=MODEL");
}

const char *chunkPoolOf(const abi::Program &program) {
  const abi::Module &module = *compressingModule(program);
  for (const abi::Function &function : module.functions())
    if (function.name() == "compress" && attends(function))
      return "pma";
  const abi::Encoder::Pooling pooling = module.compression().pooling();
  return pooling == abi::Encoder::CLS ? "cls" : pooling == abi::Encoder::LAST ? "last" : "mean";
}

Result<ChunkTokenizer> ChunkTokenizer::create(const abi::Module &module) {
  auto tokenizer = createTokenizer(module.tokenizer());
  if (!tokenizer.ok())
    return tokenizer.status();
  return ChunkTokenizer(std::move(*tokenizer), static_cast<int64_t>(module.context_length()));
}

Result<std::vector<int32_t>> ChunkTokenizer::encode(std::string_view chunk) const {
  std::vector<int32_t> tokens = tokenizer_.encode(chunk, /*parseSpecial=*/false);
  tokenizer_.beginText(tokens);
  tokenizer_.endText(tokens);
  if (static_cast<int64_t>(tokens.size()) > longest_)
    return Status::error(8201, "a chunk of " + formatCount(static_cast<long long>(chunk.size())) + " bytes has " +
                                   formatCount(static_cast<long long>(tokens.size())) + " tokens: the encoder reads " + formatCount(longest_) + " at most",
                         "cut smaller chunks: --chunk BYTES, or --chunk Nt for N tokens");
  return tokens;
}

std::vector<std::string_view> ChunkTokenizer::cut(std::string_view text, const ChunkSize &size) const {
  if (size.unit == ChunkSize::Unit::bytes)
    return cutChunks(text, size.most);
  return cutChunks(text, size.most, [this](std::string_view part) { return tokenizer_.encode(part, /*parseSpecial=*/false).size(); });
}

Result<std::unique_ptr<Compressor>> Compressor::create(const Program &program, const longc_program_table &table, const EngineOptions &options) {
  const abi::Module *module = compressingModule(program.message());
  if (!module)
    return notCompressing();
  auto tokenizer = ChunkTokenizer::create(*module);
  if (!tokenizer.ok())
    return tokenizer.status();
  std::unique_ptr<Compressor> compressor(new Compressor(program, *module, std::move(*tokenizer), options.threads));
  LONGC_TRY(openOnChosen(options.device, program.message(), options.exact, /*doing=*/"", // Engine says where
                         [&](const DeviceChoice &choice) { return compressor->open(choice, table, options); }));
  return compressor;
}

Status Compressor::open(const DeviceChoice &choice, const longc_program_table &table, const EngineOptions &options) {
  std::vector<const abi::Function *> functions;
  for (const char *name : {"compress", "adapt"}) {
    functions.push_back(program_.findFunction(name, options.exact ? "exact" : "fast", choice.target));
    if (!functions.back())
      return Status::error(4122, std::string("this program has no function '") + name + "' in " + (options.exact ? "exact" : "fast") + " precision for " +
                                     (choice.target == "cpu" ? "the processor" : "the GPU"),
                           options.exact ? "run it without --exact" : "compile it with the GPU among --target, or use --device cpu");
  }
  LONGC_TRY(checkInterface(*functions.front()));
  LONGC_TRY(choice.target == "cpu" ? link(openProcessor(program_, table, options, {functions[0], functions[1]}))
                                   : link(openDevice(table, program_.message(), choice.target, {}, {options.variant, options.threads, choice.ordinal})));
  for (auto [function, place] : {std::pair(functions[0], &executor_), {functions[1], &adapting_}}) {
    auto executor = Executor::create(program_, *function, *device_);
    if (!executor.ok())
      return executor.status();
    *place = std::move(*executor);
  }
  return {};
}

void Compressor::setProfile(KernelProfile *profile) {
  for (Executor *executor : {executor_.get(), adapting_.get()})
    executor->setProfile(profile);
}

Status Compressor::bind(const ParameterList &list, const ParameterArray &values) {
  const auto bind = [this](uint32_t parameter, const void *data) {
    const Status bound = executor_->bindParameter(parameter, data);
    return bound.ok() ? adapting_->bindParameter(parameter, data) : bound;
  };
  LONGC_TRY(bindTrained(program_.message(), list, values, bind));
  auto served = ServedValues::of(program_.message(), list, values);
  if (!served.ok())
    return served.status();
  served_ = std::move(*served);
  return served_.bind(bind);
}

Result<CompressedChunks> Compressor::compress(std::span<const std::string_view> chunks, const std::function<bool(int64_t done)> &onProgress) {
  constexpr int64_t chunksOfThread = 128; // two milliseconds: of fewer, threads take longer to come and go
  const int64_t most = threads_ > 0 ? threads_ : ThreadPool::availableCores();
  auto pool = ThreadPool::create(static_cast<int>(std::clamp<int64_t>(std::ssize(chunks) / chunksOfThread, 1, most)));
  if (!pool.ok())
    return pool.status();
  std::vector<std::vector<int32_t>> tokens(chunks.size());
  std::vector<Status> ends(chunks.size());
  (*pool)->forEach(static_cast<int64_t>(chunks.size()), [&](int, int64_t number) {
    const auto chunk = static_cast<size_t>(number);
    auto encoded = tokenizer_.encode(chunks[chunk]);
    encoded.ok() ? void(tokens[chunk] = std::move(*encoded)) : void(ends[chunk] = encoded.status());
  });
  pool->reset(); // its threads would be in the way of the device's
  for (Status &end : ends)
    LONGC_TRY(std::move(end));
  return compressTokens(tokens, onProgress);
}

Result<CompressedChunks> Compressor::compressTokens(std::span<const std::vector<int32_t>> chunks, const std::function<bool(int64_t done)> &onProgress) {
  CompressedChunks all;
  inputs_.clear();
  for (size_t chunk = 0; chunk < chunks.size(); ++chunk) {
    LONGC_TRY(inputs_.append(module_, chunks[chunk]));
    if (inputs_.tokens.size() < callTokens() && chunk + 1 < chunks.size())
      continue;
    LONGC_TRY(run(all));
    if (onProgress && !onProgress(static_cast<int64_t>(chunk) + 1))
      return Status::error(cancelledCode, formatText("cancelled after %zu of %zu chunks", chunk + 1, chunks.size()));
  }
  return all;
}

Result<std::vector<float>> Compressor::adapt(std::span<const float> vectors) {
  const int64_t rows = std::ssize(vectors) / columns();
  const InputTensor input{vectors.data(), {{rows, columns(), 1, 1}, 2}};
  LONGC_TRY(adapting_->run({&input, 1}));
  std::vector<float> soft(static_cast<size_t>(rows * width()));
  LONGC_TRY(adapting_->readResult(0, soft.data(), soft.size() * sizeof(float)));
  return soft;
}

Status Compressor::run(CompressedChunks &into) {
  auto list = [](const std::vector<int32_t> &numbers) {
    return InputTensor{numbers.data(), {{static_cast<int64_t>(numbers.size()), 1, 1, 1}, 1}};
  };
  const std::vector<int32_t> seeds(static_cast<size_t>(inputs_.sequences())); // there is one
  std::vector<int32_t> queries(seeds.size() + 1);
  std::iota(queries.begin(), queries.end(), 0); // a chunk has one
  const InputTensor inputs[] = {list(inputs_.tokens), list(inputs_.types), list(inputs_.positions), list(inputs_.boundaries), list(queries), list(seeds)};
  LONGC_TRY(executor_->run(std::span(inputs).first(static_cast<size_t>(executor_->function().inputs_size()))));
  for (auto [result, width, rows] : {std::tuple(size_t{0}, width(), &into.soft), {size_t{1}, int64_t{module_.hidden()}, &into.pools}}) {
    const size_t old = rows->size(), added = static_cast<size_t>(inputs_.sequences() * width);
    rows->resize(old + added);
    LONGC_TRY(executor_->readResult(result, rows->data() + old, added * sizeof(float)));
  }
  inputs_.clear();
  return {};
}

} // namespace longc
