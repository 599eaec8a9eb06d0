// GGUF tensors to parameters: names, shapes, row order; every tensor of the file is used or refused.
#include "frontends/gguf/ImportGguf.h"

#include "frontends/gguf/ReadLlamaConfig.h"
#include "frontends/gguf/ReadTokenizer.h"
#include "runtime/core/Checked.h"
#include "runtime/core/Format.h"
#include "runtime/io/GgufParts.h"
#include "runtime/io/ModelFileError.h"

#include <array>
#include <cmath>
#include <cstring>
#include <map>
#include <set>

namespace longc {
namespace {

// Rows of a tensor in our order, in a format that programs hold.
//
// The llama architecture has the two rows of a rotary pair side by side; we keep the halves of a head apart. Within a head
// of size d, our row s*d/2 + i (s = 0, 1) is row 2i + s of the file. Whole rows move, so nothing is lost.
class RowReader {
public:
  // `pairedHeadSize`: 0 for rows that stay in the file's order.
  RowReader(const GgufTensor &tensor, ElementFormat stored, ElementFormat given, int64_t pairedHeadSize)
      : data_(tensor.data), stored_(stored), given_(given), headSize_(pairedHeadSize) {
    stride_ = data_.size() / static_cast<size_t>(tensor.shape.size() == 2 ? tensor.shape[0] : 1);
  }

  Status operator()(int64_t row, std::span<std::byte> out) const {
    std::span<const std::byte> bytes = data_.subspan(static_cast<size_t>(placeOf(row)) * stride_, stride_);
    if (given_ == heldFormat(stored_))
      return holdRow(stored_, bytes, out);
    std::vector<float> values(out.size() / sizeof(float)); // widening loses nothing
    LONGC_TRY(dequantizeRow(stored_, bytes, values));
    std::memcpy(out.data(), values.data(), out.size());
    return {};
  }

private:
  int64_t placeOf(int64_t row) const {
    if (headSize_ == 0)
      return row;
    const int64_t half = headSize_ / 2, within = row % headSize_;
    return row - within + 2 * (within % half) + within / half;
  }

  std::span<const std::byte> data_;
  ElementFormat stored_, given_;
  int64_t headSize_;
  size_t stride_;
};

// Collects parameters; remembers what was asked for and what was not there.
class ParameterReader {
public:
  ParameterReader(const GgufFile &file, std::vector<CheckpointParameter> &out) : file_(file), out_(out) {}

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
    ElementFormat given = shape.size() == 1 ? ElementFormat::F32 : heldFormat(*format);
    if (shape.size() == 2 && isQuantized(*format) && given != *format)
      ++widened_[*format];
    RowReader rows(*tensor, *format, given, permutedHeadSize);
    out_.push_back({name, source, given, std::move(shape), rows, *format});
  }

  // Numbers that become part of the configuration, if the file has them: positive, `size` of them.
  Status readOptional(const std::string &source, int64_t size, std::vector<double> &out) {
    used_.insert(source);
    const GgufTensor *tensor = file_.findTensor(source);
    if (!tensor)
      return {};
    Result<ElementFormat> format = GgufFile::formatOf(*tensor);
    if (!format.ok())
      return format.status();
    if (tensor->shape != std::vector<int64_t>{size})
      return Status::error(TensorShape, "tensor " + quoted(source) + ": expected shape " + shapeText(std::array{size}) +
                                            " from the metadata, the file has " + shapeText(tensor->shape),
                           "the metadata and the tensors are of different models");
    std::vector<float> values(static_cast<size_t>(size));
    LONGC_TRY(dequantizeRow(*format, tensor->data, values));
    for (float value : values)
      if (!(value > 0) || !std::isfinite(value))
        return Status::error(ConfigInvalid, "tensor " + quoted(source) + ": expected positive numbers, the file has " +
                                                std::to_string(value),
                             "the file is damaged");
    out.assign(values.begin(), values.end());
    return {};
  }

  Status finish() const {
    if (!missing_.empty())
      return Status::error(TensorMissing,
                           "tensor " + quotedList(missing_) + (missing_.size() == 1 ? " is" : " are") + " missing",
                           "the file is incomplete");
    LONGC_TRY(firstError_);
    std::vector<std::string> surplus;
    for (const GgufTensor &tensor : file_.tensors())
      if (!used_.count(tensor.name))
        surplus.emplace_back(tensor.name);
    if (!surplus.empty())
      return Status::error(TensorSurplus,
                           "tensor " + quotedList(surplus) + (surplus.size() == 1 ? " has" : " have") +
                               " no place in a llama model: expected weights of attention, feed-forward and norms only",
                           "biases, adapters and experts are not supported");
    return {};
  }

  // Which matrices take more bytes in a program than in the file; empty if none does.
  std::string widened() const {
    std::string text;
    for (auto [format, count] : widened_)
      text += (text.empty() ? "held without loss in wider formats: " : ", ") + std::to_string(count) + " matri" +
              (count == 1 ? "x" : "ces") + " in " + formatName(format) + " as " + formatName(heldFormat(format));
    return text;
  }

private:
  const GgufFile &file_;
  std::vector<CheckpointParameter> &out_;
  std::map<ElementFormat, int> widened_;
  std::set<std::string, std::less<>> used_;
  std::vector<std::string> missing_;
  Status firstError_;
};

Status readParameters(const GgufFile &file, Checkpoint &checkpoint) {
  DecoderConfig &config = checkpoint.config;
  ParameterReader reader(file, checkpoint.parameters);
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
  // Scaling of Llama 3, as the converter worked it out.
  LONGC_TRY(reader.readOptional("rope_freqs.weight", config.ropeDim / 2, config.rope.factors));
  reader.add("output_norm.weight", "model.norm.weight", {config.hidden});
  config.tiedHead = file.findTensor("output.weight") == nullptr;
  if (config.tiedHead && file.parts() == 1 && isPartName(file.path()))
    return Status::error(TensorMissing, "tensor 'output.weight' is missing, and the file's name is that of one part of several",
                         "give the whole model; a file that is whole, rename");
  if (!config.tiedHead)
    reader.add("output.weight", "lm_head.weight", {config.vocabSize, config.hidden});
  if (std::string widened = reader.widened(); !widened.empty())
    checkpoint.notes.push_back(std::move(widened));
  return reader.finish();
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

Result<Checkpoint> importGguf(const std::string &path) {
  Result<GgufFile> file = GgufFile::open(path);
  if (!file.ok())
    return file.status();
  Result<Checkpoint> checkpoint = importGguf(std::move(*file));
  if (checkpoint.ok())
    return checkpoint;
  const Status &error = checkpoint.status();
  return Status::error(error.code(), path + ": " + error.message(), error.hint());
}

Result<Checkpoint> importGguf(GgufFile given) {
  auto kept = std::make_shared<GgufFile>(std::move(given));
  const GgufFile &file = *kept;
  LONGC_TRY(checkComplete(file)); // else what is missing might have a meaning: no head is a tied one
  Result<std::string_view> architecture = file.stringValue("general.architecture");
  if (!architecture.ok())
    return architecture.status();
  if (*architecture != "llama")
    return Status::error(ArchitectureUnsupported,
                         "architecture " + quoted(*architecture) + " is not supported: expected 'llama'",
                         "use a model of the Llama family");
  LONGC_TRY(checkQuantizationVersion(file));
  Result<DecoderConfig> config = readLlamaConfig(file);
  if (!config.ok())
    return config.status();
  Checkpoint checkpoint;
  checkpoint.config = *config;
  LONGC_TRY(readParameters(file, checkpoint));
  Result<TokenizerSource> tokenizer = readTokenizerSource(file, checkpoint.config.vocabSize);
  if (!tokenizer.ok())
    return tokenizer.status();
  checkpoint.tokenizer = std::move(*tokenizer);
  if (const GgufValue *title = file.find("general.name"); title && title->type == GgufValueType::String)
    checkpoint.title.assign(reinterpret_cast<const char *>(title->payload.data()), title->payload.size());
  checkpoint.sourceNameOf = [](const std::string &name) { return name; }; // tensors were accounted for above
  checkpoint.fileCount = file.parts();
  checkpoint.files = kept;
  return checkpoint;
}

} // namespace longc
