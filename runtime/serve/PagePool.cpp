// Reference-counted pages over reserved address space.
#include "runtime/serve/PagePool.h"

#include "runtime/core/Format.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <sys/mman.h>
#include <unistd.h>

namespace longc {
namespace {

constexpr int64_t mostPages = 1 << 15, mostOnDevice = 1 << 16, fewestPages = 1 << 8; // 8 M, 16 M and 64 K tokens
constexpr int64_t systemPage = 4096;
// Short texts should start quickly, so the first pages are small; a long memory is read faster from large ones.
constexpr size_t smallPagesBelow = size_t{2} << 20;

Status readAll(int file, int64_t offset, std::byte *to, int64_t bytes) {
  while (bytes > 0) {
    ssize_t got = pread(file, to, static_cast<size_t>(bytes), offset);
    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0)
      return Status::error(7102, formatText("cannot read the saved memory: %s", got < 0 ? std::strerror(errno) : "it ended early"),
                           "was the file changed meanwhile?");
    to += got;
    offset += got;
    bytes -= got;
  }
  return {};
}

// Reads a range of a file into a device's memory, a piece at a time.
Status loadRun(StateMemory &memory, int64_t at, int64_t bytes, int file, int64_t offset) {
  std::vector<std::byte> piece(static_cast<size_t>(std::min<int64_t>(bytes, int64_t{16} << 20)));
  for (int64_t done = 0; done < bytes;) {
    const int64_t count = std::min<int64_t>(bytes - done, static_cast<int64_t>(piece.size()));
    LONGC_TRY(readAll(file, offset + done, piece.data(), count));
    LONGC_TRY(memory.write(static_cast<size_t>(at + done), piece.data(), static_cast<size_t>(count)));
    done += count;
  }
  return {};
}

} // namespace

Result<std::shared_ptr<PagePool>> PagePool::create(std::vector<int64_t> rowBytes, Device *device) {
  std::shared_ptr<PagePool> pool(new PagePool(device));
  pool->rowBytes_ = std::move(rowBytes);
  int64_t most = mostPages;
  if (const int64_t ofPage = pool->bytesPerToken() * pageRows; ofPage > 0 && device && device->hasOwnMemory())
    most = std::clamp<int64_t>(static_cast<int64_t>(device->memoryBytes() / 8 * 7) / ofPage, fewestPages, mostOnDevice);
  // Where address space is limited, be content with less of it.
  Status status;
  for (int64_t pages = most; pages >= fewestPages; pages /= 2) {
    status = pool->reserve(pages);
    if (status.ok())
      return pool;
  }
  return status;
}

Status PagePool::reserve(int64_t pages) {
  regions_.clear();
  backed_ = 0;
  for (int64_t bytes : rowBytes_) {
    auto region = StateMemory::create(device_, static_cast<size_t>(bytes * pageRows * pages), StateMemory::Use::sparse,
                                      "the memory's address space");
    if (!region.ok())
      return region.status();
    region->preferLargePages(smallPagesBelow);
    regions_.push_back(std::move(*region));
  }
  capacity_ = pages;
  return back(1); // which the tables of sequences without a page name
}

// An eighth more, so that it is seldom asked; where a device has not as much, what is wanted.
Status PagePool::back(int64_t pages) {
  if (pages <= backed_)
    return {};
  constexpr int64_t mostAhead = int64_t{256} << 20; // bytes
  const int64_t ofPage = std::max<int64_t>(bytesPerToken() * pageRows, 1);
  const int64_t ahead = std::min({pages / 8, mostAhead / ofPage, capacity_ - pages});
  return backAll(pages + ahead).ok() ? Status() : backAll(pages);
}

Status PagePool::backAll(int64_t pages) {
  for (size_t state = 0; state < states(); ++state)
    LONGC_TRY(regions_[state].back(static_cast<size_t>(pageBytes(state) * pages)));
  backed_ = pages;
  return {};
}

int64_t PagePool::freePages() const {
  const int64_t addresses = capacity_ - usedPages();
  if (!device_ || !device_->hasOwnMemory())
    return addresses;
  const int64_t ofPage = std::max<int64_t>(bytesPerToken() * pageRows, 1);
  return std::min(addresses, backed_ - usedPages() + static_cast<int64_t>(device_->freeBytes()) / ofPage);
}

Result<int32_t> PagePool::take() {
  if (!free_.empty()) {
    int32_t page = free_.back();
    free_.pop_back();
    uses_[static_cast<size_t>(page)] = 1;
    return page;
  }
  if (static_cast<int64_t>(uses_.size()) >= capacity_)
    return Status::error(7101, formatText("the memory is full: %s tokens", formatCount(capacity_ * pageRows).c_str()),
                         "limit it with --memory-budget, or drop forks of the document");
  LONGC_TRY(back(static_cast<int64_t>(uses_.size()) + 1));
  uses_.push_back(1);
  mapped_.push_back(false);
  return static_cast<int32_t>(uses_.size() - 1);
}

void PagePool::release(int32_t page) {
  if (--uses_[static_cast<size_t>(page)] > 0)
    return;
  free_.push_back(page);
  const bool wasMapped = mapped_[static_cast<size_t>(page)];
  mapped_[static_cast<size_t>(page)] = false;
  for (size_t state = 0; state < states(); ++state) {
    const auto offset = static_cast<size_t>(pageBytes(state) * page), bytes = static_cast<size_t>(pageBytes(state));
    if (bytes % systemPage == 0)
      wasMapped ? regions_[state].renew(offset, bytes) : regions_[state].discard(offset, bytes);
  }
}

Result<int32_t> PagePool::takeCopy(int32_t page) {
  auto copy = take();
  if (!copy.ok())
    return copy;
  for (size_t state = 0; state < states(); ++state)
    LONGC_TRY(regions_[state].copyFrom(regions_[state], static_cast<size_t>(pageBytes(state) * page),
                                       static_cast<size_t>(pageBytes(state) * *copy), static_cast<size_t>(pageBytes(state))));
  release(page);
  return copy;
}

Status PagePool::readPages(size_t state, std::span<const int32_t> pages, const Sink &sink) const {
  constexpr size_t mostTogether = 64;
  std::vector<std::byte> copy;
  for (size_t begin = 0, end; begin < pages.size(); begin = end) {
    for (end = begin + 1; end < pages.size() && end - begin < mostTogether && pages[end] == pages[end - 1] + 1;)
      ++end;
    const auto offset = static_cast<size_t>(pageBytes(state) * pages[begin]), bytes = static_cast<size_t>(pageBytes(state)) * (end - begin);
    if (!regions_[state].isHost()) {
      copy.resize(bytes);
      LONGC_TRY(regions_[state].read(offset, copy.data(), bytes));
    }
    LONGC_TRY(sink(regions_[state].isHost() ? data(state) + offset : copy.data(), bytes));
  }
  return {};
}

Status PagePool::writeRows(size_t state, int32_t page, const void *rows, int64_t count) {
  return regions_[state].write(static_cast<size_t>(pageBytes(state) * page), rows, static_cast<size_t>(rowBytes_[state] * count));
}

Status PagePool::copyRows(int32_t from, int64_t fromRow, int32_t to, int64_t toRow, int64_t count) {
  for (size_t state = 0; state < states(); ++state)
    LONGC_TRY(regions_[state].copyFrom(regions_[state], static_cast<size_t>(pageBytes(state) * from + rowBytes_[state] * fromRow),
                                       static_cast<size_t>(pageBytes(state) * to + rowBytes_[state] * toRow),
                                       static_cast<size_t>(rowBytes_[state] * count)));
  return {};
}

// The first of so many free pages side by side, which are taken then.
std::optional<int64_t> PagePool::freeRun(int64_t pages) {
  std::ranges::sort(free_);
  for (size_t begin = 0, end; begin < free_.size(); begin = end) {
    for (end = begin + 1; end < free_.size() && free_[end] == free_[end - 1] + 1 && static_cast<int64_t>(end - begin) < pages;)
      ++end;
    if (static_cast<int64_t>(end - begin) < pages)
      continue;
    const int64_t first = free_[begin];
    free_.erase(free_.begin() + static_cast<ptrdiff_t>(begin), free_.begin() + static_cast<ptrdiff_t>(end));
    std::fill_n(uses_.begin() + first, pages, 1);
    return first;
  }
  return std::nullopt;
}

Result<int32_t> PagePool::takeRun(int64_t pages) {
  if (auto run = pages > 0 ? freeRun(pages) : std::nullopt)
    return static_cast<int32_t>(*run);
  const auto first = static_cast<int64_t>(uses_.size());
  if (pages > capacity_ - first)
    return Status::error(7103, formatText("a saved memory of %s tokens does not fit into %s",
                                          formatCount(pages * pageRows).c_str(),
                                          formatCount((capacity_ - first) * pageRows).c_str()),
                         device_ && device_->hasOwnMemory() ? "take a device with more memory, or --device cpu"
                                                            : "raise the limit on address space (ulimit -v)");
  LONGC_TRY(back(first + pages));
  uses_.resize(static_cast<size_t>(first + pages), 1);
  mapped_.resize(uses_.size(), false);
  return static_cast<int32_t>(first);
}

Status PagePool::fillRun(size_t state, int32_t firstPage, int64_t pages, int file, int64_t offset) {
  std::byte *to = data(state) + pageBytes(state) * firstPage;
  int64_t bytes = pageBytes(state) * pages;
  if (bytes == 0)
    return {};
  if (!regions_[state].isHost())
    return loadRun(regions_[state], pageBytes(state) * firstPage, bytes, file, offset);
  if (pageBytes(state) % systemPage != 0)
    return readAll(file, offset, to, bytes);
  if (mmap(to, static_cast<size_t>(bytes), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE, file, offset) ==
      MAP_FAILED)
    return Status::error(errno == ENOMEM ? 7003 : 7102,
                         formatText("cannot map %lld bytes of the saved memory: %s", static_cast<long long>(bytes),
                                    std::strerror(errno)),
                         "is there enough address space (ulimit -v)?");
  std::fill_n(mapped_.begin() + firstPage, pages, true);
  return {};
}

int64_t PagePool::bytesPerToken() const {
  int64_t bytes = 0;
  for (int64_t row : rowBytes_)
    bytes += row;
  return bytes;
}

} // namespace longc
