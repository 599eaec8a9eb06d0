// `info`: what this program is, and what it would do on this machine.
#include "runtime/core/Format.h"
#include "runtime/core/Json.h"
#include "runtime/core/ThreadPool.h"
#include "runtime/device/CpuDevice.h"
#include "runtime/device/CpuFeatures.h"
#include "runtime/e2llm/Compressor.h"
#include "runtime/serve/SamplingDefaults.h"
#include "runtime/tools/commands/Command.h"
#include "runtime/train/AdapterFiles.h"

#include <functional>

namespace longc {
namespace {

std::string joined(const std::vector<std::string> &names) {
  std::string text;
  for (const std::string &name : names)
    text += (text.empty() ? "" : " ") + name;
  return text;
}

std::string layersText(const abi::Memory &memory, uint32_t layers) {
  if (memory.layers_size() == 0)
    return "none";
  if (static_cast<uint32_t>(memory.layers_size()) == layers)
    return formatText("all %u", layers);
  std::string text;
  for (uint32_t layer : memory.layers())
    text += (text.empty() ? "" : ",") + std::to_string(layer);
  return text;
}

// Memory of one token in the fast functions: what a document costs.
int64_t bytesPerToken(const Program &program, const char *precision) {
  std::vector<const abi::Function *> functions;
  for (const char *name : {"prefill", "decode"})
    if (const abi::Function *function = program.findFunction(name, precision, "cpu"))
      functions.push_back(function);
  int64_t bytes = 0;
  for (const StateLayout::Entry &entry : StateLayout::of(program.message(), functions).pages)
    bytes += entry.rowBytes;
  return bytes;
}

const char *poolingName(abi::Encoder::Pooling pooling) {
  return pooling == abi::Encoder::CLS ? "cls" : pooling == abi::Encoder::LAST ? "last" : "mean";
}

// Lines about what a program remembers, or about what an encoder's embeddings are.
void describeKind(const Program &program, const std::function<void(const char *, const std::string &)> &line) {
  const abi::Module &module = program.module();
  const abi::Memory &memory = module.memory();
  if (module.has_encoder()) {
    line("embedding", poolingName(module.encoder().pooling()) + std::string(module.encoder().normalize() ? ", length 1" : ""));
    return;
  }
  if (const abi::Module *encoder = compressingModule(program.message()))
    line("encoder", formatText("%u layers, width %u, %s of chunks of %s bytes", encoder->layers(), encoder->hidden(),
                               chunkPoolOf(program.message()), formatCount(encoder->compression().chunk_bytes()).c_str()));
  line("method", memory.method().empty() ? "none" : memory.method());
  line("memory layers", layersText(memory, module.layers()) +
                            (memory.topk() ? formatText(", exact top-%u", memory.topk()) : ", dense"));
  line("memory", formatText("%s bytes a token", formatCount(bytesPerToken(program, "fast")).c_str()));
  line("window", formatText("%u tokens, last context %u", memory.default_window(), memory.default_last_context()));
  line("sampling", samplingOf(module).describe());
}

// An adapter of --adapter, and how a memory is used with it unless it is said otherwise.
struct NamedUse {
  std::string folder;
  MemoryUse memory;
};

std::string toText(const Program &program, const CpuFeatures &features, const std::string &variant, const std::vector<NamedUse> &adapters) {
  const abi::Module &module = program.module();
  std::string text;
  auto line = [&](const char *name, const std::string &value) { text += formatText("%-16s %s\n", name, value.c_str()); };
  line("model", module.name() + " from " + program.message().source());
  line("fingerprint", program.fingerprint());
  line("compiler", program.message().compiler());
  line("weights", formatBytes(static_cast<double>(program.weightsBytes())));
  line("shape", formatText("%u layers, width %u, vocabulary %s", module.layers(), module.hidden(),
                           formatCount(module.vocabulary()).c_str()));
  line("context", formatCount(static_cast<long long>(module.context_length())) + " tokens");
  describeKind(program, line);
  for (const NamedUse &adapter : adapters)
    line("adapter", adapter.folder + (adapter.memory.ingest.empty() ? "" : ", ingest " + adapter.memory.ingest) +
                        (adapter.memory.temperature.empty() ? "" : ", memory temperature " + adapter.memory.temperature));
  line("processor", features.brand + " (" + features.describe() + ")");
  line("variants", joined(variantsOf(longc_program)));
  line("chosen", variant);
  line("cores", std::to_string(ThreadPool::availableCores()));
  return text;
}

std::string toJson(const Program &program, const CpuFeatures &features, const std::string &variant, const std::vector<NamedUse> &adapters) {
  const abi::Module &module = program.module();
  JsonWriter json;
  json.beginObject();
  json.key("model").text(module.name());
  json.key("source").text(program.message().source());
  json.key("fingerprint").text(program.fingerprint());
  json.key("compiler").text(program.message().compiler());
  json.key("weights_bytes").integer(static_cast<int64_t>(program.weightsBytes()));
  json.key("layers").integer(module.layers());
  json.key("hidden").integer(module.hidden());
  json.key("vocabulary").integer(module.vocabulary());
  json.key("context_length").integer(static_cast<int64_t>(module.context_length()));
  if (module.has_encoder()) {
    json.key("pooling").text(poolingName(module.encoder().pooling()));
    json.key("normalize").boolean(module.encoder().normalize());
  }
  json.key("method").text(module.memory().method());
  json.key("memory_layers").beginArray();
  for (uint32_t layer : module.memory().layers())
    json.integer(layer);
  json.endArray();
  json.key("memory_topk").integer(module.memory().topk());
  json.key("memory_bytes_per_token").integer(bytesPerToken(program, "fast"));
  json.key("window").integer(module.memory().default_window());
  json.key("last_context").integer(module.memory().default_last_context());
  json.key("adapters").beginArray();
  for (const NamedUse &adapter : adapters) {
    json.beginObject().key("folder").text(adapter.folder);
    json.key("ingest").text(adapter.memory.ingest);
    json.key("memory_temperature").text(adapter.memory.temperature).endObject();
  }
  json.endArray();
  if (!module.has_encoder()) {
    const SamplerOptions sampling = samplingOf(module);
    json.key("sampling").beginObject();
    json.key("temperature").number(static_cast<double>(sampling.temperature));
    json.key("top_k").integer(sampling.topK);
    json.key("top_p").number(static_cast<double>(sampling.topP));
    json.key("min_p").number(static_cast<double>(sampling.minP));
    json.key("repetition_penalty").number(static_cast<double>(sampling.repetitionPenalty)).endObject();
  }
  json.key("processor").text(features.brand);
  json.key("features").text(features.describe());
  json.key("variants").beginArray();
  for (const std::string &name : variantsOf(longc_program))
    json.text(name);
  json.endArray();
  json.key("variant").text(variant);
  json.key("cores").integer(ThreadPool::availableCores());
  return json.endObject().str() + "\n";
}

Status runInfo(const Arguments &arguments) {
  auto program = Program::open(programPath(), arguments.flag("verify"));
  if (!program.ok())
    return program.status();
  CpuFeatures features = CpuFeatures::detect();
  auto variant = chooseVariant(features, variantsOf(longc_program), arguments.text("variant"));
  if (!variant.ok() && arguments.has("variant"))
    return variant.status();
  std::string chosen = variant.ok() ? *variant : "none";
  std::vector<NamedUse> adapters;
  for (const std::string &text : arguments.all("adapter")) {
    const std::string folder = NamedFolder::of(text).folder;
    auto use = compressingModule((*program)->message()) ? Result<MemoryUse>(MemoryUse()) : recordedMemoryUse(folder);
    if (!use.ok())
      return use.status();
    adapters.push_back({folder, *use});
  }
  return printText(arguments.flag("json") ? toJson(**program, features, chosen, adapters) : toText(**program, features, chosen, adapters));
}

} // namespace

const Command infoCommand = {"info", "what this program holds and which variant it would use here",
                             {"adapter", "json", "variant", "verify"}, runInfo};

} // namespace longc
