// Memory of one state, as its kernels see it: the host's, taken as it is used, or of a device with memory of its own.
#pragma once

#include "runtime/core/Arena.h"
#include "runtime/device/Device.h"

namespace longc {

class StateMemory {
public:
  enum class Use { whole, sparse }; // of the bytes: all of them soon, or some, as they come

  /// On `device` where that has memory of its own, else (or null) the host's. Zeroed.
  static Result<StateMemory> create(Device *device, size_t bytes, Use use, const char *name);
  StateMemory() = default;
  ~StateMemory() { release(); }
  StateMemory(StateMemory &&other) noexcept;
  StateMemory &operator=(StateMemory &&other) noexcept;

  /// The first byte, for kernels; the processor may not read it unless it `isHost`.
  std::byte *data() const { return device_ ? onDevice_ : host_.data(); }
  bool isHost() const { return !device_; }
  size_t size() const { return size_; }

  Status read(size_t offset, void *target, size_t bytes) const;
  Status write(size_t offset, const void *source, size_t bytes);
  /// Copies bytes of a memory of the same device.
  Status copyFrom(const StateMemory &other, size_t from, size_t to, size_t bytes);

  /// Sparse memory of a device is there for the first `bytes` from here on; the host's comes as it is used.
  Status back(size_t bytes);

  /// As in Arena; nothing happens on a device.
  void preferLargePages(size_t offset);
  void discard(size_t offset, size_t bytes);
  void renew(size_t offset, size_t bytes);

private:
  void release();

  Arena host_;
  Device *device_ = nullptr; // of memory that is not the host's
  std::byte *onDevice_ = nullptr;
  size_t size_ = 0;
  const char *name_ = "";
};

} // namespace longc
