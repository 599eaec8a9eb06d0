// A file, or a range of one, mapped read-only.
//
// The mapping lives as long as the object; moving it keeps the addresses. As with every mapping, a file that another
// process shortens while it is mapped raises SIGBUS on access: replace model files by rename, never in place.
#pragma once

#include "runtime/core/Status.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>

namespace longc {

class MappedFile {
public:
  MappedFile() = default; // maps nothing
  MappedFile(MappedFile &&other) noexcept { swap(other); }
  MappedFile &operator=(MappedFile &&other) noexcept {
    MappedFile taken(std::move(other));
    swap(taken);
    return *this;
  }
  MappedFile(const MappedFile &) = delete;
  MappedFile &operator=(const MappedFile &) = delete;
  ~MappedFile();

  // Maps a whole regular file. An empty file gives an empty span.
  static Result<MappedFile> open(const std::string &path);
  // Maps `length` bytes from `offset`, which need not be a multiple of the page size; the range must lie in the file.
  static Result<MappedFile> open(const std::string &path, uint64_t offset, uint64_t length);
  // Opens a regular file for reading; the caller closes it. For who maps more of it than this class: whatever happens to
  // the name meanwhile, it is the same file.
  static Result<int> openRegular(const std::string &path);
  // Maps a whole file that is open. `path` names it in messages.
  static Result<MappedFile> map(int file, const std::string &path);

  std::span<const std::byte> bytes() const { return bytes_; }
  /// Gives back the memory of whole pages of `part`, a range of bytes(); touched again, they are read again.
  static void forget(std::span<const std::byte> part);
  const std::string &path() const { return path_; }

private:
  struct Range {
    uint64_t offset, length;
  };
  static Result<MappedFile> map(int file, const std::string &path, std::optional<Range> range);
  void swap(MappedFile &other) noexcept;

  std::string path_;
  std::span<const std::byte> bytes_;
  void *mapping_ = nullptr; // begins at a page, so possibly before bytes_
  size_t mappingSize_ = 0;
};

} // namespace longc
