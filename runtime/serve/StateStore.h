// Where the state of sequences lies: rings of the local window, one slot a sequence, and pages of the memory.
//
// Sequences of one store can meet in one call: kernels find the ring of a sequence by its slot, its pages by the row of
// that number in the page table.
#pragma once

#include "runtime/serve/Executor.h"
#include "runtime/serve/PagePool.h"
#include "runtime/serve/Program.h"

#include <memory>
#include <string>
#include <vector>

namespace longc {

/// The states that the functions of one precision use.
struct StateLayout {
  struct Entry {
    uint32_t state; // index into Program.states
    std::string name; // StateName
    uint32_t layer;
    abi::ElementType type;
    int64_t rowBytes;

    /// What its rows are called in a file: "memory_keys.3".
    std::string sectionName() const { return name + "." + std::to_string(layer); }
  };
  std::vector<Entry> rings; // of the local window
  std::vector<Entry> pages; // of the memory
  Device *device = nullptr; // where they lie; null: on the host

  static StateLayout of(const abi::Program &program, const std::vector<const abi::Function *> &functions);
  /// Bytes of one token: in the rings, in the memory.
  int64_t ringBytesPerToken() const;
  int64_t memoryBytesPerToken() const;
};

class StateStore {
public:
  /// Rings of `ringRows` rows for `slots` sequences. Where there are several, address space is set aside for all and
  /// memory is taken as they come.
  static Result<std::shared_ptr<StateStore>> create(const StateLayout &layout, int64_t ringRows, int64_t slots = 1);
  /// Rows of each ring for a window of so many tokens that come `chunk` at a time.
  static int64_t ringRowsFor(int64_t window, int64_t chunk);
  /// A store of so many slots over the same pages.
  Result<std::shared_ptr<StateStore>> beside(int64_t slots = 1) const;

  /// A slot that no sequence has. LC7106 where all are taken.
  Result<int32_t> takeSlot();
  void releaseSlot(int32_t slot);
  int64_t slots() const { return static_cast<int64_t>(taken_.size()); }
  int64_t freeSlots() const;

  const StateLayout &layout() const { return layout_; }
  int64_t ringRows() const { return ringRows_; }
  StateMemory &ring(size_t state) { return rings_[state]; }
  const StateMemory &ring(size_t state) const { return rings_[state]; }
  /// Where the row of a slot's ring lies, in bytes.
  size_t ringOffset(size_t state, int32_t slot, int64_t row) const;
  int64_t ringBytesOfSlot() const { return ringRows_ * layout_.ringBytesPerToken(); }
  PagePool &pages() const { return *pages_; }

  /// Points an executor's states at this store.
  void bind(Executor &executor) const;

private:
  StateStore(const StateLayout &layout, int64_t ringRows, int64_t slots)
      : layout_(layout), ringRows_(ringRows), taken_(static_cast<size_t>(slots), false) {}
  Status allocateRings();

  StateLayout layout_;
  int64_t ringRows_;
  std::vector<StateMemory> rings_; // by state, slot after slot
  std::vector<bool> taken_;  // by slot
  std::shared_ptr<PagePool> pages_;
};

} // namespace longc
