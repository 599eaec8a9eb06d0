// Mapping of files: open, check what it is, map, close.
#include "runtime/io/MappedFile.h"

#include "runtime/core/Checked.h"
#include "runtime/io/ModelFileError.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace longc {
namespace {

Status failed(const char *what, const std::string &path, int error) {
  return Status::error(FileUnreadable, std::string("cannot ") + what + " '" + path + "': " + std::strerror(error),
                       "check that the file exists and may be read");
}

struct Descriptor {
  int fd;
  ~Descriptor() {
    if (fd >= 0)
      ::close(fd);
  }
};

} // namespace

Result<int> MappedFile::openRegular(const std::string &path) {
  Descriptor file{-1};
  do // O_NONBLOCK: a named pipe must be refused below, not waited for
    file.fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  while (file.fd < 0 && errno == EINTR);
  if (file.fd < 0)
    return failed("open", path, errno);
  struct stat info;
  if (::fstat(file.fd, &info) != 0)
    return failed("examine", path, errno);
  if (!S_ISREG(info.st_mode))
    return Status::error(FileUnreadable, "cannot map '" + path + "': expected a regular file",
                         S_ISDIR(info.st_mode) ? "this is a folder; name a file in it" : "name a file on disk");
  return std::exchange(file.fd, -1);
}

Result<MappedFile> MappedFile::map(int file, const std::string &path, std::optional<Range> range) {
  struct stat info;
  if (::fstat(file, &info) != 0)
    return failed("examine", path, errno);
  uint64_t fileSize = static_cast<uint64_t>(info.st_size);
  if (!range)
    range = Range{0, fileSize};
  if (!(Checked(range->offset) + Checked(range->length)).atMost(fileSize))
    return Status::error(FileUnreadable,
                         "cannot map '" + path + "': expected " + std::to_string(range->length) + " bytes from byte " +
                             std::to_string(range->offset) + ", the file has " + std::to_string(fileSize),
                         "the file is truncated or belongs to something else");
  MappedFile mapped;
  mapped.path_ = path;
  if (range->length == 0) // mmap refuses to map nothing
    return mapped;

  uint64_t page = static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
  uint64_t skip = range->offset % page;
  uint64_t size = range->length + skip; // no overflow: at most the file size
  void *address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file, static_cast<off_t>(range->offset - skip));
  if (address == MAP_FAILED && errno == ENOMEM)
    return Status::error(7003, "out of memory: no address space to map '" + path + "'", "raise the limit (ulimit -v)");
  if (address == MAP_FAILED)
    return failed("map", path, errno);
  mapped.mapping_ = address;
  mapped.mappingSize_ = size;
  mapped.bytes_ = {static_cast<const std::byte *>(address) + skip, range->length};
  return mapped;
}

Result<MappedFile> MappedFile::map(int file, const std::string &path) { return map(file, path, std::nullopt); }

Result<MappedFile> MappedFile::open(const std::string &path) {
  Result<int> opened = openRegular(path);
  if (!opened.ok())
    return opened.status();
  Descriptor file{*opened};
  return map(file.fd, path, std::nullopt);
}

Result<MappedFile> MappedFile::open(const std::string &path, uint64_t offset, uint64_t length) {
  Result<int> opened = openRegular(path);
  if (!opened.ok())
    return opened.status();
  Descriptor file{*opened};
  return map(file.fd, path, Range{offset, length});
}

void MappedFile::forget(std::span<const std::byte> part) {
  const auto page = static_cast<uintptr_t>(::sysconf(_SC_PAGESIZE));
  const auto begin = (reinterpret_cast<uintptr_t>(part.data()) + page - 1) / page * page, end = reinterpret_cast<uintptr_t>(part.data() + part.size()) / page * page;
  if (begin < end)
    ::madvise(reinterpret_cast<void *>(begin), end - begin, MADV_DONTNEED);
}

MappedFile::~MappedFile() {
  if (mapping_)
    ::munmap(mapping_, mappingSize_);
}

void MappedFile::swap(MappedFile &other) noexcept {
  std::swap(path_, other.path_);
  std::swap(bytes_, other.bytes_);
  std::swap(mapping_, other.mapping_);
  std::swap(mappingSize_, other.mappingSize_);
}

} // namespace longc
