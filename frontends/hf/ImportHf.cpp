// The files of a folder put together: which tensors are parameters, which is the head, how their rows are read.
#include "frontends/hf/ImportHf.h"

#include "frontends/StepKinds.h"
#include "frontends/hf/ReadConfig.h"
#include "frontends/hf/ReadGeneration.h"
#include "frontends/hf/ReadPooling.h"
#include "frontends/hf/ReadTokenizerJson.h"
#include "runtime/core/Format.h"
#include "runtime/io/JsonFile.h"
#include "runtime/io/ModelFileError.h"
#include "runtime/io/SafetensorsFolder.h"

#include <algorithm>
#include <cstring>
#include <set>

namespace longc {
namespace {

const std::string headName = "lm_head.weight", tableName = "model.embed_tokens.weight";

// The same of an encoder's. Heads that it was trained with give no embeddings.
std::string encoderName(std::string name) {
  for (std::string_view model : {"bert.", "roberta.", "xlm-roberta."})
    if (name.starts_with(model))
      name.erase(0, model.size());
  for (std::string_view head : {"pooler.", "cls.", "lm_head.", "embeddings.position_ids", "embeddings.token_type_ids"})
    if (name.starts_with(head))
      return "";
  for (auto [old, now] : {std::pair("LayerNorm.gamma", "LayerNorm.weight"), std::pair("LayerNorm.beta", "LayerNorm.bias")})
    if (name.ends_with(old))
      name.replace(name.size() - std::strlen(old), std::strlen(old), now);
  return name;
}

// The name that models use for a tensor; empty for one that has no part in them.
std::string parameterName(std::string name, bool pictures) {
  if (name.ends_with("rotary_emb.inv_freq")) // a table that older versions stored; it follows from the configuration
    return "";
  if (!pictures)
    return name;
  for (const char *part : {"vision_tower.", "multi_modal_projector.", "model.vision_tower.", "model.multi_modal_projector."})
    if (name.starts_with(part))
      return "";
  for (auto [from, to] : {std::pair("language_model.", ""), std::pair("model.language_model.", "model.")})
    if (name.starts_with(from))
      return to + name.substr(std::strlen(from));
  return name;
}

// What programs hold of an element type: exactly the same numbers, but for those of 64 bits.
ElementFormat formatFor(SafetensorsType type, bool vector) {
  if (vector)
    return ElementFormat::F32;
  switch (type) {
  case SafetensorsType::BF16:
  case SafetensorsType::F8_E4M3:
  case SafetensorsType::F8_E5M2:
  case SafetensorsType::F8_E4M3FNUZ:
  case SafetensorsType::F8_E5M2FNUZ:
    return ElementFormat::BF16;
  default:
    return ElementFormat::F32;
  }
}

class RowReader {
public:
  RowReader(const SafetensorsTensor &tensor, ElementFormat format, float added)
      : type_(tensor.type), data_(tensor.data), columns_(static_cast<size_t>(tensor.shape.back())), format_(format),
        added_(added) {}

  Status operator()(int64_t row, std::span<std::byte> out) const {
    const size_t stride = columns_ * safetensorsTypeBits(type_) / 8;
    std::span<const std::byte> bytes = data_.subspan(static_cast<size_t>(row) * stride, stride);
    if (type_ == SafetensorsType::BF16 && format_ == ElementFormat::BF16) {
      std::memcpy(out.data(), bytes.data(), bytes.size());
      return {};
    }
    std::vector<float> values(columns_);
    decodeSafetensors(type_, bytes, values);
    if (added_ != 0)
      for (float &value : values)
        value += added_;
    if (format_ == ElementFormat::F32) {
      std::memcpy(out.data(), values.data(), out.size());
      return {};
    }
    std::vector<uint16_t> narrow(columns_);
    std::transform(values.begin(), values.end(), narrow.begin(), floatToBfloat16);
    std::memcpy(out.data(), narrow.data(), out.size());
    return {};
  }

private:
  SafetensorsType type_;
  std::span<const std::byte> data_;
  size_t columns_;
  ElementFormat format_;
  float added_;
};

Status addParameter(const SafetensorsTensor &tensor, std::string name, const HfConfig &config, Checkpoint &out) {
  if (!isWeightType(tensor.type))
    return Status::error(TensorTypeUnsupported,
                         "tensor " + quoted(tensor.name) + " has type " + safetensorsTypeName(tensor.type) +
                             ": expected BF16, F16, F32, F64 or one of F8",
                         "weights of this type mean nothing by themselves");
  const bool vector = tensor.shape.size() == 1, norm = vector && name.ends_with("norm.weight");
  CheckpointParameter parameter;
  parameter.name = std::move(name);
  parameter.sourceName = tensor.name;
  parameter.format = formatFor(tensor.type, vector);
  parameter.shape = tensor.shape;
  parameter.tensor = &tensor;
  if (!tensor.shape.empty())
    parameter.readRow = RowReader(tensor, parameter.format, norm && config.normsPlusOne ? 1.0f : 0.0f);
  out.parameters.push_back(std::move(parameter));
  return {};
}

bool sameBytes(const SafetensorsTensor &a, const SafetensorsTensor &b) {
  return a.type == b.type && a.shape == b.shape && std::equal(a.data.begin(), a.data.end(), b.data.begin());
}

// Head and embedding as the tensors say: a head equal to the table is the table, one that differs is what is used, and
// a model that is said to be tied may store either.
Status decideHead(const std::vector<std::pair<std::string, const SafetensorsTensor *>> &named, const HfConfig &config,
                  Checkpoint &out) {
  auto find = [&](const std::string &name) -> const SafetensorsTensor * {
    auto found = std::find_if(named.begin(), named.end(), [&](const auto &entry) { return entry.first == name; });
    return found == named.end() ? nullptr : found->second;
  };
  const SafetensorsTensor *head = find(headName), *table = find(tableName);
  out.config.tiedHead = head && table ? sameBytes(*head, *table) : config.tied;
  if (head && table && config.tied && !out.config.tiedHead)
    out.notes.push_back("tensor " + quoted(head->name) + " differs from the embedding, though 'tie_word_embeddings' is true: "
                                                         "it is used");
  if (!out.config.tiedHead || !head)
    return {};
  auto drop = [&](const std::string &name) {
    std::erase_if(out.parameters, [&](const CheckpointParameter &parameter) { return parameter.name == name; });
  };
  if (table)
    return drop(headName), Status();
  for (CheckpointParameter &parameter : out.parameters)
    if (parameter.name == headName)
      parameter.name = tableName;
  return {};
}

Status readTensors(const std::string &folder, const HfConfig &config, bool &hasHeads, Checkpoint &out) {
  for (const char *pickle : {"/pytorch_model.bin", "/pytorch_model.bin.index.json", "/model.pt"})
    if (fileExists(folder + pickle) && !fileExists(folder + "/model.safetensors") && !fileExists(folder + "/model.safetensors.index.json"))
      return Status::error(TensorTypeUnsupported, "'" + folder + pickle + "' is a pickle, which runs code when it is read: expected "
                                                                          "safetensors",
                           "convert it: load the model with transformers and call save_pretrained");
  Result<SafetensorsFolder> opened = SafetensorsFolder::open(folder);
  if (!opened.ok())
    return opened.status();
  auto files = std::make_shared<SafetensorsFolder>(std::move(*opened));
  std::vector<std::pair<std::string, const SafetensorsTensor *>> named;
  std::set<std::string> seen;
  for (const SafetensorsTensor *tensor : files->tensors()) {
    std::string name = config.decoder.encoder ? encoderName(tensor->name) : parameterName(tensor->name, config.pictures);
    if (name.empty()) {
      hasHeads |= config.decoder.encoder && tensor->name.find("embeddings.") == std::string::npos;
      continue;
    }
    if (!seen.insert(name).second)
      return inFile(folder, Status::error(TensorSurplus, "tensor " + quoted(tensor->name) + " stands twice under different names",
                                          "the folder holds two models, or is damaged"));
    if (Status status = addParameter(*tensor, name, config, out); !status.ok())
      return inFile(folder, status);
    named.emplace_back(std::move(name), tensor);
  }
  out.files = files;
  out.fileCount = files->files().size();
  return decideHead(named, config, out);
}

std::string baseName(std::string folder) {
  while (folder.size() > 1 && folder.back() == '/')
    folder.pop_back();
  return folder.substr(folder.rfind('/') + 1);
}

} // namespace

Result<Checkpoint> importHf(const std::string &folder) {
  const std::string configPath = folder + "/config.json";
  if (!fileExists(configPath))
    return Status::error(FileUnreadable, "'" + folder + "' has no config.json: expected the folder of a Hugging Face model",
                         fileExists(folder + "/adapter_config.json") ? "this is an adapter: give the folder of its base model"
                                                                 : "give the folder that save_pretrained wrote, or a .gguf file");
  Result<JsonValue> json = readJsonFile(configPath);
  if (!json.ok())
    return json.status();
  Result<HfConfig> config = readHfConfig(*json);
  if (!config.ok())
    return inFile(configPath, config.status());
  Checkpoint checkpoint;
  checkpoint.title = baseName(folder);
  checkpoint.config = config->decoder;
  checkpoint.memory = config->memory;
  checkpoint.notes = config->notes;
  checkpoint.sourceNameOf = [](const std::string &name) { return name; };
  const JsonValue *text = config->pictures ? json->find("text_config") : nullptr;
  const auto source = std::make_shared<HfFolder>(HfFolder{folder, text ? *text : *json});
  checkpoint.folder = source;
  bool lowers = false;
  if (checkpoint.config.encoder) {
    Result<bool> read = readPooling(folder, *checkpoint.config.encoder, checkpoint.notes);
    if (!read.ok())
      return read.status();
    lowers = *read;
  }
  LONGC_TRY(readTensors(folder, *config, source->hasHeads, checkpoint));
  Result<TokenizerSource> tokenizer = readTokenizerFolder(folder, config->decoder.vocabSize);
  if (!tokenizer.ok())
    return tokenizer.status();
  checkpoint.tokenizer = std::move(*tokenizer);
  if (lowers)
    checkpoint.tokenizer.normalizer.insert(checkpoint.tokenizer.normalizer.begin(), TextStepSource{step_kinds::lowercase, "", ""});
  std::vector<int32_t> endIds;
  LONGC_TRY(readGeneration(folder, *config, endIds, checkpoint.generation));
  addEndTokens(checkpoint.tokenizer, endIds);
  return checkpoint;
}

} // namespace longc
