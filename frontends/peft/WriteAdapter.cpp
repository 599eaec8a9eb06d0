// PEFT's names of tensors, and the configuration beside them.
#include "frontends/peft/WriteAdapter.h"

#include "runtime/core/Format.h"
#include "runtime/core/OutputFile.h"
#include "runtime/io/ModelFileError.h"
#include "runtime/io/PeftConfig.h"
#include "runtime/io/SafetensorsWriter.h"

#include <algorithm>

namespace longc {
namespace {

// All rows of a parameter of F32; `transposed`: its columns one after the other.
Status writeRows(const CheckpointParameter &parameter, bool transposed, SafetensorsType type, const SafetensorsOutput::Append &append) {
  const bool vector = parameter.shape.size() == 1;
  const auto rows = static_cast<size_t>(vector ? 1 : parameter.shape[0]), columns = static_cast<size_t>(parameter.shape.back());
  std::vector<float> values(rows * columns);
  for (size_t row = 0; row < rows; ++row)
    LONGC_TRY(parameter.readRow(static_cast<int64_t>(row), std::as_writable_bytes(std::span(values).subspan(row * columns, columns))));
  if (transposed) {
    std::vector<float> across(values.size());
    for (size_t row = 0; row < rows; ++row)
      for (size_t column = 0; column < columns; ++column)
        across[column * rows + row] = values[row * columns + column];
    values = std::move(across);
  }
  return appendFloats(append, type, values, parameter.sourceName);
}

SafetensorsOutput tensorOf(const CheckpointParameter &parameter, std::string name, bool transposed, SafetensorsType type) {
  std::vector<int64_t> shape = parameter.shape;
  if (transposed)
    std::swap(shape.front(), shape.back());
  return {std::move(name), type, std::move(shape), [&parameter, transposed, type](const SafetensorsOutput::Append &append) {
            return writeRows(parameter, transposed, type, append);
          }};
}

} // namespace

Status writeAdapter(const Adapter &adapter, const AdapterBase &base, SafetensorsType type, const std::string &folder) {
  PeftConfig config{base.title, {}, {}, base.layers, adapter.memory};
  std::vector<SafetensorsOutput> tensors;
  for (const AdaptedModule &module : adapter.modules) {
    const int64_t rank = module.b.shape[1];
    const std::string name = std::string(peftPrefix) + module.module + (module.embedding ? ".lora_embedding_" : ".lora_");
    const char *end = module.embedding ? "" : ".weight";
    config.modules.push_back({module.module, rank, module.scale * static_cast<double>(rank)});
    tensors.push_back(tensorOf(module.a, name + "A" + end, module.embedding, type));
    tensors.push_back(tensorOf(module.b, name + "B" + end, false, type));
  }
  for (const CheckpointParameter &whole : adapter.replaced) {
    if (base.family == "gemma3" && whole.shape.size() == 1)
      return Status::error(TensorTypeUnsupported, "tensor " + quoted(whole.sourceName) + " is a norm of a family that stores norms less 1: "
                                                                                         "it is not written back",
                           "leave the norms out of the adapter's modules_to_save");
    const std::string module = whole.name.substr(0, whole.name.rfind('.'));
    const bool kept = whole.sourceName.find(keptPart) != std::string::npos; // below the products of its module
    if (!kept && std::ranges::find(config.saved, module) == config.saved.end())
      config.saved.push_back(module);
    tensors.push_back(tensorOf(whole, std::string(peftPrefix) + (kept ? module + std::string(keptPart) + whole.name.substr(module.size() + 1) : whole.name), false, type));
  }
  LONGC_TRY(writeSafetensors(folder + "/adapter_model.safetensors", std::move(tensors)));
  return OutputFile::write(folder + "/adapter_config.json", peftConfigText(config));
}

} // namespace longc
