// Tensors to shards, and the files around them.
#include "frontends/hf/WriteHf.h"

#include "frontends/hf/BuildJson.h"
#include "frontends/hf/WriteConfig.h"
#include "frontends/hf/WriteTokenizer.h"
#include "runtime/core/Format.h"
#include "runtime/core/JsonText.h"
#include "runtime/core/OutputFile.h"
#include "runtime/io/MappedFile.h"
#include "runtime/io/ModelFileError.h"
#include "runtime/io/SafetensorsWriter.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <unistd.h>

namespace longc {
namespace {

// What a folder holds beside tensors and configuration.
constexpr const char *sideFiles[] = {
    "generation_config.json", "tokenizer.json",      "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
    "chat_template.jinja",    "chat_template.json",  "vocab.json",            "vocab.txt",               "merges.txt",
    "tokenizer.model",        "spiece.model",        "sentencepiece.bpe.model", "sentence_bert_config.json",
    "config_sentence_transformers.json",
};

bool isVector(const CheckpointParameter &parameter) { return parameter.shape.size() == 1; }

SafetensorsType storedType(const CheckpointParameter &parameter) {
  if (parameter.tensor)
    return parameter.tensor->type;
  switch (parameter.stored) {
  case ElementFormat::F16:
    return SafetensorsType::F16;
  case ElementFormat::BF16:
    return SafetensorsType::BF16;
  default:
    return SafetensorsType::F32;
  }
}

// What a configuration calls a type of weights; empty for one that a whole model is not loaded as.
std::string configType(SafetensorsType type) {
  switch (type) {
  case SafetensorsType::F32:
    return "float32";
  case SafetensorsType::F16:
    return "float16";
  case SafetensorsType::BF16:
    return "bfloat16";
  default:
    return "";
  }
}

// Rows of a parameter as float32, as Hugging Face stores them.
class RowsOut {
public:
  RowsOut(const CheckpointParameter &parameter, float lessened)
      : parameter_(parameter), lessened_(lessened), columns_(static_cast<size_t>(parameter.shape.back())),
        bytes_(parameter.tensor ? 0 : *rowBytes(parameter.format, parameter.shape.back())) {}

  int64_t rows() const { return isVector(parameter_) ? 1 : parameter_.shape[0]; }
  size_t columns() const { return columns_; }

  Status read(int64_t row, std::span<float> out) {
    if (const SafetensorsTensor *tensor = parameter_.tensor) {
      const size_t stride = columns_ * safetensorsTypeBits(tensor->type) / 8;
      decodeSafetensors(tensor->type, tensor->data.subspan(static_cast<size_t>(row) * stride, stride), out);
      return {};
    }
    LONGC_TRY(parameter_.readRow(row, bytes_));
    LONGC_TRY(dequantizeRow(parameter_.format, bytes_, out));
    for (float &value : out)
      value -= lessened_;
    return {};
  }

private:
  const CheckpointParameter &parameter_;
  float lessened_; // norms of some families are stored less 1
  size_t columns_;
  std::vector<std::byte> bytes_;
};

uint16_t narrowed(SafetensorsType type, float value) {
  return type == SafetensorsType::F16 ? floatToHalf(value) : floatToBfloat16(value);
}
float widened(SafetensorsType type, uint16_t bits) {
  return type == SafetensorsType::F16 ? halfToFloat(bits) : bfloat16ToFloat(bits);
}

class FolderWriter {
public:
  FolderWriter(const Checkpoint &checkpoint, const HfWriting &options, const std::string &folder)
      : checkpoint_(checkpoint), options_(options), folder_(folder) {}

  Result<HfWritten> write() {
    Result<WrittenConfig> config = writeConfig(checkpoint_, "");
    if (!config.ok())
      return config.status();
    normsPlusOne_ = config->read.normsPlusOne;
    LONGC_TRY(decideType());
    if (!written_.type.empty()) {
      config = writeConfig(checkpoint_, written_.type);
      if (!config.ok())
        return config.status();
    }
    LONGC_TRY(OutputFile::write(path("config.json"), jsonText(config->json)));
    LONGC_TRY(writeTokens());
    if (checkpoint_.config.encoder)
      LONGC_TRY(writePooling());
    LONGC_TRY(writeShards());
    if (blocks_)
      written_.notes.push_back(std::to_string(blocks_) + (blocks_ == 1 ? " matrix" : " matrices") + " of quantised blocks written as " +
                               (options_.type ? safetensorsTypeName(*options_.type) : "F32"));
    return written_;
  }

private:
  std::string path(const std::string &name) const { return folder_ + "/" + name; }

  SafetensorsType typeOf(const CheckpointParameter &parameter) const {
    return options_.type.value_or(storedType(parameter));
  }

  float lessened(const CheckpointParameter &parameter) const {
    return normsPlusOne_ && isVector(parameter) && parameter.name.ends_with("norm.weight") ? 1.0f : 0.0f;
  }

  // What the whole model is loaded as without a number being changed: the type of its matrices, if all have one and every
  // vector's numbers are of it, else float32.
  Status decideType() {
    if (options_.type) {
      written_.type = configType(*options_.type);
      return {};
    }
    if (checkpoint_.folder)
      return {}; // what it says stays
    std::optional<SafetensorsType> matrices;
    bool one = true;
    for (const CheckpointParameter &parameter : checkpoint_.parameters)
      if (!isVector(parameter)) {
        one &= !matrices || *matrices == storedType(parameter);
        matrices = storedType(parameter);
      }
    for (const CheckpointParameter &parameter : checkpoint_.parameters)
      if (one && matrices && *matrices != SafetensorsType::F32 && isVector(parameter)) {
        Result<bool> holds = isExactIn(*matrices, parameter);
        if (!holds.ok())
          return holds.status();
        one = *holds;
      }
    written_.type = configType(one && matrices ? *matrices : SafetensorsType::F32);
    return {};
  }

  Result<bool> isExactIn(SafetensorsType type, const CheckpointParameter &parameter) const {
    RowsOut rows(parameter, lessened(parameter));
    std::vector<float> values(rows.columns());
    LONGC_TRY(rows.read(0, values));
    return std::all_of(values.begin(), values.end(),
                       [&](float value) { return widened(type, narrowed(type, value)) == value; });
  }

  Status writeTokens() {
    if (!checkpoint_.folder) {
      Result<std::vector<std::pair<std::string, std::string>>> files = writeTokenizer(checkpoint_);
      if (!files.ok())
        return files.status();
      for (const auto &[name, content] : *files)
        LONGC_TRY(OutputFile::write(path(name), content));
      return {};
    }
    for (const char *name : sideFiles) {
      const std::string from = checkpoint_.folder->path + "/" + name;
      if (::access(from.c_str(), F_OK) != 0)
        continue;
      Result<MappedFile> file = MappedFile::open(from);
      if (!file.ok())
        return file.status();
      LONGC_TRY(OutputFile::write(path(name), std::string(reinterpret_cast<const char *>(file->bytes().data()), file->bytes().size())));
    }
    return {};
  }

  // What sentence-transformers keeps beside an encoder: how an embedding is made of its hidden states.
  Status writePooling() {
    const EncoderConfig &encoder = *checkpoint_.config.encoder;
    JsonValue::Array modules;
    auto add = [&](const char *type, const char *place) {
      const auto index = static_cast<int64_t>(modules.size());
      modules.push_back(ObjectBuilder().add("idx", index).add("name", std::to_string(index)).add("path", place)
                            .add("type", "sentence_transformers.models." + std::string(type)).take());
    };
    add("Transformer", "");
    add("Pooling", "1_Pooling");
    if (encoder.normalize)
      add("Normalize", "2_Normalize");
    ObjectBuilder pool;
    pool.add("word_embedding_dimension", checkpoint_.config.hidden);
    for (auto [key, kind] : {std::pair("pooling_mode_cls_token", Pooling::Cls), std::pair("pooling_mode_mean_tokens", Pooling::Mean),
                             std::pair("pooling_mode_lasttoken", Pooling::Last)})
      pool.add(key, encoder.pooling == kind);
    std::error_code error;
    if (!std::filesystem::create_directory(path("1_Pooling"), error))
      return Status::error(4001, "cannot write the folder '" + path("1_Pooling") + "': " + error.message(), "check the path, its permissions and the disk's room");
    if (!checkpoint_.folder)
      LONGC_TRY(OutputFile::write(path("sentence_bert_config.json"),
                                  jsonText(ObjectBuilder().add("max_seq_length", checkpoint_.config.contextLength).add("do_lower_case", false).take())));
    LONGC_TRY(OutputFile::write(path("1_Pooling/config.json"), jsonText(pool.take())));
    if (checkpoint_.folder && checkpoint_.folder->hasHeads)
      written_.notes.emplace_back("heads that the encoder was trained with, a pooler among them, have no part in embeddings and are not written");
    return OutputFile::write(path("modules.json"), jsonText(JsonValue(modules)));
  }

  uint64_t bytesOf(const CheckpointParameter &parameter) const {
    uint64_t bits = safetensorsTypeBits(typeOf(parameter)); // sizes were checked by who read the file
    for (int64_t size : parameter.shape)
      bits *= static_cast<uint64_t>(size);
    return bits / 8;
  }

  // Parameters one after the other, a new file where the next would make one too large.
  std::vector<std::vector<const CheckpointParameter *>> shards() {
    std::vector<std::vector<const CheckpointParameter *>> list(1);
    uint64_t held = 0;
    for (const CheckpointParameter &parameter : checkpoint_.parameters) {
      const uint64_t bytes = bytesOf(parameter);
      if (!list.back().empty() && held + bytes > options_.shardBytes) {
        list.emplace_back();
        held = 0;
      }
      list.back().push_back(&parameter);
      held += bytes;
      written_.bytes += bytes;
    }
    return list;
  }

  Status writeShards() {
    const auto list = shards();
    written_.files = list.size();
    JsonValue::Object map;
    for (size_t shard = 0; shard < list.size(); ++shard) {
      const std::string name = list.size() == 1 ? "model.safetensors"
                                                : formatText("model-%05zu-of-%05zu.safetensors", shard + 1, list.size());
      std::vector<SafetensorsOutput> tensors;
      for (const CheckpointParameter *parameter : list[shard]) {
        tensors.push_back({parameter->name, typeOf(*parameter), parameter->shape,
                           [this, parameter](const SafetensorsOutput::Append &append) { return writeTensor(*parameter, append); }});
        map.push_back({parameter->name, jsonOf(name)});
      }
      LONGC_TRY(writeSafetensors(path(name), std::move(tensors)));
    }
    if (list.size() == 1)
      return {};
    JsonValue index = ObjectBuilder().add("metadata", ObjectBuilder().add("total_size", static_cast<int64_t>(written_.bytes)).take())
                          .add("weight_map", JsonValue(map)).take();
    return OutputFile::write(path("model.safetensors.index.json"), jsonText(index));
  }

  Status writeTensor(const CheckpointParameter &parameter, const SafetensorsOutput::Append &append) {
    const SafetensorsType type = typeOf(parameter);
    if (parameter.tensor && parameter.tensor->type == type)
      return append(parameter.tensor->data);
    blocks_ += !parameter.tensor && isQuantized(parameter.stored);
    RowsOut rows(parameter, lessened(parameter));
    std::vector<float> values(rows.columns());
    for (int64_t row = 0; row < rows.rows(); ++row) {
      LONGC_TRY(rows.read(row, values));
      LONGC_TRY(appendFloats(append, type, values, parameter.sourceName));
    }
    return {};
  }

  const Checkpoint &checkpoint_;
  const HfWriting &options_;
  const std::string &folder_;
  bool normsPlusOne_ = false;
  int blocks_ = 0;
  HfWritten written_;
};

} // namespace

Result<HfWritten> writeHf(const Checkpoint &checkpoint, const HfWriting &options, const std::string &folder) {
  return FolderWriter(checkpoint, options, folder).write();
}

} // namespace longc
