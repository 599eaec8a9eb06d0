// GGUF header parsing: magic, counts, metadata, tensor descriptions.
#include "runtime/io/GgufParser.h"

#include "runtime/io/Limits.h"
#include "runtime/io/ModelFileError.h"

#include <algorithm>
#include <cstring>
#include <string>

namespace longc {
namespace {

const char *const truncatedHint = "the file is truncated or damaged; fetch it again";
const char *const damagedHint = "the file is damaged or not made for this format";

// Reads forward through the header. Every read says what it reads, so that errors can.
class Cursor {
public:
  explicit Cursor(std::span<const std::byte> bytes) : bytes_(bytes) {}

  uint64_t position() const { return position_; }
  uint64_t left() const { return bytes_.size() - position_; }

  Result<std::span<const std::byte>> take(uint64_t size, const std::string &what) {
    if (size > left())
      return Status::error(GgufTruncated,
                           what + ": expected " + std::to_string(size) + " bytes at byte " + std::to_string(position_) +
                               ", the file ends after " + std::to_string(left()),
                           truncatedHint);
    std::span<const std::byte> taken = bytes_.subspan(position_, size);
    position_ += size;
    return taken;
  }

  template <typename T> Result<T> number(const std::string &what) {
    Result<std::span<const std::byte>> raw = take(sizeof(T), what);
    if (!raw.ok())
      return raw.status();
    T value;
    std::memcpy(&value, raw->data(), sizeof value);
    return value;
  }

  // A count or length, refused above `limit`. Each of the counted things takes at least `leastBytes` in the file, so a
  // count that cannot be true is refused before anything is reserved for it.
  Result<uint64_t> count(const std::string &what, uint64_t limit, uint64_t leastBytes) {
    uint64_t at = position_;
    Result<uint64_t> value = number<uint64_t>(what);
    if (!value.ok())
      return value;
    if (*value > limit)
      return Status::error(GgufOverLimit,
                           what + " at byte " + std::to_string(at) + ": expected at most " + std::to_string(limit) +
                               ", the file says " + std::to_string(*value),
                           damagedHint);
    if (*value > left() / leastBytes)
      return Status::error(GgufTruncated,
                           what + " at byte " + std::to_string(at) + " is " + std::to_string(*value) +
                               ": expected at least " + std::to_string(*value * leastBytes) +
                               " more bytes, the file ends after " + std::to_string(left()),
                           truncatedHint);
    return value;
  }

  Result<std::string_view> string(const std::string &what, uint64_t limit) {
    Result<uint64_t> length = count("length of " + what, limit, 1);
    if (!length.ok())
      return length.status();
    Result<std::span<const std::byte>> raw = take(*length, what);
    if (!raw.ok())
      return raw.status();
    return std::string_view(reinterpret_cast<const char *>(raw->data()), raw->size());
  }

private:
  std::span<const std::byte> bytes_;
  uint64_t position_ = 0;
};

Result<GgufValueType> readType(Cursor &cursor, const std::string &what) {
  Result<uint32_t> raw = cursor.number<uint32_t>(what);
  if (!raw.ok())
    return raw.status();
  GgufValueType type = static_cast<GgufValueType>(*raw);
  if (!ggufValueTypeName(type))
    return Status::error(GgufMalformed,
                         what + ": expected a value type from 0 to 12, the file says " + std::to_string(*raw),
                         damagedHint);
  return type;
}

Status checkBools(std::span<const std::byte> raw, const std::string &what) {
  if (std::any_of(raw.begin(), raw.end(), [](std::byte b) { return b > std::byte{1}; }))
    return Status::error(GgufMalformed, what + ": expected a bool of 0 or 1, the file has another value", damagedHint);
  return {};
}

Status readArray(Cursor &cursor, const std::string &what, GgufValue &value) {
  Result<GgufValueType> type = readType(cursor, "element type of " + what);
  if (!type.ok())
    return type.status();
  if (*type == GgufValueType::Array) // reading them would be a recursion as deep as the file likes
    return Status::error(GgufMalformed, what + ": expected an array of plain values, the file has arrays in an array",
                         "arrays of arrays are not supported");
  value.elementType = *type;
  uint64_t size = ggufValueBytes(*type);
  Result<uint64_t> count = cursor.count("length of the array " + what, limits::arrayEntries, size ? size : 8);
  if (!count.ok())
    return count.status();
  value.count = *count;
  if (*type != GgufValueType::String) {
    Result<std::span<const std::byte>> raw = cursor.take(*count * size, what); // no overflow: 2^24 times 8 at most
    if (!raw.ok())
      return raw.status();
    value.payload = *raw;
    return *type == GgufValueType::Bool ? checkBools(*raw, what) : Status();
  }
  // Strings are walked once here, so that later readers need not check again.
  Cursor start = cursor;
  const std::string element = "an element of " + what;
  for (uint64_t i = 0; i < *count; ++i)
    if (Result<std::string_view> text = cursor.string(element, limits::stringBytes); !text.ok())
      return text.status();
  Result<std::span<const std::byte>> raw = start.take(cursor.position() - start.position(), what);
  if (!raw.ok())
    return raw.status();
  value.payload = *raw;
  return {};
}

Result<GgufValue> readValue(Cursor &cursor, uint64_t index) {
  Result<std::string_view> key = cursor.string("key " + std::to_string(index), limits::keyBytes);
  if (!key.ok())
    return key.status();
  if (key->empty())
    return Status::error(GgufMalformed, "key " + std::to_string(index) + " is empty", damagedHint);
  const std::string what = "key " + quoted(*key);
  Result<GgufValueType> type = readType(cursor, "type of " + what);
  if (!type.ok())
    return type.status();
  GgufValue value{*key, *type, *type, 1, {}};
  if (*type == GgufValueType::Array) {
    LONGC_TRY(readArray(cursor, what, value));
    return value;
  }
  if (*type == GgufValueType::String) {
    Result<std::string_view> text = cursor.string(what, limits::stringBytes);
    if (!text.ok())
      return text.status();
    value.payload = std::as_bytes(std::span(text->data(), text->size()));
    return value;
  }
  Result<std::span<const std::byte>> raw = cursor.take(ggufValueBytes(*type), what);
  if (!raw.ok())
    return raw.status();
  value.payload = *raw;
  if (*type == GgufValueType::Bool)
    LONGC_TRY(checkBools(*raw, what));
  return value;
}

Result<GgufTensor> readTensor(Cursor &cursor, uint64_t index) {
  Result<std::string_view> name = cursor.string("name of tensor " + std::to_string(index), limits::tensorNameBytes);
  if (!name.ok())
    return name.status();
  if (name->empty())
    return Status::error(GgufMalformed, "tensor " + std::to_string(index) + " has an empty name", damagedHint);
  const std::string what = "tensor " + quoted(*name);

  Result<uint32_t> rank = cursor.number<uint32_t>("number of dimensions of " + what);
  if (!rank.ok())
    return rank.status();
  if (*rank > limits::dimensions)
    return Status::error(GgufOverLimit,
                         what + ": expected at most " + std::to_string(limits::dimensions) +
                             " dimensions, the file says " + std::to_string(*rank),
                         damagedHint);
  GgufTensor tensor{*name, nullptr, std::vector<int64_t>(*rank), 0, {}};
  for (uint32_t i = 0; i < *rank; ++i) {
    Result<uint64_t> size = cursor.number<uint64_t>("size of " + what);
    if (!size.ok())
      return size.status();
    if (*size == 0 || *size > limits::dimensionSize)
      return Status::error(GgufOverLimit,
                           what + ": expected sizes from 1 to " + std::to_string(limits::dimensionSize) +
                               ", the file says " + std::to_string(*size) + " for dimension " + std::to_string(i),
                           damagedHint);
    tensor.shape[*rank - 1 - i] = static_cast<int64_t>(*size); // the file has the fastest dimension first
  }

  Result<uint32_t> type = cursor.number<uint32_t>("type of " + what);
  if (!type.ok())
    return type.status();
  tensor.encoding = ggufEncoding(*type);
  if (!tensor.encoding)
    return Status::error(GgufMalformed, what + ": expected a known tensor type, the file says " + std::to_string(*type),
                         "the file is damaged or newer than this program");
  Result<uint64_t> offset = cursor.number<uint64_t>("data offset of " + what);
  if (!offset.ok())
    return offset.status();
  tensor.offset = *offset;
  return tensor;
}

Result<uint32_t> readVersion(Cursor &cursor) {
  Result<std::span<const std::byte>> magic = cursor.take(4, "GGUF magic");
  if (!magic.ok() || std::memcmp(magic->data(), "GGUF", 4) != 0)
    return Status::error(NotGguf, "not a GGUF file: expected it to begin with 'GGUF'",
                         "give a model file that ends in .gguf");
  Result<uint32_t> version = cursor.number<uint32_t>("GGUF version");
  if (!version.ok())
    return version;
  if (*version == 0x02000000 || *version == 0x03000000)
    return Status::error(NotGguf, "GGUF byte order: expected little-endian, the file is big-endian",
                         "convert the model on a little-endian machine");
  if (*version != 2 && *version != 3)
    return Status::error(NotGguf, "GGUF version: expected 2 or 3, the file says " + std::to_string(*version),
                         "convert the model with a current converter");
  return version;
}

} // namespace

Result<GgufHeader> parseGgufHeader(std::span<const std::byte> bytes) {
  Cursor cursor(bytes);
  GgufHeader header;
  Result<uint32_t> version = readVersion(cursor);
  if (!version.ok())
    return version.status();
  header.version = *version;
  // The least a tensor takes: name length, rank, type, offset. The least a pair takes: key length, type, one byte.
  Result<uint64_t> tensors = cursor.count("number of tensors", limits::tensors, 24);
  if (!tensors.ok())
    return tensors.status();
  Result<uint64_t> values = cursor.count("number of metadata keys", limits::keyValuePairs, 13);
  if (!values.ok())
    return values.status();

  header.values.reserve(*values);
  for (uint64_t i = 0; i < *values; ++i) {
    Result<GgufValue> value = readValue(cursor, i);
    if (!value.ok())
      return value.status();
    header.values.push_back(*value);
  }
  header.tensors.reserve(*tensors);
  for (uint64_t i = 0; i < *tensors; ++i) {
    Result<GgufTensor> tensor = readTensor(cursor, i);
    if (!tensor.ok())
      return tensor.status();
    header.tensors.push_back(std::move(*tensor));
  }
  header.end = cursor.position();
  return header;
}

} // namespace longc
