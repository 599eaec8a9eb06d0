// PEFT's names and configuration.
#include "runtime/train/AdapterFiles.h"

#include "runtime/core/Format.h"
#include "runtime/core/Hash.h"
#include "runtime/core/Json.h"
#include "runtime/core/OutputFile.h"
#include "runtime/io/JsonFile.h"
#include "runtime/io/SafetensorsFolder.h"
#include "runtime/io/SafetensorsWriter.h"
#include "runtime/train/ReadLora.h"

#include <algorithm>

namespace longc {
namespace {

constexpr std::string_view endA = ".lora_A", endB = ".lora_B", peftEnd = ".weight";
constexpr std::string_view gatedType = "LONGC_GATED_MEMORY", gatedPart = ".gated_memory.";

bool isGated(const TrainedParameter &parameter) { return parameter.name.find(gatedPart) != std::string::npos; }

std::string moduleOf(const std::string &name) { return name.substr(0, name.size() - endA.size()); }
std::string peftName(const std::string &name) { return std::string(peftPrefix) + name + std::string(peftEnd); }

int64_t rankOf(const ParameterList &list) { return list.parameters().front().name.ends_with(endA) ? list.parameters().front().shape.front()
                                                                                                    : list.parameters().front().shape.back(); }

double scaleOf(const abi::Program &program, const ParameterList &list) {
  const abi::Module &module = program.modules(0);
  return module.has_lora() ? module.lora().alpha() / static_cast<double>(module.lora().rank())
                           : 1.0 / static_cast<double>(std::max<int64_t>(1, rankOf(list)));
}

// A kind of our own in PEFT's layout: what is computed, and of what size.
std::string gatedConfigOf(const abi::Program &program, const MemoryUse &memory) {
  JsonWriter json;
  json.beginObject();
  json.key("base_model_name_or_path").text(program.source());
  json.key("identity").boolean(program.modules(0).gated_memory().identity());
  json.key("inference_mode").boolean(true);
  writeMemoryUse(json, memory);
  json.key("peft_type").text(gatedType);
  json.key("task_type").text("CAUSAL_LM");
  return json.endObject().str() + "\n";
}

std::string configOf(const abi::Program &program, const ParameterList &list, const MemoryUse &memory) {
  if (program.modules(0).has_gated_memory())
    return gatedConfigOf(program, memory);
  const int64_t rank = rankOf(list);
  PeftConfig config{program.source(), {}, {}, program.modules(0).layers(), memory};
  for (const TrainedParameter &parameter : list.parameters())
    if (parameter.name.ends_with(endA))
      config.modules.push_back({moduleOf(parameter.name), rank, scaleOf(program, list) * static_cast<double>(rank)});
  return peftConfigText(config);
}

Status otherShape(const std::string &folder, const std::string &what) {
  return Status::error(adapterOfOtherShape, quoted(folder) + ": " + what,
                       "expected an adapter of the kind that the program was compiled with (--lora, --gated-memory)");
}

Status checkGatedConfig(const std::string &folder, const JsonValue &config, bool identity) {
  const JsonValue *type = config.find("peft_type"), *given = config.find("identity");
  if (!type || !type->text() || *type->text() != gatedType || !given || !given->boolean())
    return Status::error(notAnAdapter, quoted(folder + "/adapter_config.json") + ": expected peft_type " + std::string(gatedType) + " with identity",
                         "give the folder of a gated memory that a program with one saved");
  return *given->boolean() == identity ? Status() : otherShape(folder, "the program's gated memory is of the other form (--gated-memory)");
}

Status readGated(const std::string &folder, const JsonValue &config, const abi::Program &program, const ParameterList &list, ParameterArray &values) {
  LONGC_TRY(checkGatedConfig(folder, config, program.modules(0).gated_memory().identity()));
  auto files = SafetensorsFolder::open(folder, "adapter_model");
  if (!files.ok())
    return files.status();
  for (const TrainedParameter &parameter : list.parameters()) {
    const SafetensorsTensor *tensor = files->find(peftName(parameter.name));
    if (!tensor || !isWeightType(tensor->type) || tensor->shape != parameter.shape)
      return otherShape(folder, "it has no tensor '" + peftName(parameter.name) + "' of the program's shape");
    decodeSafetensors(tensor->type, tensor->data, values.of(parameter));
  }
  return files->tensors().size() == list.parameters().size() ? Status() : otherShape(folder, "it has tensors that the program has not");
}

} // namespace

bool isAdapter(const ParameterList &list) {
  return !list.parameters().empty() && std::ranges::all_of(list.parameters(), [](const TrainedParameter &parameter) {
    return isGated(parameter) || (parameter.shape.size() == 2 && (parameter.name.ends_with(endA) || parameter.name.ends_with(endB)));
  });
}

Status writeTrained(const std::string &folder, const abi::Program &program, const ParameterList &list, const ParameterArray &values,
                    const MemoryUse &memory, SafetensorsType type) {
  const bool adapter = isAdapter(list);
  std::vector<SafetensorsOutput> tensors;
  for (const TrainedParameter &parameter : list.parameters()) {
    const std::string name = adapter ? peftName(parameter.name) : parameter.name;
    tensors.push_back({name, type, parameter.shape, [=, numbers = values.of(parameter)](const SafetensorsOutput::Append &append) {
                         return appendFloats(append, type, numbers, name);
                       }});
  }
  LONGC_TRY(writeSafetensors(folder + (adapter ? "/adapter_model.safetensors" : "/model.safetensors"), std::move(tensors)));
  return adapter ? OutputFile::write(folder + "/adapter_config.json", configOf(program, list, memory)) : Status();
}

Status readTrained(const std::string &folder, const abi::Program &program, const ParameterList &list, ParameterArray &values) {
  if (!isAdapter(list))
    return Status::error(adapterOfOtherShape, quoted(folder) + ": the program was compiled without an adapter",
                         "an adapter wants a program compiled with --lora or --gated-memory; weights of a whole training are compiled in: longc compile MODEL --adapter FOLDER");
  auto config = readJsonFile(folder + "/adapter_config.json");
  if (!config.ok())
    return config.status();
  return program.modules(0).has_gated_memory() ? readGated(folder, *config, program, list, values)
                                               : readLora(folder, *config, list, scaleOf(program, list), values);
}

Result<MemoryUse> recordedMemoryUse(const std::string &folder) {
  auto config = readJsonFile(folder + "/adapter_config.json");
  return config.ok() ? Result<MemoryUse>(memoryUseOf(*config)) : config.status();
}

std::string fingerprintOf(const ParameterArray &values) { return hashText(hashBytes(values.all().data(), values.all().size_bytes())); }

} // namespace longc
