// What the executor needs of a device: memory and kernel launches, in call order.
//
// One thread uses a device at a time; only copies to the host may come from other threads meanwhile.
#pragma once

#include "runtime/abi/longc_abi.h"
#include "runtime/core/Status.h"
#include "runtime/device/Roof.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace longc {

struct KernelLaunch {
  uint32_t kernel;                  // index into Program.kernels
  std::span<const int64_t> grid;    // no size is 0
  std::span<const longc_view> views;
  std::span<const int64_t> scalars; // the kernel's own, without the grid
  bool uneven;                      // blocks differ in cost, costliest first
};

/// Bytes of the device that the host wants.
struct CopyOut {
  void *target;
  const void *source;
  size_t bytes;
};

class Device {
public:
  virtual ~Device() = default;

  /// One line for a person: name, variant, threads.
  virtual std::string describe() const = 0;
  /// Of the processor: the variant of its kernels, and how many threads run them.
  virtual std::string variant() const { return {}; }
  virtual int threads() const { return 0; }

  /// Zeroed memory that the device's kernels can use; `name` is for the message when there is not enough.
  virtual Result<void *> allocate(size_t bytes, const char *name) = 0;
  /// Addresses for memory that is taken as it is needed, where the device can; no byte may be touched before `back`.
  virtual Result<void *> reserve(size_t bytes, const char *name) { return allocate(bytes, name); }
  /// Zeroed memory for the first `bytes` of what `reserve` gave.
  virtual Status back(void * /*reserved*/, size_t /*bytes*/, const char * /*name*/) { return {}; }
  /// Memory of the host that kernels write as well: what they stored is there once `awaitMark` has returned.
  virtual Result<void *> allocateOfHost(size_t bytes, const char *name) { return allocate(bytes, name); }
  virtual void release(void *memory) = 0;
  virtual Status copyIn(void *target, const void *source, size_t bytes) = 0;
  virtual Status copyOut(void *target, const void *source, size_t bytes) = 0;
  /// Many small ones: where each would be waited for, all of them are together.
  virtual Status copyOutAll(std::span<const CopyOut> copies) {
    for (const CopyOut &one : copies)
      LONGC_TRY(copyOut(one.target, one.source, one.bytes));
    return {};
  }
  /// Between memories of the device.
  virtual Status copyWithin(void *target, const void *source, size_t bytes) = 0;
  /// `count` times the same element of `bytes` bytes, 8 at most.
  virtual Status fill(void *target, const void *element, size_t bytes, size_t count) {
    std::vector<std::byte> pattern(bytes * count);
    for (size_t i = 0; i < pattern.size(); ++i)
      pattern[i] = static_cast<const std::byte *>(element)[i % bytes];
    return copyIn(target, pattern.data(), pattern.size());
  }
  /// Host memory that outlives the device, as its kernels see it: the same address where they share memory.
  virtual Result<void *> share(const void *host, size_t bytes) = 0;
  /// Whether the device has memory of its own, where state lies and weights are rows of the type that kernels read; else it
  /// is the host's, and weights are read as they are stored.
  virtual bool hasOwnMemory() const { return false; }
  /// A copy of another form of host memory, `bytes` that `fill` writes. Made once a host address.
  virtual Result<void *> shareAs(const void *host, size_t bytes, const std::function<Status(std::span<std::byte>)> &fill) = 0;
  /// Bytes of memory of its own, and of those the ones that nobody has.
  virtual size_t memoryBytes() const { return 0; }
  virtual size_t freeBytes() const { return memoryBytes(); }

  /// For profiles; takes a while.
  virtual Roof measureRoof();

  virtual Status launch(const KernelLaunch &launch) = 0;
  /// Launches one after the other, which were launched before: each time that they come again, the same in all, it is under the
  /// same `sequence`. So a device may prepare them as a whole.
  virtual Status launchAll(std::span<const KernelLaunch> launches, uint64_t /*sequence*/) {
    for (const KernelLaunch &one : launches)
      LONGC_TRY(launch(one));
    return {};
  }
  /// Notes what was launched so far, and waits for all of that, but for nothing that was launched behind it.
  virtual Status mark() { return {}; }
  virtual Status awaitMark() { return finish(); }
  /// Waits for everything that was launched.
  virtual Status finish() = 0;
};

} // namespace longc
