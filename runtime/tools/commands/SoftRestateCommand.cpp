// `eval restate`: how well chunks of a text are restated from their soft tokens, from those of other chunks, and from none.
#include "runtime/core/Format.h"
#include "runtime/core/Json.h"
#include "runtime/core/Log.h"
#include "runtime/e2llm/SoftFiles.h"
#include "runtime/e2llm/SoftStep.h"
#include "runtime/serve/ProgramTokenizer.h"
#include "runtime/tools/commands/SoftModel.h"

#include <algorithm>

namespace longc {
namespace {

// The chunks that soft tokens stand for change places, each with one half of the data away.
SoftData shuffled(SoftData data) {
  const std::vector<SoftReference> given = data.references;
  for (size_t i = 0; i < given.size(); ++i)
    data.references[i].chunk = given[(i + given.size() / 2) % given.size()].chunk;
  return data;
}

SoftData withoutSoftTokens(SoftData data) {
  for (Sample &sample : data.samples) {
    std::vector<int32_t> tokens;
    std::vector<float> weights;
    for (size_t t = 0; t < sample.tokens.size(); ++t)
      if (sample.tokens[t] >= 0) {
        tokens.push_back(sample.tokens[t]);
        weights.push_back(sample.weights[t]);
      }
    sample.tokens = std::move(tokens);
    sample.weights = std::move(weights);
  }
  return data;
}

Result<SoftDataOptions> dataOptionsOf(const Arguments &arguments, const abi::Module &encoder) {
  SoftDataOptions options;
  options.reason = false;
  options.understandWeight = 1;
  auto restated = arguments.integer("restate", 1, INT32_MAX), windows = arguments.integer("restate-windows", 1, INT32_MAX);
  if (!restated.ok() || !windows.ok())
    return restated.ok() ? windows.status() : restated.status();
  options.restated = *restated;
  options.mostRestated = *windows;
  auto chunk = chunkSizeOf(arguments, encoder.compression().chunk_bytes());
  if (!chunk.ok())
    return chunk.status();
  options.chunk = *chunk;
  return options;
}

Result<SoftData> readData(const Arguments &arguments, const Program &program) {
  const abi::Module &encoder = *compressingModule(program.message());
  auto options = dataOptionsOf(arguments, encoder);
  if (!options.ok())
    return options.status();
  auto content = readTextFile(arguments.text("data"));
  if (!content.ok())
    return content.status();
  auto tokenizer = createTokenizer(program.module().tokenizer());
  if (!tokenizer.ok())
    return tokenizer.status();
  auto prompt = SoftPrompt::create(*tokenizer, program.module().tokenizer().chat_template());
  if (!prompt.ok())
    return prompt.status();
  return readSoftData(*content, arguments.text("data"), encoder, *tokenizer, *prompt, *options);
}

Status runEvalRestate(const Arguments &arguments) {
  auto program = openProgram(arguments);
  if (!program.ok())
    return program.status();
  if (!compressingModule((*program)->message()))
    return notCompressing();
  if (!arguments.has("data"))
    return Status::error(1006, "expected --data FILE", "lines {\"context\": ...}, whose texts are restated");
  auto engine = engineOptionsOf(arguments);
  if (!engine.ok())
    return engine.status();
  auto data = readData(arguments, **program);
  if (!data.ok())
    return data.status();
  auto step = SoftStep::create(**program, longc_program, *engine);
  if (!step.ok())
    return step.status();
  const ParameterList &list = (*step)->parameters();
  auto values = ParameterArray::create(list, "the trained parameters");
  if (!values.ok())
    return values.status();
  begin(list, /*seed=*/0, *values);
  (*step)->readStored(*values);
  if (arguments.has("adapter"))
    LONGC_TRY(readSoftTrained(arguments.text("adapter"), (*program)->message(), list, *values));
  TrainOptions options;
  options.batch.capacity = SoftDataOptions().longest;
  options.callTokens = (*step)->usualCallTokens();
  JsonWriter json;
  json.beginObject();
  std::string table;
  for (const auto &[name, judged] : {std::pair("nll", *data), {"nll_shuffled", shuffled(*data)}, {"nll_without", withoutSoftTokens(*data)}}) {
    (*step)->use(judged);
    auto report = judge(**step, judged.samples, options, *values, nullptr, [] { return interrupted(); });
    if (!report.ok())
      return report.status();
    json.key(name).number(report->loss, 9);
    table += formatText("%-14s %.4f\n", name, report->loss);
  }
  json.key("samples").integer(static_cast<int64_t>(data->samples.size()));
  return printText(arguments.flag("json") ? json.endObject().str() + "\n" : table + formatText("nats a token, of %zu texts\n", data->samples.size()));
}

} // namespace

const Command evalRestateCommand = {"eval restate",
                                    "how well texts are restated from soft tokens, from those of other texts, and from none (--method e2llm --train)",
                                    {"adapter", "chunk", "data", "device", "exact", "json", "quiet", "restate", "restate-windows", "threads", "variant", "verify"},
                                    runEvalRestate};

} // namespace longc
