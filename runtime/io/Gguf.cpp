// GGUF files: validation of the parsed header against the file, and typed access to what it holds.
#include "runtime/io/Gguf.h"

#include "runtime/core/Checked.h"
#include "runtime/io/GgufParser.h"
#include "runtime/io/GgufParts.h"
#include "runtime/io/Limits.h"
#include "runtime/io/ModelFileError.h"

#include <algorithm>
#include <cstring>
#include <limits>

namespace longc {
namespace {

template <typename T> T load(const std::byte *at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

bool isInteger(GgufValueType type) {
  return type <= GgufValueType::Int32 || type == GgufValueType::Uint64 || type == GgufValueType::Int64;
}
bool isFloat(GgufValueType type) { return type == GgufValueType::Float32 || type == GgufValueType::Float64; }

double loadFloat(GgufValueType type, const std::byte *at) {
  return type == GgufValueType::Float32 ? static_cast<double>(load<float>(at)) : load<double>(at);
}

// An integer of any type as int64; only unsigned 64-bit ones may not fit.
Result<int64_t> loadInteger(GgufValueType type, const std::byte *at, std::string_view key) {
  switch (type) {
  case GgufValueType::Uint8:
    return load<uint8_t>(at);
  case GgufValueType::Int8:
    return load<int8_t>(at);
  case GgufValueType::Uint16:
    return load<uint16_t>(at);
  case GgufValueType::Int16:
    return load<int16_t>(at);
  case GgufValueType::Uint32:
    return load<uint32_t>(at);
  case GgufValueType::Int32:
    return load<int32_t>(at);
  case GgufValueType::Int64:
    return load<int64_t>(at);
  default:
    break;
  }
  uint64_t value = load<uint64_t>(at);
  if (value > static_cast<uint64_t>(std::numeric_limits<int64_t>::max()))
    return Status::error(ConfigInvalid, "key " + quoted(key) + ": expected an integer below 2^63, the file has " +
                                            std::to_string(value),
                         "the file is damaged");
  return static_cast<int64_t>(value);
}

Status typeError(const GgufValue &value, const char *expected) {
  std::string found = ggufValueTypeName(value.type);
  if (value.type == GgufValueType::Array)
    found += std::string(" of ") + ggufValueTypeName(value.elementType) + "s";
  return Status::error(KeyType, "key " + quoted(value.key) + ": expected " + expected + ", found " + found,
                       "the file was made by a tool this program does not know");
}

// Sorted places of `items` by name, or the name that two of them share.
template <typename Item, typename Name>
Result<std::vector<uint32_t>> indexByName(const std::vector<Item> &items, const char *what, Name name) {
  std::vector<uint32_t> order(items.size());
  for (uint32_t i = 0; i < order.size(); ++i)
    order[i] = i;
  std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return name(items[a]) < name(items[b]); });
  for (size_t i = 1; i < order.size(); ++i)
    if (name(items[order[i - 1]]) == name(items[order[i]]))
      return Status::error(GgufMalformed, what + quoted(name(items[order[i]])) + " appears twice: expected one",
                           "the file is damaged");
  return order;
}

template <typename Item, typename Name>
const Item *lookUp(const std::vector<Item> &items, const std::vector<uint32_t> &order, std::string_view wanted,
                   Name name) {
  auto at = std::lower_bound(order.begin(), order.end(), wanted,
                             [&](uint32_t index, std::string_view key) { return name(items[index]) < key; });
  return at != order.end() && name(items[*at]) == wanted ? &items[*at] : nullptr;
}

auto keyOf = [](const GgufValue &value) { return value.key; };
auto nameOf = [](const GgufTensor &tensor) { return tensor.name; };

// Bytes of a tensor's data, from its shape and encoding.
Result<uint64_t> dataBytes(const GgufTensor &tensor) {
  const GgufEncoding &encoding = *tensor.encoding;
  uint64_t columns = tensor.shape.empty() ? 1 : static_cast<uint64_t>(tensor.shape.back());
  if (columns % encoding.blockElements != 0)
    return Status::error(GgufMalformed, "tensor " + quoted(tensor.name) + " of type " + encoding.name +
                                            ": expected rows of a multiple of " +
                                            std::to_string(encoding.blockElements) + " values, the file says " +
                                            std::to_string(columns));
  Checked elements(1u);
  for (int64_t size : tensor.shape)
    elements *= size;
  Checked bytes(1u);
  if (elements.ok())
    bytes = Checked(elements.value() / encoding.blockElements) * encoding.blockBytes;
  if (!elements.atMost(PTRDIFF_MAX) || !bytes.atMost(PTRDIFF_MAX))
    return Status::error(GgufOverLimit, "tensor " + quoted(tensor.name) + ": the product of its sizes is too large",
                         "the file is damaged");
  return bytes.value();
}

} // namespace

int64_t GgufTensor::elements() const {
  int64_t product = 1;
  for (int64_t size : shape)
    product *= size;
  return product;
}

Result<GgufFile> GgufFile::open(const std::string &path) {
  Result<GgufFile> file = openPart(path);
  if (!file.ok())
    return file;
  return withOtherParts(std::move(*file));
}

Result<GgufFile> GgufFile::openPart(const std::string &path) {
  Result<MappedFile> mapping = MappedFile::open(path);
  if (!mapping.ok())
    return mapping.status();
  Result<GgufFile> file = parse(mapping->bytes());
  if (!file.ok()) {
    const Status &error = file.status();
    return Status::error(error.code(), path + ": " + error.message(), error.hint());
  }
  file->path_ = path;
  file->mappings_.push_back(std::move(*mapping)); // moving a mapping keeps its addresses
  return file;
}

Result<GgufFile> GgufFile::parse(std::span<const std::byte> bytes) {
  Result<GgufHeader> header = parseGgufHeader(bytes);
  if (!header.ok())
    return header.status();
  GgufFile file;
  file.version_ = header->version;
  file.values_ = std::move(header->values);
  file.tensors_ = std::move(header->tensors);
  LONGC_TRY(file.indexNames());
  LONGC_TRY(file.readAlignment());
  LONGC_TRY(file.placeData(bytes, header->end));
  LONGC_TRY(file.checkOverlaps());
  return file;
}

Status GgufFile::indexNames() {
  Result<std::vector<uint32_t>> keys = indexByName(values_, "key ", keyOf);
  if (!keys.ok())
    return keys.status();
  valuesByKey_ = std::move(*keys);
  Result<std::vector<uint32_t>> names = indexByName(tensors_, "tensor ", nameOf);
  if (!names.ok())
    return names.status();
  tensorsByName_ = std::move(*names);
  return {};
}

Status GgufFile::readAlignment() {
  if (!find("general.alignment"))
    return {};
  Result<uint64_t> value = unsignedValue("general.alignment");
  if (!value.ok())
    return value.status();
  if (*value < limits::smallestAlignment || *value > limits::largestAlignment || (*value & (*value - 1)) != 0)
    return Status::error(GgufMalformed,
                         "key 'general.alignment': expected a power of two from " +
                             std::to_string(limits::smallestAlignment) + " to " +
                             std::to_string(limits::largestAlignment) + ", the file has " + std::to_string(*value),
                         "the file is damaged");
  alignment_ = static_cast<uint32_t>(*value);
  return {};
}

Status GgufFile::placeData(std::span<const std::byte> bytes, uint64_t headerEnd) {
  const Checked dataBegin = Checked(headerEnd).alignUp(alignment_);
  for (GgufTensor &tensor : tensors_) {
    if (tensor.offset % alignment_ != 0)
      return Status::error(GgufMalformed, "tensor " + quoted(tensor.name) + ": expected its data at a multiple of " +
                                              std::to_string(alignment_) + " bytes, the file says offset " +
                                              std::to_string(tensor.offset));
    Result<uint64_t> size = dataBytes(tensor);
    if (!size.ok())
      return size.status();
    Checked begin = dataBegin + tensor.offset;
    if (!(begin + *size).atMost(bytes.size()))
      return Status::error(GgufTruncated,
                           "tensor " + quoted(tensor.name) + ": expected " + std::to_string(*size) +
                               " bytes of data at offset " + std::to_string(tensor.offset) +
                               " of the data section, the file has " + std::to_string(bytes.size()) + " bytes in all",
                           "the file is truncated or damaged; fetch it again");
    tensor.data = bytes.subspan(begin.value(), *size);
  }
  return {};
}

// Two tensors that share bytes are a sign of a forged or damaged file.
Status GgufFile::checkOverlaps() const {
  std::vector<uint32_t> byOffset(tensorsByName_);
  std::sort(byOffset.begin(), byOffset.end(),
            [&](uint32_t a, uint32_t b) { return tensors_[a].offset < tensors_[b].offset; });
  for (size_t i = 1; i < byOffset.size(); ++i) {
    const GgufTensor &before = tensors_[byOffset[i - 1]], &after = tensors_[byOffset[i]];
    if (before.offset + before.data.size() > after.offset) // both within the file, so the sum cannot overflow
      return Status::error(GgufMalformed,
                           "tensors " + quoted(before.name) + " and " + quoted(after.name) +
                               " overlap: expected the second to begin at offset " +
                               std::to_string(before.offset + before.data.size()) + " or later, the file says " +
                               std::to_string(after.offset),
                           "the file is damaged");
  }
  return {};
}

const GgufValue *GgufFile::find(std::string_view key) const { return lookUp(values_, valuesByKey_, key, keyOf); }

const GgufTensor *GgufFile::findTensor(std::string_view name) const {
  return lookUp(tensors_, tensorsByName_, name, nameOf);
}

Result<ElementFormat> GgufFile::formatOf(const GgufTensor &tensor) {
  if (tensor.encoding->format)
    return *tensor.encoding->format;
  return Status::error(TensorTypeUnsupported,
                       "tensor " + quoted(tensor.name) + " has type " + tensor.encoding->name +
                           ": expected one of " + decodableNames(),
                       "quantise the model to one of these types");
}

Result<const GgufValue *> GgufFile::require(std::string_view key) const {
  if (const GgufValue *value = find(key))
    return value;
  return Status::error(KeyMissing, "key " + quoted(key) + " is missing", "the file lacks metadata this model needs");
}

Result<uint64_t> GgufFile::unsignedValue(std::string_view key) const {
  Result<const GgufValue *> value = require(key);
  if (!value.ok())
    return value.status();
  const GgufValue &found = **value;
  if (!isInteger(found.type))
    return typeError(found, "an unsigned integer");
  if (found.type == GgufValueType::Uint64)
    return load<uint64_t>(found.payload.data());
  Result<int64_t> number = loadInteger(found.type, found.payload.data(), key);
  if (!number.ok())
    return number.status();
  if (*number < 0)
    return Status::error(ConfigInvalid, "key " + quoted(key) + ": expected an unsigned integer, the file has " +
                                            std::to_string(*number),
                         "the file is damaged");
  return static_cast<uint64_t>(*number);
}

Result<int64_t> GgufFile::integerValue(std::string_view key) const {
  Result<const GgufValue *> value = require(key);
  if (!value.ok())
    return value.status();
  if (!isInteger((*value)->type))
    return typeError(**value, "an integer");
  return loadInteger((*value)->type, (*value)->payload.data(), key);
}

Result<double> GgufFile::floatValue(std::string_view key) const {
  Result<const GgufValue *> value = require(key);
  if (!value.ok())
    return value.status();
  if (!isFloat((*value)->type))
    return typeError(**value, "a float");
  return loadFloat((*value)->type, (*value)->payload.data());
}

Result<bool> GgufFile::boolValue(std::string_view key) const {
  Result<const GgufValue *> value = require(key);
  if (!value.ok())
    return value.status();
  if ((*value)->type != GgufValueType::Bool)
    return typeError(**value, "a bool");
  return (*value)->payload[0] != std::byte{0};
}

Result<std::string_view> GgufFile::stringValue(std::string_view key) const {
  Result<const GgufValue *> value = require(key);
  if (!value.ok())
    return value.status();
  if ((*value)->type != GgufValueType::String)
    return typeError(**value, "a string");
  return std::string_view(reinterpret_cast<const char *>((*value)->payload.data()), (*value)->payload.size());
}

Result<std::vector<std::string_view>> GgufFile::stringArray(std::string_view key) const {
  Result<const GgufValue *> value = require(key);
  if (!value.ok())
    return value.status();
  const GgufValue &found = **value;
  if (found.type != GgufValueType::Array || found.elementType != GgufValueType::String)
    return typeError(found, "an array of strings");
  std::vector<std::string_view> strings(found.count);
  const std::byte *at = found.payload.data(); // lengths were checked by the parser
  for (std::string_view &text : strings) {
    uint64_t length = load<uint64_t>(at);
    text = {reinterpret_cast<const char *>(at + 8), length};
    at += 8 + length;
  }
  return strings;
}

Result<std::vector<int64_t>> GgufFile::integerArray(std::string_view key) const {
  Result<const GgufValue *> value = require(key);
  if (!value.ok())
    return value.status();
  const GgufValue &found = **value;
  if (found.type != GgufValueType::Array || !isInteger(found.elementType))
    return typeError(found, "an array of integers");
  std::vector<int64_t> integers(found.count);
  for (size_t i = 0; i < integers.size(); ++i) {
    const std::byte *at = found.payload.data() + i * ggufValueBytes(found.elementType);
    Result<int64_t> number = loadInteger(found.elementType, at, key);
    if (!number.ok())
      return number.status();
    integers[i] = *number;
  }
  return integers;
}

Result<std::vector<double>> GgufFile::floatArray(std::string_view key) const {
  Result<const GgufValue *> value = require(key);
  if (!value.ok())
    return value.status();
  const GgufValue &found = **value;
  if (found.type != GgufValueType::Array || !isFloat(found.elementType))
    return typeError(found, "an array of floats");
  std::vector<double> floats(found.count);
  for (size_t i = 0; i < floats.size(); ++i)
    floats[i] = loadFloat(found.elementType, found.payload.data() + i * ggufValueBytes(found.elementType));
  return floats;
}

} // namespace longc
