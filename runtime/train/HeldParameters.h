// The trained parameters in the memory of a device of its own, in the types that its kernels read.
#pragma once

#include "runtime/abi/program.pb.h"
#include "runtime/core/ThreadPool.h"
#include "runtime/device/Device.h"
#include "runtime/train/ParameterList.h"

#include <memory>
#include <vector>

namespace longc {

class HeldParameters {
public:
  /// `types`: of each parameter of the list, F32 or BF16. `device` must outlive this.
  static Result<std::unique_ptr<HeldParameters>> create(Device &device, const ParameterList &list, std::vector<abi::ElementType> types);
  ~HeldParameters();
  HeldParameters(const HeldParameters &) = delete;
  HeldParameters &operator=(const HeldParameters &) = delete;

  /// Rounded to the types where they are narrower.
  Status set(const ParameterArray &values, ThreadPool &pool);
  void *of(size_t index) const { return memory_ + offsets_[index]; }

private:
  HeldParameters(Device &device, const ParameterList &list, std::vector<abi::ElementType> types)
      : device_(device), list_(list), types_(std::move(types)) {}

  Device &device_;
  const ParameterList &list_;
  std::vector<abi::ElementType> types_;
  std::vector<size_t> offsets_;
  std::vector<std::byte> staging_;
  std::byte *memory_ = nullptr;
};

} // namespace longc
