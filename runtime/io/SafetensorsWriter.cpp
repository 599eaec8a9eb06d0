// Header first: where each tensor lies follows from the order alone.
#include "runtime/io/SafetensorsWriter.h"

#include "runtime/core/Checked.h"
#include "runtime/core/Format.h"
#include "runtime/core/Json.h"
#include "runtime/core/OutputFile.h"
#include "runtime/io/ModelFileError.h"
#include "runtime/io/Quantized.h"
#include "runtime/io/Safetensors.h"

#include <algorithm>
#include <cmath>

namespace longc {
namespace {

Result<uint64_t> bytesOf(const SafetensorsOutput &tensor) {
  Checked bits(safetensorsTypeBits(tensor.type));
  for (int64_t size : tensor.shape)
    bits *= size;
  if (bits.atMost(PTRDIFF_MAX) && bits.value() % 8 == 0)
    return bits.value() / 8;
  return Status::error(SafetensorsMalformed,
                       "tensor " + quoted(tensor.name) + " cannot be written: expected a size of whole bytes below 2^63");
}

Result<std::string> headerOf(const std::vector<SafetensorsOutput> &tensors,
                             const std::vector<std::pair<std::string, std::string>> &metadata) {
  JsonWriter json;
  json.beginObject();
  if (!metadata.empty()) {
    json.key("__metadata__").beginObject();
    for (const auto &[name, text] : metadata)
      json.key(name).text(text);
    json.endObject();
  }
  uint64_t place = 0;
  for (const SafetensorsOutput &tensor : tensors) {
    Result<uint64_t> bytes = bytesOf(tensor);
    if (!bytes.ok())
      return bytes.status();
    json.key(tensor.name).beginObject().key("dtype").text(safetensorsTypeName(tensor.type)).key("shape").beginArray();
    for (int64_t size : tensor.shape)
      json.integer(size);
    json.endArray().key("data_offsets").beginArray().integer(static_cast<int64_t>(place));
    place += *bytes;
    json.integer(static_cast<int64_t>(place)).endArray().endObject();
  }
  json.endObject();
  std::string header = json.str();
  header.resize((header.size() + 7) / 8 * 8, ' ');
  if (header.size() > safetensorsHeaderLimit)
    return Status::error(SafetensorsOverLimit, "the tensors' names and shapes do not fit into a header of " +
                                                   std::to_string(safetensorsHeaderLimit) + " bytes");
  return header;
}

Status writeData(OutputFile &file, const SafetensorsOutput &tensor) {
  const uint64_t begin = file.position();
  LONGC_TRY(tensor.write([&](std::span<const std::byte> bytes) { return file.append(bytes.data(), bytes.size()); }));
  if (file.position() - begin == *bytesOf(tensor)) // known since the header was made
    return {};
  return Status::error(SafetensorsMalformed, "tensor " + quoted(tensor.name) + " cannot be written: its type and shape have " +
                                                 std::to_string(*bytesOf(tensor)) + " bytes, it gave " +
                                                 std::to_string(file.position() - begin));
}

} // namespace

Status appendFloats(const SafetensorsOutput::Append &append, SafetensorsType type, std::span<const float> values,
                    const std::string &name) {
  if (type == SafetensorsType::F32)
    return append(std::as_bytes(values));
  const bool half = type == SafetensorsType::F16;
  std::vector<uint16_t> narrow(values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    narrow[i] = half ? floatToHalf(values[i]) : floatToBfloat16(values[i]);
    if (std::isfinite(values[i]) && !std::isfinite(half ? halfToFloat(narrow[i]) : bfloat16ToFloat(narrow[i])))
      return Status::error(TensorTypeUnsupported, "tensor " + quoted(name) + " has " + formatText("%g", static_cast<double>(values[i])) +
                                                      ", which is too large for " + safetensorsTypeName(type),
                           "write it as bf16 or f32");
  }
  return append(std::as_bytes(std::span(narrow)));
}

Status writeSafetensors(const std::string &path, std::vector<SafetensorsOutput> tensors,
                        const std::vector<std::pair<std::string, std::string>> &metadata) {
  std::sort(tensors.begin(), tensors.end(), [](const SafetensorsOutput &a, const SafetensorsOutput &b) {
    return a.type != b.type ? a.type > b.type : a.name < b.name;
  });
  std::vector<std::string_view> names;
  for (const SafetensorsOutput &tensor : tensors)
    names.push_back(tensor.name);
  std::sort(names.begin(), names.end());
  if (auto twice = std::adjacent_find(names.begin(), names.end()); twice != names.end())
    return Status::error(SafetensorsMalformed, "tensor " + quoted(*twice) + " cannot be written twice");
  Result<std::string> header = headerOf(tensors, metadata);
  if (!header.ok())
    return header.status();
  Result<OutputFile> file = OutputFile::create(path);
  if (!file.ok())
    return file.status();
  const uint64_t length = header->size();
  LONGC_TRY(file->append(&length, sizeof length));
  LONGC_TRY(file->append(header->data(), header->size()));
  for (const SafetensorsOutput &tensor : tensors)
    LONGC_TRY(writeData(*file, tensor));
  return file->complete();
}

} // namespace longc
