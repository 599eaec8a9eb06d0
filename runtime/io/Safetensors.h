// Reader of safetensors files: named tensors as views into the mapped file.
//
// A file is the length of its header (8 bytes, little-endian), the header (JSON: name -> type, shape and the place of
// its bytes) and the bytes of all tensors, each byte belonging to exactly one. All of that is checked once; after `open`
// succeeded every view is in bounds and as long as type and shape say. Nothing is allocated from a number of the file
// before it was compared with the file's size. Tensors need not be aligned: read them by memcpy.
#pragma once

#include "runtime/core/Status.h"
#include "runtime/io/MappedFile.h"
#include "runtime/io/SafetensorsTypes.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace longc {

// The format's own limit, that of its reference implementation.
inline constexpr uint64_t safetensorsHeaderLimit = 100'000'000;

struct SafetensorsTensor {
  std::string name;
  SafetensorsType type = SafetensorsType::F32;
  std::vector<int64_t> shape; // outermost first; empty for a single value; sizes may be 0
  std::span<const std::byte> data;
};

class SafetensorsFile {
public:
  // Maps and checks a file; the object owns the mapping. Errors begin with the path.
  static Result<SafetensorsFile> open(const std::string &path);
  // The same on bytes the caller keeps alive (tests, fuzzing).
  static Result<SafetensorsFile> parse(std::span<const std::byte> bytes);

  const std::string &path() const { return mapping_.path(); } // empty if parsed from memory
  // In the order of their bytes.
  const std::vector<SafetensorsTensor> &tensors() const { return tensors_; }
  // Null if there is none of this name.
  const SafetensorsTensor *find(std::string_view name) const;
  // Pairs of `__metadata__`, in the order of the file.
  const std::vector<std::pair<std::string, std::string>> &metadata() const { return metadata_; }

private:
  MappedFile mapping_;
  std::vector<SafetensorsTensor> tensors_;
  std::vector<uint32_t> byName_; // places in tensors_, sorted by name
  std::vector<std::pair<std::string, std::string>> metadata_;
};

} // namespace longc
