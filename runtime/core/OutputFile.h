// A file that is there as a whole or not at all: written beside its target and synced, then put in its place by one rename.
//
// Until it is complete it has no name where the file system can do that, so whatever ends the process leaves nothing; else
// it is TARGET.<random>.partial. Writers of one target never meet: each has its own file, and the last to complete stays.
// Links are followed, a file that is replaced leaves its permissions. What cannot be replaced (a device, a pipe, an open
// descriptor such as /dev/stdout) is written directly.
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
      : target_(std::move(other.target_)), path_(std::move(other.path_)), partial_(std::move(other.partial_)),
        file_(std::exchange(other.file_, nullptr)), position_(other.position_) {}
  OutputFile(const OutputFile &) = delete;
  OutputFile &operator=(const OutputFile &) = delete;

  /// Whether `target` could be created now, before the work of making it. Opens no device.
  static Status check(const std::string &target);
  /// A whole file of `bytes`.
  static Status write(const std::string &target, const std::string &bytes);

  Status append(const void *data, size_t bytes);
  /// Appends zeros up to a multiple of `alignment`.
  Status pad(uint64_t alignment);
  /// Bytes appended so far.
  uint64_t position() const { return position_; }
  /// Whether it becomes a file of its own; else it is a device, pipe or descriptor.
  bool isFile() const { return !path_.empty(); }
  /// Executable for whoever may read it.
  Status makeExecutable();
  Status complete();

private:
  explicit OutputFile(std::string target) : target_(std::move(target)) {}
  Status openDirectly(int descriptor);
  Status openBeside(mode_t mode);
  Status takeName();
  Status failure() const;

  std::string target_;  // as the caller calls it
  std::string path_;    // where the finished file goes, links followed; empty: written directly
  std::string partial_; // the unfinished file's name; empty: it has none
  std::FILE *file_ = nullptr;
  uint64_t position_ = 0;
};

} // namespace longc
