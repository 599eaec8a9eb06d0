// Anonymous memory from the system.
#include "runtime/core/Arena.h"

#include "runtime/core/Format.h"

#include <sys/mman.h>
#include <utility>

namespace longc {
namespace {
constexpr size_t largePage = size_t{2} << 20;
}

Arena::~Arena() {
  if (data_)
    munmap(data_, size_);
}

Arena::Arena(Arena &&other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

Arena &Arena::operator=(Arena &&other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

Result<Arena> Arena::map(size_t bytes, int flags, const char *name) {
  Arena arena;
  if (bytes == 0)
    return arena;
  void *data = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
  if (data == MAP_FAILED)
    return Status::error(7001, formatText("out of memory: %s for %s", formatBytes(static_cast<double>(bytes)).c_str(), name),
                         "close other programs, or use a smaller --window or --memory-budget");
  arena.data_ = static_cast<std::byte *>(data);
  arena.size_ = bytes;
  return arena;
}

Result<Arena> Arena::allocate(size_t bytes, const char *name) {
  auto arena = map(bytes, 0, name);
  if (arena.ok())
    arena->preferLargePages(0);
  return arena;
}

Result<Arena> Arena::reserve(size_t bytes, const char *name) { return map(bytes, MAP_NORESERVE, name); }

void Arena::preferLargePages(size_t offset) {
  if (size_ >= offset + largePage)
    madvise(data_ + offset, size_ - offset, MADV_HUGEPAGE);
}

void Arena::discard(size_t offset, size_t bytes) { madvise(data_ + offset, bytes, MADV_DONTNEED); }

void Arena::renew(size_t offset, size_t bytes) {
  mmap(data_ + offset, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0);
}

} // namespace longc
