// Interpretation of the host side: launches and work lists.
#include "dialects/interpreter/Interpreter.h"
#include "dialects/tile/TileDialect.h"
#include "runtime/abi/Layout.h"

#include "mlir/IR/TypeUtilities.h"

#include <array>

using namespace mlir;
using namespace longc;
using namespace longc::tile;
using S = SegmentColumn;
using W = WorkColumn;

// The operands of a launch as the kernel's arguments: tensors become views, outputs are kept to be returned.
static SmallVector<HostValue> bindArguments(LaunchOp launch, Interpreter &interpreter,
                                            SmallVector<std::shared_ptr<HostTensor>> &outputs) {
  SmallVector<HostValue> arguments;
  for (Value input : launch.getInputs()) {
    const HostValue &value = interpreter.get(input);
    if (auto *tensor = std::get_if<HostTensor>(&value))
      arguments.push_back(HostView{std::make_shared<HostTensor>(*tensor)});
    else
      arguments.push_back(value);
  }
  for (Value output : launch.getOutputs()) {
    outputs.push_back(std::make_shared<HostTensor>(interpreter.getTensor(output)));
    arguments.push_back(HostView{outputs.back()});
  }
  return arguments;
}

LogicalResult LaunchOp::interpret(Interpreter &interpreter) {
  auto kernel = SymbolTable::lookupNearestSymbolFrom<KernelOp>(*this, getKernelAttr());
  SmallVector<std::shared_ptr<HostTensor>> outputs;
  SmallVector<HostValue> bound = bindArguments(*this, interpreter, outputs);
  for (auto [index, value, argument] : llvm::enumerate(bound, kernel.getKernelArguments())) {
    auto view = dyn_cast<ViewType>(argument.getType());
    if (!view)
      continue;
    auto *held = std::get_if<HostView>(&value);
    if (!held || held->tensor->isQuantized() != isa<QuantizedType>(view.getElementType()) ||
        failed(verifyCompatibleShape(held->tensor->shape(), view.getShape())))
      return emitError("operand ") << index << " does not fit " << view;
  }
  SmallVector<int64_t> grid = interpreter.getIntegers(getGrid());
  int64_t blocks = elementCount(grid).value_or(-1);
  if (blocks < 0)
    return emitError("expected a grid of sizes that are not negative");
  for (int64_t block = 0; block < blocks; ++block) {
    SmallVector<int64_t> indices(grid.size());
    int64_t rest = block;
    for (int64_t d = static_cast<int64_t>(grid.size()) - 1; d >= 0; --d) {
      indices[d] = rest % grid[d];
      rest /= grid[d];
    }
    SmallVector<HostValue> arguments(indices.begin(), indices.end());
    arguments.append(bound);
    if (failed(interpreter.runBlock(kernel.getBody().front(), arguments)))
      return failure();
  }
  for (auto [result, output] : llvm::zip(getResults(), outputs))
    interpreter.set(result, *output);
  return success();
}

LogicalResult WorkListOp::verify() {
  // work_list_c1
  if (static_cast<int64_t>(getRows()) < 1)
    return emitOpError("expected a positive number of rows, got ") << static_cast<int64_t>(getRows());
  // work_list_c2
  if (getSegments().getType().getRank() != (getKeyBoundaries() ? 1 : 2))
    return emitOpError("expected segments of rank 2, or boundaries of rank 1 with `keys`, got ")
           << getSegments().getType();
  int64_t columns = getKeyBoundaries() ? S::count : getSegments().getType().getDimSize(1);
  if (!ShapedType::isDynamic(columns) && columns <= S::slot)
    return emitOpError("expected segments of at least 7 columns, got ") << columns;
  // work_list_c3
  if (getList().getType().getDimSize(1) != W::count)
    return emitOpError("expected a list of 8 columns, got ") << getList().getType();
  return success();
}

LogicalResult WorkListOp::interpret(Interpreter &interpreter) {
  const HostTensor &segments = interpreter.getTensor(getSegments());
  const HostTensor *keys = getKeyBoundaries() ? &interpreter.getTensor(getKeyBoundaries()) : nullptr;
  int64_t rows = getRows(), sequences = keys ? segments.dim(0) - 1 : segments.dim(0);
  std::vector<std::array<int64_t, W::count>> items;
  for (int64_t i = 0; i < sequences; ++i) {
    auto at = [&](int64_t column) -> int64_t {
      if (!keys)
        return static_cast<int64_t>(segments[i * segments.dim(1) + column]);
      if (column > S::keyEnd)
        return column == S::slot ? i : 0;
      return static_cast<int64_t>((column <= S::queryEnd ? segments : *keys)[i + column % 2]);
    };
    const int64_t end = at(S::queryEnd), keyEnd = at(S::keyEnd);
    for (int64_t begin = at(S::queryBegin); begin < end; begin += rows)
      items.push_back({begin, std::min(begin + rows, end), at(S::keyBegin), keyEnd, keyEnd - (end - begin),
                       at(S::memoryBegin), at(S::memoryEnd), at(S::slot)});
  }
  auto cost = [](const std::array<int64_t, W::count> &item) {
    return item[W::diagonal] - item[W::keyBegin] + item[W::memoryEnd] - item[W::memoryBegin];
  };
  std::sort(items.begin(), items.end(),
            [&](auto &a, auto &b) { return std::pair(-cost(a), a[0]) < std::pair(-cost(b), b[0]); });
  std::vector<double> elements;
  for (const auto &item : items)
    elements.insert(elements.end(), item.begin(), item.end());
  interpreter.set(getList(), HostTensor({static_cast<int64_t>(items.size()), W::count}, Type(), std::move(elements)));
  return success();
}
