// Reader of GGUF files (versions 2 and 3, little-endian): metadata and tensors as views into the mapped file.
//
// A file is parsed into plain structs, validated once, and only then handed out; after `open` succeeded every view is
// in bounds. Nothing is allocated from a length that was not compared with runtime/io/Limits.h and with the bytes that
// are left. Any file that is refused is refused with a line that names the thing, what was expected and what was found.
// A model split over several files is read as one (GgufParts.h).
#pragma once

#include "runtime/core/Status.h"
#include "runtime/io/GgufTypes.h"
#include "runtime/io/MappedFile.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace longc {

// One key of the metadata. `payload` is what follows the type in the file: the value itself; for a string its bytes;
// for an array its elements, which have type `elementType`.
struct GgufValue {
  std::string_view key;
  GgufValueType type;
  GgufValueType elementType; // of an array; else equal to `type`
  uint64_t count;            // elements of an array; else 1
  std::span<const std::byte> payload;
};

struct GgufTensor {
  std::string_view name;
  const GgufEncoding *encoding; // never null; encoding->format is empty if it cannot be decoded here
  std::vector<int64_t> shape;   // outermost first, i.e. [rows, columns]: the reverse of the order in the file
  uint64_t offset;              // of the data, from the beginning of the data section
  std::span<const std::byte> data;

  int64_t elements() const; // product of the shape (validated not to overflow)
};

class GgufFile {
public:
  // Maps and validates a file; the object owns the mapping. Any part of a split model opens all of them.
  static Result<GgufFile> open(const std::string &path);
  // One file alone, which may be a part.
  static Result<GgufFile> openPart(const std::string &path);
  // The same on bytes the caller keeps alive (tests, fuzzing).
  static Result<GgufFile> parse(std::span<const std::byte> bytes);
  // The parts of a split model, in order, as one file: all tensors, all keys. What a part says of itself alone
  // (split.no, general.alignment) is the first's; another key or a tensor in two parts is an error, unless the two
  // values of the key are equal.
  static Result<GgufFile> join(std::vector<GgufFile> parts);

  uint32_t version() const { return version_; }
  uint32_t alignment() const { return alignment_; }
  const std::string &path() const { return path_; } // of the file that was opened; empty if parsed from memory
  size_t parts() const { return parts_; }           // joined to this one

  // Metadata in the order of the file, and by key (null if absent).
  const std::vector<GgufValue> &values() const { return values_; }
  const GgufValue *find(std::string_view key) const;

  // Typed access. A missing key and a value of another type are errors that name the key, what was expected and what
  // was found. Any integer type is accepted where an integer is wanted, if the value fits; a bool is no integer.
  Result<uint64_t> unsignedValue(std::string_view key) const;
  Result<int64_t> integerValue(std::string_view key) const;
  Result<double> floatValue(std::string_view key) const; // 32- or 64-bit float
  Result<bool> boolValue(std::string_view key) const;
  Result<std::string_view> stringValue(std::string_view key) const;
  Result<std::vector<std::string_view>> stringArray(std::string_view key) const;
  Result<std::vector<int64_t>> integerArray(std::string_view key) const;
  Result<std::vector<double>> floatArray(std::string_view key) const;

  // Tensors in the order of the file, and by name (null if absent).
  const std::vector<GgufTensor> &tensors() const { return tensors_; }
  const GgufTensor *findTensor(std::string_view name) const;
  // The decodable format of a tensor, or an error that names the tensor and its encoding.
  static Result<ElementFormat> formatOf(const GgufTensor &tensor);

private:
  Status indexNames();
  Status readAlignment();
  Status placeData(std::span<const std::byte> bytes, uint64_t headerEnd);
  Status checkOverlaps() const;
  Result<const GgufValue *> require(std::string_view key) const;

  std::vector<MappedFile> mappings_;
  std::string path_;
  size_t parts_ = 1;
  uint32_t version_ = 0, alignment_ = 32;
  std::vector<GgufValue> values_;
  std::vector<GgufTensor> tensors_;
  // Places in values_ and tensors_, sorted by name: look-ups take logarithmic time whatever the names are, where a hash
  // table could be slowed down by chosen names.
  std::vector<uint32_t> valuesByKey_, tensorsByName_;
};

} // namespace longc
