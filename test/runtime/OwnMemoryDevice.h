// What a device of the tests has in common that says it has memory of its own, and has the host's.
#pragma once

#include "runtime/core/Arena.h"
#include "runtime/device/Device.h"

#include <cstring>
#include <map>

namespace longc {

class OwnMemoryDevice : public Device {
public:
  std::string describe() const override { return "a device for tests"; }
  bool hasOwnMemory() const override { return true; }
  Result<void *> allocate(size_t bytes, const char *name) override {
    auto memory = Arena::allocate(bytes, name);
    if (!memory.ok())
      return memory.status();
    void *address = memory->data();
    memory_.emplace(address, std::move(*memory));
    return address;
  }
  void release(void *memory) override { memory_.erase(memory); }
  Status copyIn(void *target, const void *source, size_t bytes) override {
    std::memcpy(target, source, bytes);
    return {};
  }
  Status copyOut(void *target, const void *source, size_t bytes) override { return copyIn(target, source, bytes); }
  Status copyWithin(void *target, const void *source, size_t bytes) override { return copyIn(target, source, bytes); }
  Result<void *> share(const void *host, size_t) override { return const_cast<void *>(host); }
  Result<void *> shareAs(const void *host, size_t bytes, const std::function<Status(std::span<std::byte>)> &) override { return share(host, bytes); }
  Status finish() override { return {}; }

private:
  std::map<void *, Arena> memory_;
};

} // namespace longc
