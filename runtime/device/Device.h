// What the executor needs of a device: memory and kernel launches, in call order.
//
// Not thread-safe: one thread uses a device at a time.
#pragma once

#include "runtime/abi/longc_abi.h"
#include "runtime/core/Status.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace longc {

struct KernelLaunch {
  uint32_t kernel;                  // index into Program.kernels
  std::span<const int64_t> grid;    // no size is 0
  std::span<const longc_view> views;
  std::span<const int64_t> scalars; // the kernel's own, without the grid
  bool uneven;                      // blocks differ in cost, costliest first
};

class Device {
public:
  virtual ~Device() = default;

  /// One line for a person: name, variant, threads.
  virtual std::string describe() const = 0;

  /// Zeroed memory that the device's kernels can use; `name` is for the message when there is not enough.
  virtual Result<void *> allocate(size_t bytes, const char *name) = 0;
  virtual void release(void *memory) = 0;
  virtual Status copyIn(void *target, const void *source, size_t bytes) = 0;
  virtual Status copyOut(void *target, const void *source, size_t bytes) = 0;
  /// Host memory that outlives the device, as its kernels see it: the same address where they share memory.
  virtual Result<void *> share(const void *host, size_t bytes) = 0;

  virtual Status launch(const KernelLaunch &launch) = 0;
  /// Waits for everything that was launched.
  virtual Status finish() = 0;
};

} // namespace longc
