// All in one piece of memory, so that one copy brings them there.
#include "runtime/train/HeldParameters.h"

#include "runtime/serve/DecodeParameter.h"
#include "runtime/serve/Program.h"

#include <cstring>

namespace longc {

Result<std::unique_ptr<HeldParameters>> HeldParameters::create(Device &device, const ParameterList &list,
                                                               std::vector<abi::ElementType> types) {
  constexpr size_t alignment = 256; // of what kernels and copy engines read
  std::unique_ptr<HeldParameters> held(new HeldParameters(device, list, std::move(types)));
  size_t bytes = 0;
  for (size_t i = 0; i < list.parameters().size(); ++i) {
    held->offsets_.push_back(bytes);
    const size_t size = static_cast<size_t>(list.parameters()[i].size * elementBytes(held->types_[i]));
    bytes += (size + alignment - 1) / alignment * alignment;
  }
  auto memory = device.allocate(bytes, "the trained parameters");
  if (!memory.ok())
    return memory.status();
  held->memory_ = static_cast<std::byte *>(*memory);
  held->staging_.resize(bytes);
  return held;
}

HeldParameters::~HeldParameters() {
  if (memory_)
    device_.release(memory_);
}

Status HeldParameters::set(const ParameterArray &values, ThreadPool &pool) {
  pool.forEach(static_cast<int64_t>(types_.size()), [&](int, int64_t index) {
    const auto i = static_cast<size_t>(index);
    const std::span<const float> numbers = values.of(list_.parameters()[i]);
    if (types_[i] == abi::BF16)
      roundToBf16(numbers, staging_.data() + offsets_[i]);
    else
      std::memcpy(staging_.data() + offsets_[i], numbers.data(), numbers.size_bytes());
  });
  return device_.copyIn(memory_, staging_.data(), staging_.size());
}

} // namespace longc
