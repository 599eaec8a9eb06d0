// Host or device memory of a state.
#include "runtime/serve/StateMemory.h"

#include <cstring>
#include <utility>

namespace longc {

Result<StateMemory> StateMemory::create(Device *device, size_t bytes, Use use, const char *name) {
  StateMemory memory;
  memory.size_ = bytes;
  memory.name_ = name;
  if (device && device->hasOwnMemory()) {
    auto allocated = use == Use::whole ? device->allocate(bytes, name) : device->reserve(bytes, name);
    if (!allocated.ok())
      return allocated.status();
    memory.device_ = device;
    memory.onDevice_ = static_cast<std::byte *>(*allocated);
    return memory;
  }
  auto host = use == Use::whole ? Arena::allocate(bytes, name) : Arena::reserve(bytes, name);
  if (!host.ok())
    return host.status();
  memory.host_ = std::move(*host);
  return memory;
}

void StateMemory::release() {
  if (device_ && onDevice_)
    device_->release(onDevice_);
  onDevice_ = nullptr;
}

StateMemory::StateMemory(StateMemory &&other) noexcept
    : host_(std::move(other.host_)), device_(other.device_), onDevice_(std::exchange(other.onDevice_, nullptr)),
      size_(other.size_), name_(other.name_) {}

StateMemory &StateMemory::operator=(StateMemory &&other) noexcept {
  release();
  host_ = std::move(other.host_);
  device_ = other.device_;
  onDevice_ = std::exchange(other.onDevice_, nullptr);
  size_ = other.size_;
  name_ = other.name_;
  return *this;
}

Status StateMemory::back(size_t bytes) { return device_ ? device_->back(onDevice_, bytes, name_) : Status(); }

Status StateMemory::read(size_t offset, void *target, size_t bytes) const {
  if (device_)
    return device_->copyOut(target, onDevice_ + offset, bytes);
  std::memcpy(target, host_.data() + offset, bytes);
  return {};
}

Status StateMemory::write(size_t offset, const void *source, size_t bytes) {
  if (device_)
    return device_->copyIn(onDevice_ + offset, source, bytes);
  std::memcpy(host_.data() + offset, source, bytes);
  return {};
}

Status StateMemory::copyFrom(const StateMemory &other, size_t from, size_t to, size_t bytes) {
  if (device_)
    return device_->copyWithin(onDevice_ + to, other.onDevice_ + from, bytes);
  std::memcpy(host_.data() + to, other.host_.data() + from, bytes);
  return {};
}

void StateMemory::preferLargePages(size_t offset) {
  if (!device_)
    host_.preferLargePages(offset);
}

void StateMemory::renew(size_t offset, size_t bytes) {
  if (!device_)
    host_.renew(offset, bytes);
}

void StateMemory::discard(size_t offset, size_t bytes) {
  if (!device_)
    host_.discard(offset, bytes);
}

} // namespace longc
