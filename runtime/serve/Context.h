// The state of one sequence: marks, its slot in a store, pages of the memory.
//
// A fork shares all pages (copied when one side writes) and copies the rings, which are small. Dropping a context gives
// its slot and its pages back.
#pragma once

#include "runtime/serve/CachePrefix.h"
#include "runtime/serve/MemoryFile.h"
#include "runtime/serve/StateStore.h"
#include "runtime/serve/WindowMarks.h"

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace longc {

/// A memory of some tokens: their pages in order, of which the last may not be full.
struct MemoryPages {
  std::span<const int32_t> pages;
  int64_t tokens;
};

/// Rows of a memory that was put together: they are rows [token, token + count) of one of its parts.
struct MemoryRun {
  size_t part;
  int64_t token, count;
};

/// What order the rows of parts come in: all full pages, part after part, which are shared; then what is left of each,
/// which is copied. Attention does not ask in which order entries of a memory lie.
std::vector<MemoryRun> runsOf(std::span<const MemoryPages> parts);

class Context {
public:
  /// In a store of its own; `chunk`: most tokens of one call.
  static Result<std::unique_ptr<Context>> create(const StateLayout &layout, const WindowPolicy &policy, int64_t chunk);
  /// In a slot of `store`, beside others. LC7106 where all are taken, LC1012 where its rings are too short for the window.
  static Result<std::unique_ptr<Context>> create(std::shared_ptr<StateStore> store, const WindowPolicy &policy,
                                                 int64_t chunk);
  ~Context();
  Context(const Context &) = delete;
  Context &operator=(const Context &) = delete;

  /// In the store's next free slot, or in a store of one slot beside it where it has but this one.
  Result<std::unique_ptr<Context>> fork() const;

  /// Makes memories of other contexts of these pages the memory of this one, which is empty.
  Status putTogether(std::span<const MemoryPages> parts);

  /// Lets an empty context begin with a prefix, whose tokens are then local.
  Status begin(const CachePrefix &prefix);

  const WindowMarks &marks() const { return marks_; }
  /// Makes room for the tokens of a group: moves the marks, gives pages below the memory back, takes new ones.
  Status admit(int64_t tokens);
  /// Forgets the last token, which was admitted where the marks have room: the next one's rows replace its.
  void takeBack();
  /// Makes the window memory (after a group that spills).
  void spill();
  /// Makes room for windows that are memory at once; nothing is local. `unkept`: rows of what they see before them, which one call alone writes.
  Status admitToMemory(int64_t tokens, int64_t unkept = 0);
  /// Pages of those rows, behind the memory's; they are there until they are given back.
  std::span<const int32_t> unkeptPages() const { return unkept_; }
  void releaseUnkept();

  const StateStore &store() const { return *store_; }
  int32_t slot() const { return slot_; }
  /// The pool's page of tokens [256 i, 256 (i + 1)), by i; any number below the memory.
  std::span<const int32_t> pageTable() const { return table_; }

  /// Bytes of pages this context uses (shared ones included) and of its rings.
  int64_t memoryBytes() const;
  int64_t ringBytes() const { return store_->ringBytesOfSlot(); }

  /// Writes everything to a file, as a whole or not at all. `about` says of what; marks and sections are added here.
  Status save(const std::string &path, abi::SavedMemory about) const;
  /// Maps a saved context, in a slot of `store` or in a store of its own. Refuses, by name, files of other layouts and
  /// damaged ones, and those that `policy` cannot hold; what it can hold it is applied to at once.
  static Result<std::unique_ptr<Context>> load(const MemoryFile &file, std::shared_ptr<StateStore> store,
                                               const WindowPolicy &policy, int64_t chunk);
  static Result<std::unique_ptr<Context>> load(const MemoryFile &file, const StateLayout &layout,
                                               const WindowPolicy &policy, int64_t chunk);

private:
  friend class ContextFile;
  Context(std::shared_ptr<StateStore> store, int32_t slot, const WindowPolicy &policy)
      : store_(std::move(store)), slot_(slot), marks_(policy) {}
  static Result<std::unique_ptr<Context>> open(std::shared_ptr<StateStore> store, const WindowPolicy &policy);
  struct RingRows {
    int64_t row, rows;
  };
  /// Where the rows of the local tokens lie in the rings, in their order: at most two pieces.
  std::vector<RingRows> localRows() const;
  Status moveTo(const WindowMarks &next);
  Status makeWritable(int64_t firstPage, int64_t endPage);
  void releaseBelow(int64_t page);
  Status takeUnkept(int64_t rows);
  Status copyRows(const MemoryPages &part, const MemoryRun &run, int64_t begin);

  std::shared_ptr<StateStore> store_;
  int32_t slot_;
  WindowMarks marks_;
  std::vector<int32_t> table_; // page of tokens [256 i, 256 (i + 1)); noPage below the memory
  int64_t firstPage_ = 0;      // entries below it are gone
  std::vector<int32_t> unkept_;
};

} // namespace longc
