// GGUF tensors to parameters: names, order of rows; every tensor of the file is used or refused.
#include "frontends/gguf/ImportGguf.h"

#include "frontends/gguf/Architectures.h"
#include "frontends/gguf/ReadConfig.h"
#include "frontends/gguf/ReadTokenizer.h"
#include "runtime/core/Checked.h"
#include "runtime/core/Format.h"
#include "runtime/io/GgufParts.h"
#include "runtime/io/ModelFileError.h"

#include <array>
#include <cmath>
#include <cstring>
#include <map>
#include <optional>
#include <set>

namespace longc {
namespace {

// Rows of a tensor in our order, in a format that programs hold.
//
// Some architectures have the two rows of a rotary pair side by side; we keep the halves of a head apart. Within a head of
// size d, our row s*d/2 + i (s = 0, 1) is row 2i + s of the file. Whole rows move, so nothing is lost. A bias is one row,
// whose elements move likewise.
class RowReader {
public:
  // `pairedHeadSize`: 0 for rows that stay in the file's order.
  RowReader(const GgufTensor &tensor, ElementFormat stored, ElementFormat given, int64_t pairedHeadSize)
      : data_(tensor.data), stored_(stored), given_(given), headSize_(pairedHeadSize), vector_(tensor.shape.size() == 1) {
    stride_ = vector_ ? data_.size() : data_.size() / static_cast<size_t>(tensor.shape[0]);
  }

  Status operator()(int64_t row, std::span<std::byte> out) const {
    std::span<const std::byte> bytes = data_.subspan(static_cast<size_t>(vector_ ? row : placeOf(row)) * stride_, stride_);
    if (given_ == heldFormat(stored_) && !vector_)
      return holdRow(stored_, bytes, out);
    std::vector<float> values(out.size() / sizeof(float)), moved(values.size()); // widening loses nothing
    LONGC_TRY(dequantizeRow(stored_, bytes, values));
    for (size_t i = 0; i < values.size(); ++i)
      moved[i] = values[vector_ ? static_cast<size_t>(placeOf(static_cast<int64_t>(i))) : i];
    std::memcpy(out.data(), moved.data(), out.size());
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
  bool vector_;
  size_t stride_;
};

Status misshapen(const GgufTensor &tensor, const std::string &expected) {
  return Status::error(TensorShape,
                       "tensor " + quoted(tensor.name) + ": expected " + expected + " from the metadata, the file has " +
                           shapeText(tensor.shape),
                       "the metadata and the tensors are of different models");
}

bool isRotary(std::string_view parameter) {
  return parameter.find(".q_proj.") != std::string_view::npos || parameter.find(".k_proj.") != std::string_view::npos;
}

Result<CheckpointParameter> readParameter(const GgufTensor &tensor, std::string name, const Architecture &architecture,
                                          const DecoderConfig &config) {
  if (tensor.shape.empty() || tensor.shape.size() > 2)
    return misshapen(tensor, "a vector or a matrix");
  Result<ElementFormat> format = GgufFile::formatOf(tensor);
  if (!format.ok())
    return format.status();
  const ElementFormat given = tensor.shape.size() == 1 ? ElementFormat::F32 : heldFormat(*format);
  const int64_t paired = architecture.pairedRows && isRotary(name) ? config.headSize : 0;
  if (paired && tensor.shape[0] % paired != 0)
    return misshapen(tensor, "whole heads of " + std::to_string(paired) + " rows");
  return CheckpointParameter{std::move(name), std::string(tensor.name), given, tensor.shape,
                             RowReader(tensor, *format, given, paired), *format};
}

// Numbers that become part of the configuration: positive, one for each wave length.
Status readWaveFactors(const GgufFile &file, DecoderConfig &config) {
  const GgufTensor *tensor = file.findTensor(waveFactorsTensor);
  if (!tensor)
    return {};
  Result<ElementFormat> format = GgufFile::formatOf(*tensor);
  if (!format.ok())
    return format.status();
  if (tensor->shape != std::vector<int64_t>{config.ropeDim / 2})
    return misshapen(*tensor, "shape " + shapeText(std::array{config.ropeDim / 2}));
  std::vector<float> values(static_cast<size_t>(config.ropeDim / 2));
  LONGC_TRY(dequantizeRow(*format, tensor->data, values));
  for (float value : values)
    if (!(value > 0) || !std::isfinite(value))
      return Status::error(ConfigInvalid, "tensor " + quoted(tensor->name) + ": expected positive numbers, the file has " +
                                              std::to_string(value),
                           "the file is damaged");
  config.rope.factors.assign(values.begin(), values.end());
  config.slidingRope.factors = config.rope.factors;
  return {};
}

// Which matrices take more bytes in a program than in the file; empty if none does.
std::string widenedText(const std::map<ElementFormat, int> &counts) {
  std::string text;
  for (auto [format, count] : counts)
    text += (text.empty() ? "held without loss in wider formats: " : ", ") + std::to_string(count) + " matri" +
            (count == 1 ? "x" : "ces") + " in " + formatName(format) + " as " + formatName(heldFormat(format));
  return text;
}

// Biases are where the first layer has them. Whether all layers agree is seen when the model is built.
void decideByTensors(const GgufFile &file, DecoderConfig &config) {
  auto has = [&](const char *name) { return file.findTensor(name) != nullptr; };
  config.queryBias = has("blk.0.attn_q.bias");
  config.outputBias = has("blk.0.attn_output.bias");
  config.mlpBias = has("blk.0.ffn_gate.bias");
  config.tiedHead = !has("output.weight");
}

Status readParameters(const GgufFile &file, const Architecture &architecture, Checkpoint &checkpoint) {
  DecoderConfig &config = checkpoint.config;
  std::map<ElementFormat, int> widened;
  std::vector<std::string> surplus;
  std::set<std::string> seen;
  for (const GgufTensor &tensor : file.tensors()) {
    std::optional<std::string> name = parameterName(architecture, tensor.name);
    if (name && !name->empty() && !seen.insert(*name).second)
      return Status::error(TensorSurplus, "tensor " + quoted(tensor.name) + " stands twice under different names", "the file is damaged");
    if (!name)
      surplus.emplace_back(tensor.name);
    if (!name || name->empty())
      continue;
    Result<CheckpointParameter> parameter = readParameter(tensor, std::move(*name), architecture, config);
    if (!parameter.ok())
      return parameter.status();
    if (ElementFormat format = *tensor.encoding->format; tensor.shape.size() == 2 && isQuantized(format) && heldFormat(format) != format)
      ++widened[format];
    checkpoint.parameters.push_back(std::move(*parameter));
  }
  if (!surplus.empty())
    return Status::error(TensorSurplus,
                         "tensor " + quotedList(surplus) + (surplus.size() == 1 ? " has" : " have") +
                             " no place in a model of the architecture " + quoted(architecture.name),
                         "adapters, experts and pictures are not supported");
  if (!architecture.encoder)
    decideByTensors(file, config);
  if (config.tiedHead && file.parts() == 1 && isPartName(file.path()))
    return Status::error(TensorMissing, "tensor 'output.weight' is missing, and the file's name is that of one part of several",
                         "give the whole model; a file that is whole, rename");
  if (architecture.waveFactors)
    LONGC_TRY(readWaveFactors(file, config));
  if (std::string text = widenedText(widened); !text.empty())
    checkpoint.notes.push_back(std::move(text));
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
  const Architecture *known = findArchitecture(*architecture);
  if (!known)
    return Status::error(ArchitectureUnsupported, "architecture " + quoted(*architecture) +
                                                      " is not supported: expected one of " + knownArchitectures(),
                         "README.md lists the models that are");
  LONGC_TRY(checkQuantizationVersion(file));
  Checkpoint checkpoint;
  Result<DecoderConfig> config = readGgufConfig(file, *known, checkpoint.notes);
  if (!config.ok())
    return config.status();
  checkpoint.config = *config;
  LONGC_TRY(readParameters(file, *known, checkpoint));
  Result<TokenizerSource> tokenizer = readTokenizerSource(file, checkpoint.config.vocabSize);
  if (!tokenizer.ok())
    return tokenizer.status();
  checkpoint.tokenizer = std::move(*tokenizer);
  if (const GgufValue *title = file.find("general.name"); title && title->type == GgufValueType::String)
    checkpoint.title.assign(reinterpret_cast<const char *>(title->payload.data()), title->payload.size());
  checkpoint.sourceNameOf = [known](const std::string &name) { return tensorName(*known, name); };
  checkpoint.fileCount = file.parts();
  checkpoint.files = kept;
  return checkpoint;
}

} // namespace longc
