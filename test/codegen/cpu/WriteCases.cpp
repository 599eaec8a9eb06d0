// Launches as cases.
#include "test/codegen/cpu/WriteCases.h"

#include <cstring>

using namespace mlir;

namespace longc {

bool isRough(tile::KernelOp kernel) {
  return kernel
      .walk([](Operation *op) {
        for (Type type : op->getResultTypes())
          if (auto tile = dyn_cast<RankedTensorType>(type))
            if (tile.getElementType().isBF16() || tile.getElementType().isInteger(8) ||
                tile.getElementType().isInteger(16))
              return WalkResult::interrupt();
        return WalkResult::advance();
      })
      .wasInterrupted();
}

LaunchCase::LaunchCase(tile::LaunchOp launch, tile::KernelOp kernel, Interpreter &interpreter, bool panels, double limit)
    : gridRank(static_cast<int64_t>(launch.getGrid().size())), limit(limit) {
  SmallVector<Value> operands(launch.getInputs());
  operands.append(launch.getOutputs().begin(), launch.getOutputs().end());
  memories.reserve(operands.size()); // their addresses are aligned once
  for (int64_t size : interpreter.getIntegers(launch.getGrid())) {
    scalars.push_back(size);
    blocks *= size;
  }
  for (auto [operand, argument] : llvm::zip(operands, kernel.getKernelArguments())) {
    if (auto view = dyn_cast<tile::ViewType>(argument.getType()))
      memories.emplace_back(interpreter.getTensor(operand), view.getElementType(), panels && view.getPanels());
    else if (isa<FloatType>(argument.getType())) {
      float value = static_cast<float>(std::get<double>(interpreter.get(operand)));
      uint32_t bits;
      std::memcpy(&bits, &value, 4);
      scalars.push_back(bits);
    } else
      scalars.push_back(interpreter.getInteger(operand));
  }
  for (Value result : launch.getResults())
    expected.push_back(interpreter.getTensor(result));
}

void CaseWriter::write(LaunchCase &launched, StringRef symbol, int64_t scratchBytes) {
  number(static_cast<int64_t>(symbol.size()));
  raw(symbol.data(), symbol.size());
  number(scratchBytes);
  number(launched.blocks);
  number(launched.gridRank);
  number(static_cast<int64_t>(launched.scalars.size()));
  raw(launched.scalars.data(), launched.scalars.size() * 8);
  number(static_cast<int64_t>(launched.memories.size()));
  for (HostMemory &memory : launched.memories) {
    longc_view view = memory.view();
    raw(view.size, sizeof view.size);
    raw(view.stride, sizeof view.stride);
    number(static_cast<int64_t>(memory.bytes().size()));
    raw(memory.bytes().data(), memory.bytes().size());
  }
  number(static_cast<int64_t>(launched.expected.size()));
  for (auto [i, expected] : llvm::enumerate(launched.expected)) {
    size_t at = launched.memories.size() - launched.expected.size() + i;
    Type element = launched.memories[at].element();
    number(static_cast<int64_t>(at));
    number(element.isF32() ? 0 : element.isBF16() ? 1 : element.isInteger(8) ? 2 : element.isInteger(16) ? 4 : 3);
    raw(&launched.limit, 8);
    number(expected.size());
    raw(expected.data(), static_cast<size_t>(expected.size()) * 8);
  }
}

} // namespace longc
