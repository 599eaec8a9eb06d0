// The header of a safetensors file against its bytes: every byte behind it belongs to exactly one tensor.
#include "runtime/io/Safetensors.h"

#include "runtime/core/Checked.h"
#include "runtime/core/Format.h"
#include "runtime/io/ModelFileError.h"
#include "runtime/io/SafetensorsHeader.h"

#include <algorithm>
#include <cstring>
#include <numeric>

namespace longc {
namespace {

const char *const truncatedHint = "the file is truncated or damaged; fetch it again";

// Bytes of a tensor by its type and shape.
Result<uint64_t> dataBytes(const SafetensorsTensor &tensor) {
  Checked bits(safetensorsTypeBits(tensor.type));
  for (int64_t size : tensor.shape)
    bits *= size;
  const std::string what = "tensor " + quoted(tensor.name) + " of type " + safetensorsTypeName(tensor.type);
  if (!bits.atMost(PTRDIFF_MAX))
    return Status::error(SafetensorsOverLimit, what + ": the product of its sizes is too large", "the file is damaged");
  if (bits.value() % 8 != 0)
    return Status::error(SafetensorsMalformed, what + ": expected its elements to fill whole bytes", "the file is damaged");
  return bits.value() / 8;
}

// Gives each tensor its bytes.
Status placeTensors(std::vector<SafetensorsEntry> &entries, std::span<const std::byte> data) {
  std::sort(entries.begin(), entries.end(), [](const SafetensorsEntry &a, const SafetensorsEntry &b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  uint64_t covered = 0;
  for (SafetensorsEntry &entry : entries) {
    const std::string what = "tensor " + quoted(entry.tensor.name);
    Result<uint64_t> bytes = dataBytes(entry.tensor);
    if (!bytes.ok())
      return bytes.status();
    if (entry.end < entry.begin || entry.end - entry.begin != *bytes)
      return Status::error(SafetensorsMalformed,
                           what + ": expected " + std::to_string(*bytes) + " bytes from type and shape, the offsets are " +
                               std::to_string(entry.begin) + " and " + std::to_string(entry.end),
                           "the file is damaged");
    if (entry.begin != covered)
      return Status::error(SafetensorsMalformed,
                           what + (entry.begin < covered ? " overlaps the one before it" : " leaves a gap before it") +
                               ": expected it to begin at byte " + std::to_string(covered) + " of the data, the file says " +
                               std::to_string(entry.begin),
                           "the file is damaged");
    if (entry.end > data.size())
      return Status::error(SafetensorsTruncated,
                           what + ": expected " + std::to_string(*bytes) + " bytes at byte " + std::to_string(entry.begin) +
                               " of the data, the file has " + std::to_string(data.size()) + " bytes of it",
                           truncatedHint);
    entry.tensor.data = data.subspan(entry.begin, *bytes);
    covered = entry.end;
  }
  if (covered != data.size())
    return Status::error(SafetensorsMalformed,
                         "expected the data to end with the last tensor at byte " + std::to_string(covered) +
                             ", the file has " + std::to_string(data.size() - covered) + " bytes more",
                         "the file is damaged");
  return {};
}

} // namespace

Result<SafetensorsFile> SafetensorsFile::open(const std::string &path) {
  Result<MappedFile> mapping = MappedFile::open(path);
  if (!mapping.ok())
    return mapping.status();
  Result<SafetensorsFile> file = parse(mapping->bytes());
  if (!file.ok()) {
    const Status &error = file.status();
    return Status::error(error.code(), path + ": " + error.message(), error.hint());
  }
  file->mapping_ = std::move(*mapping); // moving a mapping keeps its addresses
  return file;
}

Result<SafetensorsFile> SafetensorsFile::parse(std::span<const std::byte> bytes) {
  uint64_t length = 0;
  if (bytes.size() < sizeof length)
    return Status::error(SafetensorsTruncated,
                         "expected 8 bytes of header length, the file has " + std::to_string(bytes.size()), truncatedHint);
  std::memcpy(&length, bytes.data(), sizeof length);
  if (length > safetensorsHeaderLimit)
    return Status::error(SafetensorsOverLimit,
                         "expected a header of at most " + std::to_string(safetensorsHeaderLimit) +
                             " bytes, the file says " + std::to_string(length),
                         "this is no safetensors file, or it is damaged");
  std::span<const std::byte> rest = bytes.subspan(sizeof length);
  if (length > rest.size())
    return Status::error(SafetensorsTruncated,
                         "expected a header of " + std::to_string(length) + " bytes, the file ends after " +
                             std::to_string(rest.size()),
                         truncatedHint);
  Result<SafetensorsHeader> header =
      parseSafetensorsHeader({reinterpret_cast<const char *>(rest.data()), static_cast<size_t>(length)});
  if (!header.ok())
    return header.status();
  LONGC_TRY(placeTensors(header->entries, rest.subspan(length)));

  SafetensorsFile file;
  file.metadata_ = std::move(header->metadata);
  file.tensors_.reserve(header->entries.size());
  for (SafetensorsEntry &entry : header->entries)
    file.tensors_.push_back(std::move(entry.tensor));
  auto nameAt = [&](uint32_t place) -> const std::string & { return file.tensors_[place].name; };
  file.byName_.resize(file.tensors_.size());
  std::iota(file.byName_.begin(), file.byName_.end(), 0u);
  std::sort(file.byName_.begin(), file.byName_.end(), [&](uint32_t a, uint32_t b) { return nameAt(a) < nameAt(b); });
  for (size_t i = 1; i < file.byName_.size(); ++i)
    if (nameAt(file.byName_[i - 1]) == nameAt(file.byName_[i]))
      return Status::error(SafetensorsMalformed, "tensor " + quoted(nameAt(file.byName_[i])) + " stands twice in the header",
                           "keep one of them: programs differ in which they take");
  return file;
}

const SafetensorsTensor *SafetensorsFile::find(std::string_view name) const {
  auto at = std::lower_bound(byName_.begin(), byName_.end(), name,
                             [&](uint32_t place, std::string_view wanted) { return tensors_[place].name < wanted; });
  return at != byName_.end() && tensors_[*at].name == name ? &tensors_[*at] : nullptr;
}

} // namespace longc
