// Partial file, fsync, rename.
#include "runtime/core/OutputFile.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <sys/stat.h>
#include <unistd.h>

namespace longc {
namespace {

Status cannotWrite(const std::string &target, const std::string &reason) {
  return Status::error(4001, "cannot write '" + target + "': " + reason,
                       "check the path, its permissions and the free space");
}

} // namespace

Result<OutputFile> OutputFile::create(const std::string &target) {
  struct stat existing;
  if (stat(target.c_str(), &existing) == 0 && !S_ISREG(existing.st_mode))
    return cannotWrite(target, "it exists and is no regular file");
  OutputFile file(target);
  file.file_ = std::fopen(partialName(target).c_str(), "wb");
  if (!file.file_)
    return file.failure();
  return file;
}

Status OutputFile::check(const std::string &target) {
  Result<OutputFile> file = create(target); // removed at once
  return file.ok() ? Status() : file.status();
}

OutputFile::~OutputFile() {
  if (!file_)
    return;
  std::fclose(file_);
  std::remove(partialName(target_).c_str());
}

Status OutputFile::append(const void *data, size_t bytes) {
  if (std::fwrite(data, 1, bytes, file_) != bytes)
    return failure();
  position_ += bytes;
  return {};
}

Status OutputFile::pad(uint64_t alignment) {
  static const char zeros[4096] = {};
  for (uint64_t left = (alignment - position_ % alignment) % alignment; left > 0;) {
    size_t bytes = static_cast<size_t>(std::min<uint64_t>(left, sizeof zeros));
    LONGC_TRY(append(zeros, bytes));
    left -= bytes;
  }
  return {};
}

Status OutputFile::writeAt(uint64_t offset, const void *data, size_t bytes) {
  bool written =
      std::fseek(file_, static_cast<long>(offset), SEEK_SET) == 0 && std::fwrite(data, 1, bytes, file_) == bytes;
  return written ? Status() : failure();
}

Status OutputFile::extend(uint64_t size) {
  bool done = std::fflush(file_) == 0 && ftruncate(fileno(file_), static_cast<off_t>(size)) == 0;
  return done ? Status() : failure();
}

Status OutputFile::makeExecutable() {
  mode_t mask = umask(0); // an executable for whoever may read it
  umask(mask);
  return fchmod(fileno(file_), 0777 & ~mask) == 0 ? Status() : failure();
}

Status OutputFile::complete() {
  bool written = std::fflush(file_) == 0 && fsync(fileno(file_)) == 0;
  Status status = written ? Status() : failure(); // closing may change errno
  if (std::fclose(std::exchange(file_, nullptr)) != 0 && status.ok())
    status = failure();
  if (status.ok() && std::rename(partialName(target_).c_str(), target_.c_str()) != 0)
    status = failure();
  if (!status.ok())
    std::remove(partialName(target_).c_str());
  return status;
}

Status OutputFile::failure() const { return cannotWrite(target_, std::strerror(errno)); }

} // namespace longc
