// Configuration and tensors put together, each against the other and both against the base.
#include "frontends/peft/Adapter.h"

#include "runtime/core/Format.h"
#include "runtime/io/AdapterConfig.h"
#include "runtime/io/JsonFile.h"
#include "runtime/io/ModelFileError.h"
#include "runtime/io/PeftConfig.h"
#include "runtime/io/SafetensorsFolder.h"

#include <algorithm>
#include <cstring>
#include <map>

namespace longc {
namespace {

const char *const otherBase = "the adapter belongs to another base: compile it with the model it was trained on";

bool cutEnd(std::string &text, std::string_view end) {
  if (!text.ends_with(end))
    return false;
  text.resize(text.size() - end.size());
  return true;
}

// A tensor as rows of F32; `transposed`: its columns are the rows.
CheckpointParameter asParameter(const SafetensorsTensor &tensor, std::string name, bool transposed = false, float added = 0) {
  CheckpointParameter parameter;
  parameter.name = std::move(name);
  parameter.sourceName = tensor.name;
  parameter.format = ElementFormat::F32;
  parameter.shape = tensor.shape;
  if (transposed)
    std::swap(parameter.shape.front(), parameter.shape.back());
  const SafetensorsTensor *from = &tensor;
  parameter.readRow = [from, transposed, added](int64_t row, std::span<std::byte> out) -> Status {
    const size_t bytes = safetensorsTypeBits(from->type) / 8, count = out.size() / sizeof(float);
    const size_t place = static_cast<size_t>(row), width = static_cast<size_t>(from->shape.back());
    std::vector<float> values(count);
    if (!transposed)
      decodeSafetensors(from->type, from->data.subspan(place * count * bytes, count * bytes), values);
    for (size_t i = 0; transposed && i < count; ++i)
      decodeSafetensors(from->type, from->data.subspan((i * width + place) * bytes, bytes), std::span(values).subspan(i, 1));
    for (float &value : values)
      value += added;
    std::memcpy(out.data(), values.data(), out.size());
    return {};
  };
  return parameter;
}

class AdapterReader {
public:
  AdapterReader(const Checkpoint &base, const AdapterConfig &config, Adapter &out) : base_(base), config_(config), out_(out) {}

  Status read(const SafetensorsFolder &files) {
    for (const SafetensorsTensor *tensor : files.tensors())
      LONGC_TRY(place(*tensor));
    for (auto &[name, found] : found_)
      LONGC_TRY(add(name, found));
    LONGC_TRY(checkComplete());
    if (out_.modules.empty() && out_.replaced.empty())
      return Status::error(AdapterInvalid, "adapter_model.safetensors holds no tensor of an adapter", otherBase);
    return checkTied();
  }

private:
  struct Found {
    const SafetensorsTensor *a = nullptr, *b = nullptr;
    bool embedding = false;
  };

  const CheckpointParameter *parameter(const std::string &name) const {
    auto found = std::find_if(base_.parameters.begin(), base_.parameters.end(),
                              [&](const CheckpointParameter &parameter) { return parameter.name == name; });
    return found == base_.parameters.end() ? nullptr : &*found;
  }

  // The base's weight of a module: a tied head is the embedding.
  const CheckpointParameter *weightOf(const std::string &module) const {
    return parameter(module == "lm_head" && base_.config.tiedHead ? "model.embed_tokens.weight" : module + ".weight");
  }

  Status place(const SafetensorsTensor &tensor) {
    std::string name = baseName(tensor.name);
    if (!isWeightType(tensor.type))
      return Status::error(TensorTypeUnsupported, "tensor " + quoted(tensor.name) + " has type " + safetensorsTypeName(tensor.type) +
                                                      ": expected BF16, F16, F32, F64 or one of F8",
                           "save the adapter in one of them");
    struct Part {
      const char *end;
      const SafetensorsTensor *Found::*which;
      bool embedding;
    };
    for (auto [end, which, embedding] : {Part{".lora_A.weight", &Found::a, false}, Part{".lora_B.weight", &Found::b, false},
                                         Part{".lora_embedding_A", &Found::a, true}, Part{".lora_embedding_B", &Found::b, true}})
      if (std::string module = name; cutEnd(module, end)) {
        Found &found = found_[module];
        if (found.*which)
          return Status::error(AdapterInvalid, "tensor " + quoted(tensor.name) + " stands twice under different names");
        found.*which = &tensor;
        found.embedding = embedding;
        return {};
      }
    return replace(tensor, name);
  }

  // A parameter in place of the base's.
  Status replace(const SafetensorsTensor &tensor, std::string name) {
    const bool kept = name.find(keptPart) != std::string::npos;
    if (kept)
      name.replace(name.find(keptPart), keptPart.size(), ".");
    const bool head = name == "lm_head.weight" && base_.config.tiedHead;
    const CheckpointParameter *old = parameter(head ? "model.embed_tokens.weight" : name);
    if (!old)
      return Status::error(AdapterInvalid, "tensor " + quoted(tensor.name) + " is neither of a low-rank product nor one that the base has",
                           otherBase);
    if (tensor.shape != old->shape)
      return misshapen(tensor, old->shape);
    // What an embedding was before its adapter is saved beside it: that of the base, of which a tied head is a part.
    if (kept && (head || isQuantized(old->stored)))
      return {};
    const bool norm = tensor.shape.size() == 1 && name.ends_with("norm.weight") && base_.config.family == "gemma3"; // less 1
    CheckpointParameter fresh = asParameter(tensor, name, false, norm ? 1.0f : 0.0f);
    Result<bool> same = head ? Result<bool>(false) : sameNumbers(*old, fresh);
    if (!same.ok())
      return same.status();
    if (!*same)
      out_.replaced.push_back(std::move(fresh));
    return {};
  }

  static Result<bool> sameNumbers(const CheckpointParameter &a, const CheckpointParameter &b) {
    const auto columns = static_cast<size_t>(a.shape.back());
    std::vector<float> x(columns), y(columns);
    std::vector<std::byte> bytes(*rowBytes(a.format, a.shape.back()));
    for (int64_t row = 0, rows = a.shape.size() == 1 ? 1 : a.shape[0]; row < rows; ++row) {
      LONGC_TRY(a.readRow(row, bytes));
      LONGC_TRY(dequantizeRow(a.format, bytes, x));
      LONGC_TRY(b.readRow(row, std::as_writable_bytes(std::span(y))));
      if (x != y)
        return false;
    }
    return true;
  }

  Status misshapen(const SafetensorsTensor &tensor, std::span<const int64_t> expected) const {
    return Status::error(AdapterInvalid, "tensor " + quoted(tensor.name) + ": expected shape " + shapeText(expected) +
                                             " by base and configuration, the file has " + shapeText(tensor.shape),
                         otherBase);
  }

  Status add(const std::string &module, const Found &found) {
    if (!found.a || !found.b)
      return Status::error(AdapterInvalid, "module " + quoted(module) + " has one of its two tensors only, " +
                                               quoted((found.a ? found.a : found.b)->name),
                           "the adapter is incomplete");
    const CheckpointParameter *weight = weightOf(module);
    if (!weight || weight->shape.size() != 2)
      return Status::error(AdapterInvalid, "tensor " + quoted(found.a->name) + ": the base has no product " + quoted(module), otherBase);
    if (!config_.targets(module))
      return Status::error(AdapterInvalid, "tensor " + quoted(found.a->name) + " is of a module that 'target_modules' does not name",
                           "configuration and tensors are of different adapters");
    const int64_t rank = config_.rankOf(module), outputs = weight->shape[0], inputs = weight->shape[1];
    const bool table = module.ends_with("embed_tokens");
    const std::vector<int64_t> a = found.embedding ? std::vector{rank, outputs} : std::vector{rank, inputs};
    const std::vector<int64_t> b = found.embedding ? std::vector{inputs, rank} : std::vector{outputs, rank};
    if (found.embedding != table)
      return Status::error(AdapterInvalid, "tensor " + quoted(found.a->name) + ": expected tensors of " +
                                               (table ? "an embedding" : "a product") + " for this module", otherBase);
    for (auto [tensor, shape] : {std::pair(found.a, &a), std::pair(found.b, &b)})
      if (tensor->shape != *shape)
        return misshapen(*tensor, *shape);
    const std::string kind = found.embedding ? ".lora_embedding_" : ".lora_";
    out_.modules.push_back({module, asParameter(*found.a, module + kind + "A", found.embedding), asParameter(*found.b, module + kind + "B"),
                            config_.scaleOf(module), found.embedding});
    return {};
  }

  // PEFT leaves a module without tensors as it began, in silence.
  Status checkComplete() const {
    for (const CheckpointParameter &parameter : base_.parameters)
      if (std::string module = parameter.name; parameter.shape.size() == 2 && cutEnd(module, ".weight") && config_.targets(module) &&
                                               !found_.count(module))
        return Status::error(AdapterInvalid, "module " + quoted(module) + " of the base has no tensors, though 'target_modules' names it",
                             otherBase);
    return {};
  }

  Status checkTied() const {
    auto tied = [](const std::string &name) { return name.starts_with("lm_head") || name.starts_with("model.embed_tokens"); };
    const bool touched =
        std::any_of(out_.modules.begin(), out_.modules.end(), [&](const AdaptedModule &each) { return tied(each.module); }) ||
        std::any_of(out_.replaced.begin(), out_.replaced.end(), [&](const CheckpointParameter &each) { return tied(each.name); });
    if (!config_.keepsTied() || !base_.config.tiedHead || !touched)
      return {};
    return Status::error(AdapterInvalid, "key 'ensure_weight_tying' is not supported for an adapter of a tied embedding",
                         "merge the adapter into its base with PEFT: merge_and_unload, save_pretrained");
  }

  const Checkpoint &base_;
  const AdapterConfig &config_;
  Adapter &out_;
  std::map<std::string, Found> found_;
};

// Tensors of a folder, which an adapter's parameters read from.
Result<std::shared_ptr<const SafetensorsFolder>> openTensors(const std::string &folder, const std::string &name) {
  Result<SafetensorsFolder> opened = SafetensorsFolder::open(folder, name);
  if (!opened.ok())
    return opened.status();
  return std::make_shared<const SafetensorsFolder>(std::move(*opened));
}

// What a training of all weights left: tensors of float32 under the base's names.
Result<Adapter> readTrainedWeights(const std::string &folder, const Checkpoint &base) {
  auto files = openTensors(folder, "model");
  if (!files.ok())
    return files.status();
  Adapter adapter;
  adapter.folder = folder;
  adapter.files = *files;
  adapter.keepsTied = true;
  for (const SafetensorsTensor *tensor : (*files)->tensors()) {
    const auto weight = std::ranges::find(base.parameters, tensor->name, &CheckpointParameter::name);
    if (weight == base.parameters.end() || weight->shape != tensor->shape || !isWeightType(tensor->type))
      return Status::error(AdapterInvalid, folder + ": tensor " + quoted(tensor->name) + " is no weight of the base, or of another shape",
                           "give the model that the training began with");
    adapter.replaced.push_back(asParameter(*tensor, tensor->name));
  }
  return adapter;
}

} // namespace

Result<Adapter> readAdapter(const std::string &folder, const Checkpoint &base) {
  const std::string configPath = folder + "/adapter_config.json";
  if (!fileExists(configPath) && fileExists(folder + "/model.safetensors") && !fileExists(folder + "/config.json"))
    return readTrainedWeights(folder, base);
  if (!fileExists(configPath))
    return Status::error(FileUnreadable, "'" + folder + "' has no adapter_config.json: expected the folder of a PEFT adapter",
                         "give the folder that save_pretrained of the adapter wrote");
  if (!fileExists(folder + "/adapter_model.safetensors") && fileExists(folder + "/adapter_model.bin"))
    return Status::error(TensorTypeUnsupported, "'" + folder + "/adapter_model.bin' is a pickle, which runs code when it is read: expected "
                                                               "adapter_model.safetensors",
                         "convert it: load the adapter with PEFT and call save_pretrained");
  Result<JsonValue> json = readJsonFile(configPath);
  if (!json.ok())
    return json.status();
  Result<AdapterConfig> config = AdapterConfig::read(*json);
  if (!config.ok())
    return inFile(configPath, config.status());
  auto files = openTensors(folder, "adapter_model");
  if (!files.ok())
    return files.status();
  Adapter adapter;
  adapter.folder = folder;
  adapter.files = *files;
  adapter.memory = memoryUseOf(*json);
  if (Status status = AdapterReader(base, *config, adapter).read(**files); !status.ok())
    return inFile(folder, status);
  return adapter;
}

} // namespace longc
