// The interpreter's loop: bound values, dispatch by interface or dialect, calls.
#include "dialects/interpreter/Interpreter.h"

#include "mlir/IR/BuiltinDialect.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/ADT/StringSwitch.h"

using namespace mlir;

namespace longc {

const HostValue &Interpreter::get(Value value) const {
  auto found = values_.find(value);
  assert(found != values_.end() && "operands are bound before their users run");
  return found->second;
}

SmallVector<HostValue> Interpreter::getAll(ValueRange values) const {
  return llvm::map_to_vector(values, [&](Value value) { return get(value); });
}

SmallVector<int64_t> Interpreter::getIntegers(ValueRange values) const {
  return llvm::map_to_vector(values, [&](Value value) { return getInteger(value); });
}

// Makes elements representable in their type: integers always, floats when rounding is on.
static void fitTensor(HostTensor &tensor, Type elementType, bool round) {
  if (tensor.isQuantized())
    return;
  tensor = tensor.withElementType(elementType);
  bool isFloat = isa<FloatType>(elementType);
  if (isFloat && (!round || elementType.isF64()))
    return;
  auto fit = [&](double value) {
    return isFloat ? roundToType(value, elementType)
                   : static_cast<double>(wrapInteger(static_cast<int64_t>(value), elementType));
  };
  bool fits = true;
  for (int64_t i = 0; i < tensor.size() && fits; ++i)
    fits = fit(tensor[i]) == tensor[i] || tensor[i] != tensor[i];
  if (fits)
    return;
  double *data = tensor.mutableData();
  for (int64_t i = 0; i < tensor.size(); ++i)
    if (data[i] == data[i])
      data[i] = fit(data[i]);
}

void Interpreter::set(Value value, HostValue result) {
  Type type = value.getType();
  if (auto *tensor = std::get_if<HostTensor>(&result)) {
    if (auto shaped = dyn_cast<RankedTensorType>(type))
      fitTensor(*tensor, shaped.getElementType(), options_.roundToTypes);
  } else if (auto *integer = std::get_if<int64_t>(&result)) {
    *integer = wrapInteger(*integer, type);
  } else if (auto *real = std::get_if<double>(&result)) {
    if (options_.roundToTypes)
      *real = roundToType(*real, type);
  }
  values_[value] = std::move(result);
}

// Whether a value of this type can be held: numbers of up to 64 bits, tensors of them that fit, types of our dialects.
static bool isHeld(Type type) {
  auto isNumber = [](Type element) {
    return element.isIndex() || isa<FloatType>(element) ||
           (element.isInteger() && element.getIntOrFloatBitWidth() <= 64);
  };
  if (auto tensor = dyn_cast<RankedTensorType>(type)) {
    SmallVector<int64_t> sizes;
    llvm::copy_if(tensor.getShape(), std::back_inserter(sizes),
                  [](int64_t size) { return !ShapedType::isDynamic(size); });
    Type element = tensor.getElementType();
    return elementCount(sizes) && (isNumber(element) || !isa<BuiltinDialect>(element.getDialect()));
  }
  return isNumber(type) || !isa<BuiltinDialect>(type.getDialect());
}

LogicalResult Interpreter::runOp(Operation *op) {
  for (Type type : op->getResultTypes())
    if (!isHeld(type))
      return op->emitError("the interpreter holds no value of ") << type;
  if (auto interpretable = dyn_cast<InterpretableOpInterface>(op))
    return interpretable.interpret(*this);
  using Handler = LogicalResult (*)(Operation *, Interpreter &);
  Handler handler = llvm::StringSwitch<Handler>(op->getName().getDialectNamespace())
                        .Case("arith", interpretArith)
                        .Case("math", interpretMath)
                        .Cases({"scf", "func"}, interpretControl)
                        .Case("tensor", interpretTensorOp)
                        .Default(nullptr);
  if (!handler)
    return op->emitError("the interpreter does not run ") << op->getName();
  return handler(op, *this);
}

LogicalResult Interpreter::runBlock(Block &block, ArrayRef<HostValue> arguments) {
  assert(arguments.size() == block.getNumArguments() && "one value per block argument");
  for (auto [argument, value] : llvm::zip(block.getArguments(), arguments))
    set(argument, value);
  for (Operation &op : block) {
    if (op.hasTrait<OpTrait::IsTerminator>())
      return success();
    if (failed(runOp(&op)) || failed_)
      return failure();
  }
  return success();
}

FailureOr<HostTensor> Interpreter::parameter(Operation *op, StringRef name, Type type) {
  if (!parameterSource_)
    return op->emitError("no value for parameter @") << name, failure();
  return parameterSource_(op, name, type);
}

FailureOr<SmallVector<HostValue>> Interpreter::call(StringRef function, ArrayRef<HostValue> arguments) {
  return callFunction(module_, function, arguments);
}

FailureOr<SmallVector<HostValue>> Interpreter::callFunction(Operation *caller, StringRef name,
                                                            ArrayRef<HostValue> arguments) {
  auto function = dyn_cast_or_null<FunctionOpInterface>(SymbolTable::lookupSymbolIn(module_, name));
  if (!function || function.isExternal())
    return caller->emitError("expected a function with a body named @") << name, failure();
  if (function.getNumArguments() != arguments.size())
    return caller->emitError("expected ")
               << function.getNumArguments() << " arguments of @" << name << ", got " << arguments.size(),
           failure();
  // A recursive call would overwrite the values of its caller.
  if (llvm::is_contained(active_, function.getOperation()))
    return caller->emitError("the interpreter runs no recursion, and @") << name << " calls itself", failure();
  if (!llvm::hasSingleElement(function.getFunctionBody()))
    return function.emitError("the interpreter runs functions of one block"), failure();
  for (auto [index, argument, type] : llvm::enumerate(arguments, function.getArgumentTypes())) {
    auto *tensor = std::get_if<HostTensor>(&argument);
    auto shaped = dyn_cast<RankedTensorType>(type);
    if (shaped && (!tensor || failed(verifyCompatibleShape(tensor->shape(), shaped.getShape()))))
      return caller->emitError("argument ") << index << " of @" << name << " does not fit " << type, failure();
  }
  active_.push_back(function);
  Block &body = function.getFunctionBody().front();
  LogicalResult ran = runBlock(body, arguments);
  active_.pop_back();
  if (failed(ran))
    return failure();
  return getAll(body.getTerminator()->getOperands());
}

} // namespace longc
