// One folder a module; names without the module's.
#include "runtime/e2llm/SoftFiles.h"

#include "runtime/core/Format.h"
#include "runtime/core/Json.h"
#include "runtime/core/OutputFile.h"
#include "runtime/e2llm/Compressor.h"
#include "runtime/e2llm/SoftPrompt.h"
#include "runtime/io/JsonFile.h"
#include "runtime/io/SafetensorsFolder.h"
#include "runtime/io/SafetensorsWriter.h"
#include "runtime/train/AdapterFiles.h"

#include <algorithm>
#include <filesystem>

namespace longc {
namespace {

constexpr const char *products = "adapter", *configName = "/e2llm_config.json";
constexpr SafetensorsType written = SafetensorsType::BF16; // what products read, and half as large

// The parameters of one module, by their names in it, with room for values.
struct Part {
  ParameterList list;
  std::vector<const TrainedParameter *> wholes; // the same in the list of all
  ParameterArray values;
};

Result<Part> partOf(const ParameterList &all, const std::string &module) {
  Part part;
  for (const TrainedParameter &parameter : all.parameters())
    if (parameter.name.starts_with(module + "/")) {
      part.list.add(parameter.name.substr(module.size() + 1), parameter.shape, parameter.beginning);
      part.wholes.push_back(&parameter);
    }
  auto values = ParameterArray::create(part.list, "a part of the adapter");
  if (!values.ok())
    return values.status();
  part.values = std::move(*values);
  return part;
}

// What AdapterFiles needs to know of a program, of one module.
abi::Program aloneOf(const abi::Program &program, const abi::Module &module) {
  abi::Program alone;
  alone.set_source(program.source());
  abi::Module *copy = alone.add_modules();
  copy->set_name(module.name());
  copy->set_layers(module.layers());
  if (module.has_lora())
    *copy->mutable_lora() = module.lora();
  return alone;
}

std::string configOf(const abi::Program &program, const ChunkSize &chunk) {
  JsonWriter json;
  json.beginObject();
  json.key("chunk_size").integer(static_cast<int64_t>(chunk.most));
  json.key("chunk_unit").text(chunk.unit == ChunkSize::Unit::tokens ? "tokens" : "bytes");
  json.key("overlap").integer(0);
  json.key("pooling").text(chunkPoolOf(program));
  json.key("tokens_per_chunk").integer(1);
  json.key("adapter").text("mlp");
  json.key("prompt").text("Given the contexts: {chunks} Please follow the instruction: {instruction}");
  json.key("answer_instruction").text(SoftPrompt::answerInstruction("{question}"));
  json.key("restate_instruction").text(SoftPrompt::restateInstruction());
  return json.endObject().str() + "\n";
}

Status otherShape(const std::string &folder, const std::string &what) {
  return Status::error(adapterOfOtherShape, longc::quoted(folder) + ": " + what, "give --adapter a folder that this program's `train` wrote");
}

Status readProducts(const std::string &folder, Part &part) {
  auto files = SafetensorsFolder::open(folder, products);
  if (!files.ok())
    return files.status();
  for (const TrainedParameter &parameter : part.list.parameters()) {
    const SafetensorsTensor *tensor = files->find(parameter.name);
    if (!tensor || !isWeightType(tensor->type) || tensor->shape != parameter.shape)
      return otherShape(folder, "adapter.safetensors has no tensor '" + parameter.name + "' of shape " + shapeText(parameter.shape));
    decodeSafetensors(tensor->type, tensor->data, part.values.of(parameter));
  }
  return {};
}

Status writeProducts(const std::string &folder, const Part &part) {
  std::vector<SafetensorsOutput> tensors;
  for (const TrainedParameter &parameter : part.list.parameters()) {
    tensors.push_back({parameter.name, written, parameter.shape, [&part, &parameter](const SafetensorsOutput::Append &append) {
                         return appendFloats(append, written, part.values.of(parameter), parameter.name);
                       }});
  }
  return writeSafetensors(folder + "/" + products + ".safetensors", std::move(tensors));
}

} // namespace

Status writeSoftTrained(const std::string &folder, const abi::Program &program, const ParameterList &list, const ParameterArray &values, const ChunkSize &chunk) {
  auto write = [&](const std::string &name, const abi::Module *module) -> Status {
    auto part = partOf(list, name);
    if (!part.ok())
      return part.status();
    if (part->wholes.empty())
      return {};
    for (size_t i = 0; i < part->wholes.size(); ++i)
      std::ranges::copy(values.of(*part->wholes[i]), part->values.of(part->list.parameters()[i]).begin());
    if (!module)
      return writeProducts(folder, *part);
    std::error_code error;
    std::filesystem::create_directories(folder + "/" + name, error);
    if (error)
      return Status::error(4001, "cannot write '" + folder + "/" + name + "': " + error.message(), "check the path and its permissions");
    return writeTrained(folder + "/" + name, aloneOf(program, *module), part->list, part->values, /*memory=*/{}, written);
  };
  for (const abi::Module &module : program.modules())
    LONGC_TRY(write(module.name(), &module));
  LONGC_TRY(write(products, nullptr));
  return OutputFile::write(folder + configName, configOf(program, chunk));
}

Status readSoftTrained(const std::string &folder, const abi::Program &program, const ParameterList &list, ParameterArray &values) {
  auto config = readJsonFile(folder + configName);
  if (!config.ok())
    return config.status();
  const JsonValue *pooling = config->find("pooling");
  if (!pooling || !pooling->text() || *pooling->text() != chunkPoolOf(program))
    return otherShape(folder, std::string("e2llm_config.json does not say \"pooling\": \"") + chunkPoolOf(program) + "\", which the program was compiled with");
  auto read = [&](const std::string &name, const abi::Module *module) -> Status {
    auto part = partOf(list, name);
    if (!part.ok())
      return part.status();
    if (part->wholes.empty())
      return {};
    LONGC_TRY(module ? readTrained(folder + "/" + name, aloneOf(program, *module), part->list, part->values) : readProducts(folder, *part));
    for (size_t i = 0; i < part->wholes.size(); ++i)
      std::ranges::copy(std::as_const(part->values).of(part->list.parameters()[i]), values.of(*part->wholes[i]).begin());
    return {};
  };
  for (const abi::Module &module : program.modules())
    LONGC_TRY(read(module.name(), &module));
  return read(products, nullptr);
}

} // namespace longc
