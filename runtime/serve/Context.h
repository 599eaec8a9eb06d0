// The state of one sequence: marks, rings of the local window, pages of the memory.
//
// A fork shares all pages (copied when one side writes) and copies the rings, which are small. Dropping a context gives
// its pages back.
#pragma once

#include "runtime/core/Arena.h"
#include "runtime/serve/Executor.h"
#include "runtime/serve/MemoryFile.h"
#include "runtime/serve/PagePool.h"
#include "runtime/serve/Program.h"
#include "runtime/serve/WindowMarks.h"

#include <memory>
#include <string>
#include <vector>

namespace longc {

/// The states that the functions of one precision use.
struct StateLayout {
  struct Entry {
    uint32_t state; // index into Program.states
    abi::State::Kind kind;
    uint32_t layer;
    abi::ElementType type;
    int64_t rowBytes;
  };
  std::vector<Entry> rings; // of the local window
  std::vector<Entry> pages; // of the memory

  static StateLayout of(const abi::Program &program, const std::vector<const abi::Function *> &functions);
};

class Context {
public:
  /// `chunk`: most tokens of one call.
  static Result<std::unique_ptr<Context>> create(const StateLayout &layout, const WindowPolicy &policy, int64_t chunk);
  ~Context();
  Context(const Context &) = delete;
  Context &operator=(const Context &) = delete;

  Result<std::unique_ptr<Context>> fork() const;

  const WindowMarks &marks() const { return marks_; }
  /// Makes room for the tokens of a group: moves the marks, gives pages below the memory back, takes new ones.
  Status admit(int64_t tokens);
  /// Makes the window memory (after a group that spills).
  void spill();

  /// Points an executor's states and page table at this context.
  void bind(Executor &executor) const;

  /// Bytes of pages this context uses (shared ones included) and of its rings.
  int64_t memoryBytes() const;
  int64_t ringBytes() const;
  int64_t ringRows() const { return ringRows_; }
  /// Rows of each ring of the local window.
  static int64_t ringRowsFor(int64_t window, int64_t chunk);

  /// Writes everything to a file, as a whole or not at all. `about` says of what; marks and sections are added here.
  Status save(const std::string &path, abi::SavedMemory about) const;
  /// Maps a saved context. Refuses, by name, files of other layouts and damaged ones, and those that `policy` cannot
  /// hold; what it can hold it is applied to at once.
  static Result<std::unique_ptr<Context>> load(const MemoryFile &file, const StateLayout &layout,
                                               const WindowPolicy &policy, int64_t chunk);

private:
  friend class ContextFile;
  Context(const StateLayout &layout, const WindowPolicy &policy) : layout_(layout), marks_(policy) {}
  Status allocateRings(int64_t rows);
  struct RingRows {
    int64_t row, rows;
  };
  /// Where the rows of the local tokens lie in the rings, in their order: at most two pieces.
  std::vector<RingRows> localRows() const;
  Status makeWritable(int64_t firstPage, int64_t endPage);
  void releaseBelow(int64_t page);

  StateLayout layout_;
  WindowMarks marks_;
  int64_t ringRows_ = 0;
  std::vector<Arena> rings_;
  std::shared_ptr<PagePool> pool_;
  std::vector<int32_t> table_; // page of tokens [256 i, 256 (i + 1)); noPage below the memory
  int64_t firstPage_ = 0;      // entries below it are gone
};

} // namespace longc
