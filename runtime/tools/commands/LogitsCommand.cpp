// `logits`: computes what a requests file asks for, for comparison with a reference (test/golden/check_logits.py).
//
// A request is a line {"prompt": i, "tokens": [...], "positions": [...], "greedy": n}; its result is a line
// {"prompt", "positions", "logits", "greedy"} with `logits` the base64 of little-endian float32 [positions, vocabulary].
// With "calls" [[size, times], ...] the tokens are taken in by calls of these sizes, as a prompt and decoded tokens are;
// the result then has "memory_length", the tokens in memory after each entry (test/golden/check_fot.py).
#include "runtime/core/Format.h"
#include "runtime/core/Json.h"
#include "runtime/core/OutputFile.h"
#include "runtime/serve/Generate.h"
#include "runtime/tools/commands/Command.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>

namespace longc {
namespace {

struct Request {
  int64_t prompt = 0, greedy = 0;
  std::vector<int32_t> tokens;
  std::vector<int64_t> positions;
  std::vector<std::pair<int64_t, int64_t>> calls; // size, times
};

std::string base64(std::string_view bytes) {
  static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t place = 0; place < bytes.size(); place += 3) {
    size_t count = std::min<size_t>(3, bytes.size() - place);
    uint32_t word = 0;
    for (size_t byte = 0; byte < 3; ++byte)
      word = word << 8 | (byte < count ? static_cast<unsigned char>(bytes[place + byte]) : 0);
    for (size_t letter = 0; letter < 4; ++letter)
      text += letter <= count ? letters[(word >> (18 - 6 * letter)) & 63] : '=';
  }
  return text;
}

template <typename Number> bool readNumbers(const nlohmann::json &list, std::vector<Number> &numbers) {
  if (!list.is_array())
    return false;
  for (const nlohmann::json &value : list) {
    if (!value.is_number_integer() || value.get<int64_t>() < 0 || value.get<int64_t>() > INT32_MAX)
      return false;
    numbers.push_back(static_cast<Number>(value.get<int64_t>()));
  }
  return true;
}

// Calls that add up to all tokens.
bool readCalls(const nlohmann::json &list, Request &request) {
  int64_t tokens = 0, all = static_cast<int64_t>(request.tokens.size());
  if (!list.is_array())
    return false;
  for (const nlohmann::json &entry : list) {
    std::vector<int64_t> numbers;
    if (!readNumbers(entry, numbers) || numbers.size() != 2 || numbers[0] < 1 || numbers[1] > all ||
        numbers[0] > all)
      return false;
    request.calls.emplace_back(numbers[0], numbers[1]);
    tokens += numbers[0] * numbers[1];
  }
  return tokens == all;
}

Result<Request> readRequest(const std::string &line, size_t number) {
  Status bad = Status::error(5405, formatText("request line %zu is malformed", number),
                             "expected {\"prompt\", \"tokens\", \"positions\" (ascending), \"greedy\"}");
  nlohmann::json json = nlohmann::json::parse(line, nullptr, false);
  if (!json.is_object())
    return bad;
  Request request;
  for (auto [name, target] : {std::pair("prompt", &request.prompt), std::pair("greedy", &request.greedy)})
    if (json.contains(name)) {
      if (!json[name].is_number_integer())
        return bad;
      *target = json[name].get<int64_t>();
    }
  if (!json.contains("tokens") || !readNumbers(json["tokens"], request.tokens) || request.tokens.empty() ||
      (json.contains("positions") && !readNumbers(json["positions"], request.positions)) ||
      !std::is_sorted(request.positions.begin(), request.positions.end()) ||
      std::adjacent_find(request.positions.begin(), request.positions.end()) != request.positions.end() ||
      (json.contains("calls") && !readCalls(json["calls"], request)) || (!request.positions.empty() && request.positions.back() >= static_cast<int64_t>(request.tokens.size())))
    return bad;
  return request;
}

// Takes in tokens [first, first + count) of the request; appends the logits asked for to `bytes`.
Status ingestCall(Session &session, const Request &request, int64_t first, int64_t count, std::string &bytes) {
  IngestOptions ingest;
  ingest.rows = IngestOptions::Rows::listed;
  for (int64_t position : request.positions)
    if (position >= first && position < first + count)
      ingest.listed.push_back(position - first);
  ingest.onLogits = [&](int64_t index, std::span<const float> logits) {
    if (std::binary_search(ingest.listed.begin(), ingest.listed.end(), index))
      bytes.append(reinterpret_cast<const char *>(logits.data()), logits.size_bytes());
    return Status();
  };
  return session.ingest(std::span(request.tokens).subspan(first, count), ingest);
}

Result<std::string> answer(LoadedProgram &loaded, const SessionOptions &options, const Request &request) {
  auto session = Session::create(*loaded.engine, options);
  if (!session.ok())
    return session.status();
  std::string bytes;
  std::vector<int32_t> memoryLengths;
  int64_t first = 0;
  auto calls = request.calls;
  if (calls.empty())
    calls = {{static_cast<int64_t>(request.tokens.size()), 1}};
  for (auto [size, times] : calls) {
    for (int64_t call = 0; call < times; ++call, first += size)
      LONGC_TRY(ingestCall(**session, request, first, size, bytes));
    memoryLengths.push_back(static_cast<int32_t>((*session)->marks().memoryTokens()));
  }
  Sampler sampler(SamplerOptions{});
  GenerateOptions generateOptions;
  generateOptions.maxTokens = request.greedy;
  generateOptions.onToken = [](int32_t) { return !interrupted(); };
  auto generation = generate(**session, sampler, generateOptions);
  if (!generation.ok())
    return generation.status();
  JsonWriter json;
  json.beginObject();
  json.key("prompt").integer(request.prompt);
  json.key("positions").beginArray();
  for (int64_t position : request.positions)
    json.integer(position);
  json.endArray();
  json.key("logits").text(base64(bytes));
  json.key("greedy").integers(generation->tokens);
  if (!request.calls.empty())
    json.key("memory_length").integers(memoryLengths);
  return json.endObject().str() + "\n";
}

Status answerAll(LoadedProgram &loaded, const SessionOptions &options, const std::string &requests, ProgressMode mode,
                 OutputFile &output) {
  auto total = std::count(requests.begin(), requests.end(), '\n');
  Progress progress(mode, "computing", total, "prompts");
  size_t number = 0;
  for (size_t begin = 0; begin < requests.size(); ++number) {
    size_t end = std::min(requests.find('\n', begin), requests.size());
    std::string line = requests.substr(begin, end - begin);
    begin = end + 1;
    if (line.find_first_not_of(" \t\r") == std::string::npos)
      continue;
    auto request = readRequest(line, number + 1);
    if (!request.ok())
      return request.status();
    auto text = answer(loaded, options, *request);
    if (!text.ok())
      return text.status();
    if (interrupted())
      return Status::error(cancelledCode, "cancelled");
    LONGC_TRY(output.append(text->data(), text->size()));
    progress.update(static_cast<int64_t>(number) + 1);
  }
  return {};
}

Status runLogits(const Arguments &arguments) {
  if (!arguments.has("requests") || !arguments.has("output"))
    return Status::error(1006, "expected --requests FILE and --output FILE", "see --help");
  auto mode = progressOf(arguments);
  if (!mode.ok())
    return mode.status();
  auto requests = readTextFile(arguments.text("requests"));
  if (!requests.ok())
    return requests.status();
  auto loaded = LoadedProgram::load(arguments);
  if (!loaded.ok())
    return loaded.status();
  auto options = loaded->sessionOptions(arguments);
  if (!options.ok())
    return options.status();
  auto output = OutputFile::create(arguments.text("output"));
  if (!output.ok())
    return output.status();
  LONGC_TRY(answerAll(*loaded, *options, *requests, *mode, *output));
  LONGC_TRY(output->complete());
  LONGC_TRY(loaded->report());
  return {};
}

} // namespace

const Command logitsCommand = {"logits", "logits and greedy tokens for a file of requests; token ids are taken as they stand, nothing is added before them",
                               modelOptions({"output", "requests"}), runLogits};

} // namespace longc
