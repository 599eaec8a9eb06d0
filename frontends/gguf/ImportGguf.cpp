// GGUF tensors to parameters: names, shapes, row order; every tensor of the file is used or refused.
#include "frontends/gguf/ImportGguf.h"

#include "frontends/gguf/ReadLlamaConfig.h"
#include "runtime/core/Checked.h"
#include "runtime/io/ModelFileError.h"
#include "runtime/io/Panels.h"

#include <cstring>
#include <set>

namespace longc {
namespace {

std::string shapeText(const std::vector<int64_t> &shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); ++i)
    text += (i ? ", " : "") + std::to_string(shape[i]);
  return text + "]";
}

// "'a', 'b', 'c' and 9 more".
std::string listText(const std::vector<std::string> &names) {
  constexpr size_t shown = 3;
  std::string text;
  for (size_t i = 0; i < names.size() && i < shown; ++i)
    text += (i ? ", " : "") + quoted(names[i]);
  if (names.size() > shown)
    text += " and " + std::to_string(names.size() - shown) + " more";
  return text;
}

// Collects parameters; remembers what was asked for and what was not there.
class ParameterReader {
public:
  ParameterReader(const GgufFile &file, std::vector<ImportedParameter> &out) : file_(file), out_(out) {}

  // A tensor the model must have. `permutedHeadSize` is 0 for rows that stay in the file's order.
  void add(const std::string &source, const std::string &name, std::vector<int64_t> shape,
           int64_t permutedHeadSize = 0) {
    used_.insert(source);
    const GgufTensor *tensor = file_.findTensor(source);
    if (!tensor) {
      missing_.push_back(source);
      return;
    }
    if (!firstError_.ok())
      return;
    if (tensor->shape != shape) {
      firstError_ = Status::error(TensorShape,
                                  "tensor " + quoted(source) + ": expected shape " + shapeText(shape) +
                                      " from the metadata, the file has " + shapeText(tensor->shape),
                                  "the metadata and the tensors are of different models");
      return;
    }
    Result<ElementFormat> format = GgufFile::formatOf(*tensor);
    if (!format.ok()) {
      firstError_ = format.status();
      return;
    }
    ImportedParameter parameter;
    parameter.name = name;
    parameter.sourceName = source;
    parameter.format = shape.size() == 1 || *format == ElementFormat::F16 ? ElementFormat::F32 : *format;
    parameter.shape = std::move(shape);
    parameter.permutation = permutedHeadSize ? RowPermutation::PairsToHalves : RowPermutation::None;
    parameter.headSize = permutedHeadSize;
    parameter.sourceFormat = *format;
    parameter.source = tensor->data;
    out_.push_back(std::move(parameter));
  }

  Status finish() const {
    if (!missing_.empty())
      return Status::error(TensorMissing,
                           "tensor " + listText(missing_) + (missing_.size() == 1 ? " is" : " are") + " missing",
                           "the file is incomplete, or one part of a split model");
    LONGC_TRY(firstError_);
    std::vector<std::string> surplus;
    for (const GgufTensor &tensor : file_.tensors())
      if (!used_.count(tensor.name)) {
        if (tensor.name == "rope_freqs.weight")
          return Status::error(ArchitectureUnsupported,
                               "tensor 'rope_freqs.weight': rotary frequencies of its own are not supported",
                               "use a model without the scaling of Llama 3.1 and later");
        surplus.emplace_back(tensor.name);
      }
    if (!surplus.empty())
      return Status::error(TensorSurplus,
                           "tensor " + listText(surplus) + (surplus.size() == 1 ? " has" : " have") +
                               " no place in a llama model: expected weights of attention, feed-forward and norms only",
                           "biases, adapters and experts are not supported");
    return {};
  }

private:
  const GgufFile &file_;
  std::vector<ImportedParameter> &out_;
  std::set<std::string, std::less<>> used_;
  std::vector<std::string> missing_;
  Status firstError_;
};

Status readParameters(const GgufFile &file, DecoderConfig &config, std::vector<ImportedParameter> &out) {
  ParameterReader reader(file, out);
  const int64_t queries = config.heads * config.headSize, keys = config.kvHeads * config.headSize; // within limits
  reader.add("token_embd.weight", "model.embed_tokens.weight", {config.vocabSize, config.hidden});
  for (int64_t layer = 0; layer < config.layers; ++layer) {
    const std::string from = "blk." + std::to_string(layer) + ".";
    const std::string to = "model.layers." + std::to_string(layer) + ".";
    reader.add(from + "attn_norm.weight", to + "input_layernorm.weight", {config.hidden});
    reader.add(from + "attn_q.weight", to + "self_attn.q_proj.weight", {queries, config.hidden}, config.headSize);
    reader.add(from + "attn_k.weight", to + "self_attn.k_proj.weight", {keys, config.hidden}, config.headSize);
    reader.add(from + "attn_v.weight", to + "self_attn.v_proj.weight", {keys, config.hidden});
    reader.add(from + "attn_output.weight", to + "self_attn.o_proj.weight", {config.hidden, queries});
    reader.add(from + "ffn_norm.weight", to + "post_attention_layernorm.weight", {config.hidden});
    reader.add(from + "ffn_gate.weight", to + "mlp.gate_proj.weight", {config.feedForward, config.hidden});
    reader.add(from + "ffn_up.weight", to + "mlp.up_proj.weight", {config.feedForward, config.hidden});
    reader.add(from + "ffn_down.weight", to + "mlp.down_proj.weight", {config.hidden, config.feedForward});
  }
  reader.add("output_norm.weight", "model.norm.weight", {config.hidden});
  config.tiedHead = file.findTensor("output.weight") == nullptr;
  if (!config.tiedHead)
    reader.add("output.weight", "lm_head.weight", {config.vocabSize, config.hidden});
  return reader.finish();
}

// Where each row of a matrix lies in the file, in our order.
void appendRows(const ImportedParameter &parameter, std::vector<const std::byte *> &rows) {
  const int64_t count = parameter.shape[0];
  const size_t stride = parameter.source.size() / static_cast<size_t>(count);
  for (int64_t row = 0; row < count; ++row) {
    int64_t from = row;
    if (parameter.permutation == RowPermutation::PairsToHalves) {
      const int64_t half = parameter.headSize / 2, within = row % parameter.headSize;
      from = row - within + 2 * (within % half) + within / half;
    }
    rows.push_back(parameter.source.data() + static_cast<size_t>(from) * stride);
  }
}

// The rows as float32, for a format that programs do not hold (F16). Widening loses nothing.
Status widenRows(const ImportedParameter &parameter, std::vector<const std::byte *> &rows, std::vector<float> &values) {
  const size_t columns = static_cast<size_t>(parameter.shape[1]), bytes = parameter.source.size() / rows.size();
  values.resize(rows.size() * columns);
  for (size_t row = 0; row < rows.size(); ++row) {
    std::span<float> out(values.data() + row * columns, columns);
    LONGC_TRY(dequantizeRow(parameter.sourceFormat, {rows[row], bytes}, out));
    rows[row] = reinterpret_cast<const std::byte *>(out.data());
  }
  return {};
}

Status writeVector(const ImportedParameter &parameter, std::span<std::byte> out) {
  std::vector<float> values(static_cast<size_t>(parameter.shape[0]));
  LONGC_TRY(dequantizeRow(parameter.sourceFormat, parameter.source, values));
  if (out.size() != values.size() * sizeof(float))
    return Status::error(PanelSize, "parameter '" + parameter.name + "': expected room for " +
                                        std::to_string(values.size() * sizeof(float)) + " bytes, got " +
                                        std::to_string(out.size()));
  std::memcpy(out.data(), values.data(), out.size());
  return {};
}

bool isVector(std::span<const ImportedParameter *const> parts) {
  return parts.size() == 1 && parts[0]->shape.size() == 1;
}

Status checkJoinable(std::span<const ImportedParameter *const> parts) {
  if (parts.empty())
    return Status::error(PanelSize, "no parameters to join: expected at least one");
  for (const ImportedParameter *part : parts) {
    const ImportedParameter &first = *parts[0];
    if (part->shape.size() != 2)
      return Status::error(PanelSize, "parameter '" + part->name + "': expected a matrix to join rows of");
    if (part->shape[1] != first.shape[1] || part->format != first.format)
      return Status::error(PanelSize, "parameters '" + first.name + "' and '" + part->name +
                                          "' cannot be joined: expected one format and number of columns, got " +
                                          formatName(first.format) + " " + shapeText(first.shape) + " and " +
                                          formatName(part->format) + " " + shapeText(part->shape));
  }
  return {};
}

// The layout of quantised blocks changed with this number; the decoders here are of version 2.
Status checkQuantizationVersion(const GgufFile &file) {
  const char *key = "general.quantization_version";
  if (!file.find(key))
    return {};
  Result<uint64_t> version = file.unsignedValue(key);
  if (!version.ok())
    return version.status();
  if (*version != 2)
    return Status::error(TensorTypeUnsupported,
                         "key " + quoted(key) + ": expected 2, the file has " + std::to_string(*version),
                         "quantise the model with a current tool");
  return {};
}

} // namespace

Result<ImportedModel> importGguf(const std::string &path) {
  Result<GgufFile> file = GgufFile::open(path);
  if (!file.ok())
    return file.status();
  Result<ImportedModel> model = importGguf(std::move(*file));
  if (model.ok())
    return model;
  const Status &error = model.status();
  return Status::error(error.code(), path + ": " + error.message(), error.hint());
}

Result<ImportedModel> importGguf(GgufFile file) {
  Result<std::string_view> architecture = file.stringValue("general.architecture");
  if (!architecture.ok())
    return architecture.status();
  if (*architecture != "llama")
    return Status::error(ArchitectureUnsupported,
                         "architecture " + quoted(*architecture) + " is not supported: expected 'llama'",
                         "use a model of the Llama family");
  LONGC_TRY(checkQuantizationVersion(file));
  ImportedModel model;
  Result<DecoderConfig> config = readLlamaConfig(file);
  if (!config.ok())
    return config.status();
  model.config = *config;
  LONGC_TRY(readParameters(file, model.config, model.parameters));
  Result<TokenizerSource> tokenizer = readTokenizerSource(file, model.config.vocabSize);
  if (!tokenizer.ok())
    return tokenizer.status();
  model.tokenizer = std::move(*tokenizer);
  if (const GgufValue *title = file.find("general.name"); title && title->type == GgufValueType::String)
    model.title.assign(reinterpret_cast<const char *>(title->payload.data()), title->payload.size());
  model.file = std::move(file);
  return model;
}

Result<size_t> parameterBytes(std::span<const ImportedParameter *const> parts) {
  if (isVector(parts))
    return static_cast<size_t>(parts[0]->shape[0]) * sizeof(float);
  LONGC_TRY(checkJoinable(parts));
  Checked rows(0u);
  for (const ImportedParameter *part : parts)
    rows += part->shape[0];
  if (!rows.atMost(PTRDIFF_MAX))
    return Status::error(PanelSize, "parameters joined to '" + parts[0]->name + "' have too many rows");
  return panelBytes(parts[0]->format, static_cast<int64_t>(rows.value()), parts[0]->shape[1]);
}

Status writeParameter(std::span<const ImportedParameter *const> parts, std::span<std::byte> out) {
  if (isVector(parts))
    return writeVector(*parts[0], out);
  Result<size_t> size = parameterBytes(parts);
  if (!size.ok())
    return size.status();
  std::vector<const std::byte *> rows;
  std::vector<std::vector<float>> widened(parts.size());
  for (size_t i = 0; i < parts.size(); ++i) {
    std::vector<const std::byte *> own;
    appendRows(*parts[i], own);
    if (parts[i]->format != parts[i]->sourceFormat)
      LONGC_TRY(widenRows(*parts[i], own, widened[i]));
    rows.insert(rows.end(), own.begin(), own.end());
  }
  Status status = packPanels(parts[0]->format, parts[0]->shape[1], rows, out);
  if (!status.ok())
    return Status::error(status.code(), "parameter '" + parts[0]->name + "': " + status.message(), status.hint());
  return status;
}

} // namespace longc
