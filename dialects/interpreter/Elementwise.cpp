// Element-wise application over scalars and tensors.
#include "dialects/interpreter/Elementwise.h"

using namespace mlir;

namespace longc {

// A scalar as a double; integers beyond 2^53 go the integer way.
static double scalarAsReal(const HostValue &value) {
  if (auto *integer = std::get_if<int64_t>(&value))
    return static_cast<double>(*integer);
  return std::get<double>(value);
}

static void mapTensors(Operation *op, Interpreter &interpreter, function_ref<double(ArrayRef<double>)> function) {
  SmallVector<HostTensor> operands;
  SmallVector<const double *> data;
  SmallVector<double> scalars(op->getNumOperands());
  for (auto [index, operand] : llvm::enumerate(op->getOperands())) {
    const HostValue &value = interpreter.get(operand);
    if (auto *tensor = std::get_if<HostTensor>(&value))
      operands.push_back(*tensor);
    else
      scalars[index] = scalarAsReal(value);
    data.push_back(std::holds_alternative<HostTensor>(value) ? operands.back().data() : nullptr);
  }
  for (const HostTensor &operand : operands)
    if (operand.shape() != operands.front().shape() || operand.isQuantized()) {
      op->emitError("expected tensors of numbers of one shape");
      return interpreter.fail();
    }
  HostTensor result(operands.front().shape(), Type());
  double *out = result.mutableData();
  SmallVector<double> arguments(scalars);
  for (int64_t i = 0, end = result.size(); i < end; ++i) {
    for (size_t k = 0; k < data.size(); ++k)
      if (data[k])
        arguments[k] = data[k][i];
    out[i] = function(arguments);
  }
  interpreter.set(op->getResult(0), std::move(result));
}

void mapElements(Operation *op, Interpreter &interpreter, function_ref<double(ArrayRef<double>)> function) {
  Type type = op->getResult(0).getType();
  if (isa<RankedTensorType>(type))
    return mapTensors(op, interpreter, function);
  SmallVector<double> arguments;
  for (Value operand : op->getOperands())
    arguments.push_back(scalarAsReal(interpreter.get(operand)));
  double result = function(arguments);
  if (isa<FloatType>(type))
    interpreter.set(op->getResult(0), result);
  else
    interpreter.set(op->getResult(0), static_cast<int64_t>(result));
}

void mapIntegers(Operation *op, Interpreter &interpreter, function_ref<int64_t(ArrayRef<int64_t>)> function) {
  if (isa<RankedTensorType>(op->getResult(0).getType()))
    return mapTensors(op, interpreter, [&](ArrayRef<double> x) {
      SmallVector<int64_t, 2> integers(x.begin(), x.end());
      return static_cast<double>(function(integers));
    });
  interpreter.set(op->getResult(0), function(interpreter.getIntegers(op->getOperands())));
}

} // namespace longc
