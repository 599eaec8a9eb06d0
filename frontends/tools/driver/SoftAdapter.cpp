// Tensors and configuration of E2LLM's adapter, against the models that it joins.
#include "frontends/tools/driver/SoftAdapter.h"

#include "frontends/tools/driver/Pools.h"
#include "runtime/core/Format.h"
#include "runtime/io/JsonFile.h"
#include "runtime/io/SafetensorsFolder.h"

#include <cstring>
#include <filesystem>

namespace longc {
namespace {

constexpr int notJoined = 1155;

CheckpointParameter asParameter(const SafetensorsTensor &tensor) {
  CheckpointParameter parameter;
  parameter.name = "adapter/" + tensor.name;
  parameter.sourceName = tensor.name;
  parameter.format = ElementFormat::F32;
  parameter.shape = tensor.shape;
  parameter.readRow = [from = &tensor](int64_t row, std::span<std::byte> out) -> Status {
    std::vector<float> values(out.size() / sizeof(float));
    const size_t bytes = values.size() * safetensorsTypeBits(from->type) / 8;
    decodeSafetensors(from->type, from->data.subspan(static_cast<size_t>(row) * bytes, bytes), values);
    std::memcpy(out.data(), values.data(), out.size());
    return {};
  };
  return parameter;
}

Status readConfig(const std::string &folder, SoftAdapter &adapter) {
  auto config = readJsonFile(folder + "/e2llm_config.json");
  if (!config.ok())
    return config.status();
  const JsonValue *pool = config->find("pooling"), *chunk = config->find("chunk_size"), *unit = config->find("chunk_unit");
  if (!pool || !pool->text() || !chunk || !chunk->integer())
    return Status::error(notJoined, folder + "/e2llm_config.json has no \"pooling\" and \"chunk_size\"", "give the folder that `train` wrote");
  adapter.pool = *pool->text();
  if (!findPool(adapter.pool))
    return Status::error(notJoined, folder + "/e2llm_config.json: the pooling '" + adapter.pool + "' is not known", "pools: " + poolNames());
  if (!unit || !unit->text() || *unit->text() == "bytes")
    adapter.chunkBytes = *chunk->integer();
  return {};
}

} // namespace

Result<SoftAdapter> readSoftAdapter(const std::string &folder, const Checkpoint &encoder, const Checkpoint &decoder, const std::string &pool) {
  SoftAdapter adapter;
  LONGC_TRY(readConfig(folder, adapter));
  if (!pool.empty() && pool != adapter.pool)
    return Status::error(notJoined, "--pool " + pool + ": the adapter of '" + folder + "' was trained with " + adapter.pool,
                         "leave --pool out, or give an adapter that was trained with it");
  for (auto [name, base, into] : {std::tuple("encoder", &encoder, &adapter.encoder), {"decoder", &decoder, &adapter.decoder}}) {
    const std::string part = folder + "/" + name;
    if (!std::filesystem::exists(part))
      continue;
    auto read = readAdapter(part, *base);
    if (!read.ok())
      return read.status();
    *into = std::move(*read);
  }
  auto opened = SafetensorsFolder::open(folder, "adapter");
  if (!opened.ok())
    return opened.status();
  auto files = std::make_shared<const SafetensorsFolder>(std::move(*opened));
  const SafetensorsTensor *inner = files->find("mlp.0.weight"), *outer = files->find("mlp.2.weight");
  if (!inner || !outer || inner->shape.size() != 2 || outer->shape.size() != 2)
    return Status::error(notJoined, folder + "/adapter.safetensors has no matrices mlp.0.weight and mlp.2.weight", "give the folder that `train` wrote");
  const int64_t hidden = adapter.hidden = inner->shape[0], columns = encoder.config.hidden;
  std::vector<std::pair<const char *, std::vector<int64_t>>> expected = {{"mlp.0.weight", {hidden, columns}},
                                                                         {"mlp.0.bias", {hidden}},
                                                                         {"mlp.2.weight", {decoder.config.hidden, hidden}},
                                                                         {"mlp.2.bias", {decoder.config.hidden}}};
  if (findPool(adapter.pool)->learns) {
    expected.push_back({"pma.seed", {1, columns}});
    for (const char *name : {"pma.key.weight", "pma.value.weight"})
      expected.push_back({name, {columns, columns}});
  }
  for (const auto &[name, shape] : expected) {
    const SafetensorsTensor *tensor = files->find(name);
    if (!tensor || !isWeightType(tensor->type) || tensor->shape != shape)
      return Status::error(notJoined,
                           folder + ": tensor '" + name + "' is " + (tensor ? shapeText(tensor->shape) : "missing") + ", expected " +
                               shapeText(shape) + ": the encoder's rows have " + std::to_string(encoder.config.hidden) +
                               " columns, the decoder's " + std::to_string(decoder.config.hidden),
                           "compile it with the models that it was trained between");
    adapter.products.push_back(asParameter(*tensor));
  }
  adapter.files = std::move(files);
  return adapter;
}

} // namespace longc
