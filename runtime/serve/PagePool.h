// Pages of un-rotated keys and values, shared by the contexts that were forked from each other.
//
// Each memory state of the program (keys or values of one layer) has one region of address space; page p of every state
// belongs together: they hold the same 256 tokens. A page that several contexts use is copied before it is written.
#pragma once

#include "runtime/abi/Layout.h"
#include "runtime/core/Status.h"
#include "runtime/serve/StateMemory.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace longc {

class PagePool {
public:
  /// `rowBytes`: bytes of a row, one entry a state. Address space is reserved, on a device with memory of its own for 7/8 of
  /// that or what pages there can be; memory is taken as pages are.
  static Result<std::shared_ptr<PagePool>> create(std::vector<int64_t> rowBytes, Device *device = nullptr);
  /// What plans count on of a device's own memory; the rest is for weights and what a call works with.
  static size_t plannedBytes(const Device &device) { return device.memoryBytes() / 2; }

  /// A page of its own (used once), contents undefined.
  Result<int32_t> take();
  void share(int32_t page) { ++uses_[static_cast<size_t>(page)]; }
  void release(int32_t page);
  bool isShared(int32_t page) const { return uses_[static_cast<size_t>(page)] > 1; }
  /// A copy of a page for one of its users, who gives up the original.
  Result<int32_t> takeCopy(int32_t page);

  /// The first of so many pages side by side, each used once.
  Result<int32_t> takeRun(int64_t pages);
  /// Puts a state's pages of such a run onto a range of a file (aligned to pages of the system): mapped privately, or read
  /// where pages are no pages of the system.
  Status fillRun(size_t state, int32_t firstPage, int64_t pages, int file, int64_t offset);

  size_t states() const { return regions_.size(); }
  /// Whether the processor may read `data`.
  bool isHost() const { return std::all_of(regions_.begin(), regions_.end(), [](const StateMemory &region) { return region.isHost(); }); }
  std::byte *data(size_t state) const { return regions_[state].data(); }
  /// Copies the first rows of a page of a state from the host.
  Status writeRows(size_t state, int32_t page, const void *rows, int64_t count);
  /// Copies rows of a page to another, of all states.
  Status copyRows(int32_t from, int64_t fromRow, int32_t to, int64_t toRow, int64_t count);
  /// Hands pages of a state to `sink` in their order, several at a time that lie side by side.
  using Sink = std::function<Status(const std::byte *rows, size_t bytes)>;
  Status readPages(size_t state, std::span<const int32_t> pages, const Sink &sink) const;
  int64_t pageBytes(size_t state) const { return rowBytes_[state] * pageRows; }
  /// Rows that a kernel may address: all that there can be, so that launches stay the same as the memory grows.
  int64_t rows() const { return capacity_ * pageRows; }
  /// Pages that were ever taken.
  int64_t touchedPages() const { return static_cast<int64_t>(uses_.size()); }
  int64_t usedPages() const { return static_cast<int64_t>(uses_.size() - free_.size()); }
  /// Bytes of one token over all states.
  int64_t bytesPerToken() const;
  /// Pages that can be taken beside those, as far as that is known: others may take a device's memory meanwhile.
  int64_t freePages() const;

private:
  explicit PagePool(Device *device) : device_(device) {}
  Status reserve(int64_t pages);
  /// Memory for so many pages from the first on, in all states.
  Status back(int64_t pages);
  Status backAll(int64_t pages);
  std::optional<int64_t> freeRun(int64_t pages);

  std::vector<int64_t> rowBytes_;
  Device *device_; // null: the host
  std::vector<StateMemory> regions_;
  std::vector<int32_t> uses_; // by page; 0: free
  std::vector<bool> mapped_;  // by page: onto a file
  std::vector<int32_t> free_;
  int64_t capacity_ = 0;
  int64_t backed_ = 0; // of those there is memory for so many
};

} // namespace longc
