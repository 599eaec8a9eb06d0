// One tensor to rows of rings.
#include "runtime/serve/CachePrefix.h"

#include "runtime/abi/Layout.h"
#include "runtime/core/Format.h"
#include "runtime/core/Hash.h"
#include "runtime/io/ConfigKeys.h"
#include "runtime/io/JsonFile.h"
#include "runtime/io/ModelFileError.h"
#include "runtime/io/Quantized.h"
#include "runtime/io/SafetensorsFolder.h"
#include "runtime/serve/Program.h"

#include <algorithm>
#include <cstring>

namespace longc {
namespace {

constexpr const char *kind = "CARTRIDGE", *tensorName = "prompt_embeddings";
constexpr int64_t mostTokens = 1 << 20;

void store(std::span<const float> row, abi::ElementType type, std::byte *to) {
  for (size_t i = 0; i < row.size(); ++i)
    if (type == abi::BF16) {
      const uint16_t bits = floatToBfloat16(row[i]);
      std::memcpy(to + 2 * i, &bits, sizeof bits);
    } else
      std::memcpy(to + 4 * i, &row[i], sizeof(float));
}

} // namespace

Result<bool> CachePrefix::isIn(const std::string &folder) {
  auto json = readJsonFile(folder + "/adapter_config.json");
  if (!json.ok())
    return json.status();
  const JsonValue *type = json->find("peft_type");
  return type && type->text() && *type->text() == kind;
}

Result<CachePrefix> CachePrefix::read(const std::string &folder, const StateLayout &layout) {
  for (const StateLayout::Entry &entry : layout.rings)
    if (entry.name != StateName::cacheKeys && entry.name != StateName::cacheValues)
      return Status::error(otherShape, quoted(folder) + ": the program's layers keep " + entry.name + ", of which a prefix says nothing", "a prefix of such a model is not read");
  auto json = readJsonFile(folder + "/adapter_config.json");
  if (!json.ok())
    return json.status();
  CachePrefix prefix;
  if (Status status = ConfigKeys(*json).require("num_virtual_tokens", 1, mostTokens, prefix.tokens); !status.ok())
    return Status::error(status.code(), quoted(folder + "/adapter_config.json") + ": " + status.message(), status.hint());
  auto files = SafetensorsFolder::open(folder, "adapter_model");
  if (!files.ok())
    return files.status();
  const SafetensorsTensor *tensor = files->find(tensorName);
  if (!tensor || !isWeightType(tensor->type) || files->tensors().size() != 1)
    return Status::error(notOne, quoted(folder) + ": expected one tensor '" + tensorName + "' in adapter_model.safetensors", "save the adapter with PEFT's save_pretrained");
  int64_t columns = 0;
  std::vector<int64_t> widths;
  for (const StateLayout::Entry &entry : layout.rings)
    columns += widths.emplace_back(entry.rowBytes / elementBytes(entry.type));
  if (tensor->shape != std::vector{prefix.tokens, columns})
    return Status::error(otherShape,
                         quoted(folder) + ": tensor '" + tensorName + "': expected shape " + shapeText(std::vector{prefix.tokens, columns}) +
                             ", keys and values of every layer of the program for each token, the file has " + shapeText(tensor->shape),
                         "give an adapter of this model");
  std::vector<float> numbers(static_cast<size_t>(prefix.tokens * columns));
  decodeSafetensors(tensor->type, tensor->data, numbers);
  for (size_t ring = 0; ring < layout.rings.size(); ++ring) {
    const StateLayout::Entry &entry = layout.rings[ring];
    const int64_t width = widths[ring], first = (2 * int64_t{entry.layer} + (entry.name == StateName::cacheValues)) * width;
    if (first + width > columns)
      return Status::error(otherShape, quoted(folder) + ": the program's layers have rows of several sizes", "a prefix of such a model is not read");
    std::vector<std::byte> &rows = prefix.rings.emplace_back(static_cast<size_t>(prefix.tokens * entry.rowBytes));
    for (int64_t token = 0; token < prefix.tokens; ++token)
      store(std::span(numbers).subspan(static_cast<size_t>(token * columns + first), static_cast<size_t>(width)), entry.type,
            rows.data() + token * entry.rowBytes);
  }
  prefix.fingerprint = hashText(hashBytes(numbers.data(), numbers.size() * sizeof(float)));
  return prefix;
}

} // namespace longc
