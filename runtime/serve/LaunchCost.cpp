// Bytes and multiplications of a launch.
#include "runtime/serve/LaunchCost.h"

#include "runtime/abi/Layout.h"
#include "runtime/serve/Program.h"

#include <algorithm>

namespace longc {
namespace {

using W = WorkColumn;

double elementsOf(const longc_view &view) {
  double count = 1;
  for (int64_t size : view.size)
    count *= static_cast<double>(size);
  return count;
}

// Of one operand.
double bytesOf(const abi::Program &program, const BufferPlan &buffer, const OperandPlan &operand, const longc_view &view, const CallFacts &call, const ListCost *list) {
  double bytes = elementsOf(view) * static_cast<double>(elementBytes(buffer.type));
  if (buffer.kind == abi::Buffer::PARAMETER && call.storedWeights && program.parameters(static_cast<int>(buffer.index)).bytes() > 0)
    bytes = static_cast<double>(program.parameters(static_cast<int>(buffer.index)).bytes());
  const double row = view.size[0] > 0 ? bytes / static_cast<double>(view.size[0]) : 0;
  if (operand.picked)
    bytes = std::min(bytes, row * static_cast<double>(call.tokens));
  else if (buffer.kind == abi::Buffer::STATE && list) {
    const bool isMemory = program.states(static_cast<int>(buffer.index)).layout() == abi::State::PAGES;
    bytes = row * static_cast<double>(isMemory ? list->memory : list->keys);
  }
  return operand.access == abi::Operand::ACCUMULATE ? 2 * bytes : bytes;
}

} // namespace

ListCost costOf(std::span<const int32_t> workList) {
  ListCost cost;
  for (size_t at = 0; at + W::count <= workList.size(); at += W::count) {
    auto row = workList.subspan(at, W::count);
    const int64_t queries = row[W::queryEnd] - row[W::queryBegin];
    const int64_t last = std::min<int64_t>(row[W::keyEnd], int64_t{row[W::diagonal]} + queries);
    ++cost.rows;
    cost.keys += std::max<int64_t>(last - row[W::keyBegin], 0);
    cost.memory += row[W::memoryEnd] - row[W::memoryBegin];
  }
  return cost;
}

LaunchCost costOf(const abi::Program &program, const FunctionPlan &plan, const StepPlan &step, const CallFacts &call) {
  LaunchCost cost;
  const ListCost *list = nullptr;
  for (const OperandPlan &operand : step.operands)
    if (auto found = operand.isScalar ? call.lists.end() : call.lists.find(operand.buffer); found != call.lists.end())
      list = &found->second;
  size_t view = 0;
  int64_t written = 0; // rows of the first result
  for (const OperandPlan &operand : step.operands) {
    if (operand.isScalar)
      continue;
    if (written == 0 && operand.access != abi::Operand::READ)
      written = call.views[view].size[0];
    cost.bytes += bytesOf(program, plan.buffers[operand.buffer], operand, call.views[view++], call, list);
  }
  const abi::Kernel &kernel = program.kernels(static_cast<int>(step.kernel));
  if (!kernel.has_work())
    return cost;
  double blocks = 1, sharers = 1; // blocks of the launch; of them, those that share the keys of one
  for (size_t dim = 0; dim < call.grid.size(); ++dim)
    blocks *= static_cast<double>(call.grid[dim]);
  for (uint32_t dim : kernel.work().splits())
    sharers *= dim < call.grid.size() ? static_cast<double>(call.grid[dim]) : 1;
  const double keys = list ? static_cast<double>(list->keys + list->memory) / static_cast<double>(std::max<int64_t>(list->rows, 1)) : static_cast<double>(call.tokens);
  const double whole = static_cast<double>(kernel.work().rows() * call.grid[0]); // rows of all blocks
  const double filled = !list && written > 0 && whole > 0 ? std::min(1.0, static_cast<double>(written) / whole) : 1;
  cost.flops = filled * blocks * kernel.work().flops() + blocks / sharers * keys * kernel.work().flops_a_key();
  cost.type = kernel.work().type();
  return cost;
}

} // namespace longc
