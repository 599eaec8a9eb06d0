// Zeroed anonymous memory, page-aligned, backed by large pages where the system grants them.
#pragma once

#include "runtime/core/Status.h"

#include <cstddef>

namespace longc {

class Arena {
public:
  Arena() = default;
  ~Arena();
  Arena(Arena &&other) noexcept;
  Arena &operator=(Arena &&other) noexcept;

  /// Memory of `bytes` (0 is allowed). `name` is for the message when there is not enough.
  static Result<Arena> allocate(size_t bytes, const char *name);
  /// Address space of `bytes` whose pages are taken only when touched.
  static Result<Arena> reserve(size_t bytes, const char *name);

  std::byte *data() const { return data_; }
  size_t size() const { return size_; }
  /// Asks for large pages from `offset` on (nothing happens where the system has none).
  void preferLargePages(size_t offset);
  /// Gives the pages of a page-aligned range back; they read as zeros afterwards.
  void discard(size_t offset, size_t bytes);
  /// Likewise, of whole pages that something else may have been mapped onto: they are the arena's own again.
  void renew(size_t offset, size_t bytes);

private:
  static Result<Arena> map(size_t bytes, int flags, const char *name);
  std::byte *data_ = nullptr;
  size_t size_ = 0;
};

} // namespace longc
