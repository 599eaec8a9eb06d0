// Copies of work lists without memory.
#include "runtime/serve/HiddenMemory.h"

#include "runtime/serve/WorkList.h"

namespace longc {

HiddenMemory::~HiddenMemory() {
  for (auto &[buffer, copy] : copies_)
    device_.release(copy.data);
}

bool HiddenMemory::concerns(const StepPlan &step, const FunctionPlan &plan) const {
  if (isOff())
    return false;
  for (const OperandPlan &operand : step.operands) {
    if (operand.isScalar || plan.buffers[operand.buffer].kind != abi::Buffer::STATE)
      continue;
    const abi::State &state = program_.states(static_cast<int>(plan.buffers[operand.buffer].index));
    if (state.layout() == abi::State::PAGES && state.layer() < layers_.size() && layers_[state.layer()])
      return true;
  }
  return false;
}

Status HiddenMemory::keep(uint32_t buffer, std::vector<int32_t> list, int64_t capacity, bool &moved) {
  for (size_t row = 0; row + WorkColumn::count <= list.size(); row += WorkColumn::count)
    list[row + WorkColumn::memoryBegin] = list[row + WorkColumn::memoryEnd] = 0;
  Copy &copy = copies_[buffer];
  moved = copy.capacity < capacity;
  if (moved) {
    if (copy.data)
      device_.release(copy.data);
    copy = {};
    auto memory = device_.allocate(static_cast<size_t>(capacity * WorkColumn::count) * sizeof(int32_t), "a work list");
    if (!memory.ok())
      return memory.status();
    copy = {*memory, capacity};
  }
  return list.empty() ? Status() : device_.copyIn(copy.data, list.data(), list.size() * sizeof(int32_t));
}

void *HiddenMemory::copyOf(uint32_t buffer) const {
  auto found = copies_.find(buffer);
  return found == copies_.end() ? nullptr : found->second.data;
}

} // namespace longc
