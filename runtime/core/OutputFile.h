// A file that is there as a whole or not at all: written beside its target, synced, renamed; removed when it was not
// completed. A target that exists and is no regular file (a device, a folder) is refused: renaming would replace it.
#pragma once

#include "runtime/core/Status.h"

#include <cstdint>
#include <cstdio>
#include <string>
#include <utility>

namespace longc {

class OutputFile {
public:
  static Result<OutputFile> create(const std::string &target);
  ~OutputFile();
  OutputFile(OutputFile &&other) noexcept
      : target_(std::move(other.target_)), file_(std::exchange(other.file_, nullptr)), position_(other.position_) {}
  OutputFile(const OutputFile &) = delete;
  OutputFile &operator=(const OutputFile &) = delete;

  /// The name of an unfinished file.
  static std::string partialName(const std::string &target) { return target + ".partial"; }
  /// Whether `target` could be created now, before the work of making it.
  static Status check(const std::string &target);

  /// Writes at the end of what was appended.
  Status append(const void *data, size_t bytes);
  /// Appends zeros up to a multiple of `alignment`.
  Status pad(uint64_t alignment);
  Status writeAt(uint64_t offset, const void *data, size_t bytes);
  /// Bytes appended so far.
  uint64_t position() const { return position_; }
  /// Sets the size; new bytes are zeros.
  Status extend(uint64_t size);
  Status makeExecutable();
  Status complete();

  /// What errno says of the target.
  Status failure() const;

private:
  explicit OutputFile(std::string target) : target_(std::move(target)) {}

  std::string target_;
  std::FILE *file_ = nullptr;
  uint64_t position_ = 0;
};

} // namespace longc
