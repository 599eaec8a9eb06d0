// Interpretation of arith ops, element by element, on scalars and tensors.
#include "dialects/interpreter/Elementwise.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/StringMap.h"

#include <bit>
#include <cmath>

using namespace mlir;

namespace longc {
namespace {

uint64_t asUnsigned(int64_t value, Type type) {
  auto integer = dyn_cast<IntegerType>(type);
  if (!integer || integer.getWidth() >= 64)
    return static_cast<uint64_t>(value);
  return static_cast<uint64_t>(value) & ((uint64_t{1} << integer.getWidth()) - 1);
}

double maximum(double a, double b) { return std::isnan(a) || std::isnan(b) ? NAN : std::max(a, b); }
double minimum(double a, double b) { return std::isnan(a) || std::isnan(b) ? NAN : std::min(a, b); }

using RealFunction = double (*)(double, double);
const llvm::StringMap<RealFunction> &realFunctions() {
  static const llvm::StringMap<RealFunction> table = {
      {"arith.addf", [](double a, double b) { return a + b; }},
      {"arith.subf", [](double a, double b) { return a - b; }},
      {"arith.mulf", [](double a, double b) { return a * b; }},
      {"arith.divf", [](double a, double b) { return a / b; }},
      {"arith.remf", [](double a, double b) { return std::fmod(a, b); }},
      {"arith.maximumf", maximum},
      {"arith.minimumf", minimum},
      {"arith.maxnumf", [](double a, double b) { return std::fmax(a, b); }},
      {"arith.minnumf", [](double a, double b) { return std::fmin(a, b); }},
  };
  return table;
}

// Integers wrap; the result is cut to its width by the interpreter.
using IntegerFunction = int64_t (*)(int64_t, int64_t, Type);
int64_t floorDivide(int64_t a, int64_t b) { return a / b - ((a % b != 0) && ((a < 0) != (b < 0))); }

const llvm::StringMap<IntegerFunction> &integerFunctions() {
  static const llvm::StringMap<IntegerFunction> table = {
      {"arith.addi", [](int64_t a, int64_t b, Type) { return int64_t(uint64_t(a) + uint64_t(b)); }},
      {"arith.subi", [](int64_t a, int64_t b, Type) { return int64_t(uint64_t(a) - uint64_t(b)); }},
      {"arith.muli", [](int64_t a, int64_t b, Type) { return int64_t(uint64_t(a) * uint64_t(b)); }},
      {"arith.andi", [](int64_t a, int64_t b, Type) { return a & b; }},
      {"arith.ori", [](int64_t a, int64_t b, Type) { return a | b; }},
      {"arith.xori", [](int64_t a, int64_t b, Type) { return a ^ b; }},
      {"arith.shli", [](int64_t a, int64_t b, Type) { return int64_t(uint64_t(a) << (b & 63)); }},
      {"arith.shrsi", [](int64_t a, int64_t b, Type) { return a >> (b & 63); }},
      {"arith.shrui", [](int64_t a, int64_t b, Type t) { return int64_t(asUnsigned(a, t) >> (b & 63)); }},
      {"arith.maxsi", [](int64_t a, int64_t b, Type) { return std::max(a, b); }},
      {"arith.minsi", [](int64_t a, int64_t b, Type) { return std::min(a, b); }},
      {"arith.maxui", [](int64_t a, int64_t b, Type t) { return asUnsigned(a, t) > asUnsigned(b, t) ? a : b; }},
      {"arith.minui", [](int64_t a, int64_t b, Type t) { return asUnsigned(a, t) < asUnsigned(b, t) ? a : b; }},
  };
  return table;
}

const llvm::StringMap<IntegerFunction> &divisions() {
  static const llvm::StringMap<IntegerFunction> table = {
      {"arith.divsi", [](int64_t a, int64_t b, Type) { return a / b; }},
      {"arith.remsi", [](int64_t a, int64_t b, Type) { return a % b; }},
      {"arith.floordivsi", [](int64_t a, int64_t b, Type) { return floorDivide(a, b); }},
      {"arith.ceildivsi", [](int64_t a, int64_t b, Type) { return a / b + ((a % b != 0) && ((a < 0) == (b < 0))); }},
      {"arith.divui", [](int64_t a, int64_t b, Type t) { return int64_t(asUnsigned(a, t) / asUnsigned(b, t)); }},
      {"arith.remui", [](int64_t a, int64_t b, Type t) { return int64_t(asUnsigned(a, t) % asUnsigned(b, t)); }},
      {"arith.ceildivui",
       [](int64_t a, int64_t b, Type t) {
         uint64_t x = asUnsigned(a, t), y = asUnsigned(b, t);
         return int64_t(x / y + (x % y != 0));
       }},
  };
  return table;
}

bool compareIntegers(arith::CmpIPredicate predicate, int64_t a, int64_t b, Type type) {
  uint64_t x = asUnsigned(a, type), y = asUnsigned(b, type);
  switch (predicate) {
  case arith::CmpIPredicate::eq:
    return a == b;
  case arith::CmpIPredicate::ne:
    return a != b;
  case arith::CmpIPredicate::slt:
    return a < b;
  case arith::CmpIPredicate::sle:
    return a <= b;
  case arith::CmpIPredicate::sgt:
    return a > b;
  case arith::CmpIPredicate::sge:
    return a >= b;
  case arith::CmpIPredicate::ult:
    return x < y;
  case arith::CmpIPredicate::ule:
    return x <= y;
  case arith::CmpIPredicate::ugt:
    return x > y;
  case arith::CmpIPredicate::uge:
    return x >= y;
  }
  llvm_unreachable("every predicate is listed");
}

bool compareReals(arith::CmpFPredicate predicate, double a, double b) {
  using P = arith::CmpFPredicate;
  bool unordered = std::isnan(a) || std::isnan(b);
  switch (predicate) {
  case P::AlwaysFalse:
    return false;
  case P::AlwaysTrue:
    return true;
  case P::ORD:
    return !unordered;
  case P::UNO:
    return unordered;
  case P::OEQ:
    return a == b;
  case P::OGT:
    return a > b;
  case P::OGE:
    return a >= b;
  case P::OLT:
    return a < b;
  case P::OLE:
    return a <= b;
  case P::ONE:
    return !unordered && a != b;
  case P::UEQ:
    return unordered || a == b;
  case P::UGT:
    return unordered || a > b;
  case P::UGE:
    return unordered || a >= b;
  case P::ULT:
    return unordered || a < b;
  case P::ULE:
    return unordered || a <= b;
  case P::UNE:
    return unordered || a != b;
  }
  llvm_unreachable("every predicate is listed");
}

LogicalResult interpretConstant(arith::ConstantOp op, Interpreter &interpreter) {
  Attribute attribute = op.getValue();
  if (auto integer = dyn_cast<IntegerAttr>(attribute)) {
    interpreter.set(op, integer.getType().isInteger(1) ? int64_t{integer.getValue().getBoolValue()}
                                                       : integer.getValue().getSExtValue());
    return success();
  }
  if (auto real = dyn_cast<FloatAttr>(attribute)) {
    APFloat value = real.getValue();
    bool inexact;
    value.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven, &inexact);
    interpreter.set(op, value.convertToDouble());
    return success();
  }
  auto dense = dyn_cast<DenseElementsAttr>(attribute);
  if (!dense || !dense.getElementType().isIntOrIndexOrFloat())
    return op.emitError("the interpreter reads no constant of this kind");
  std::vector<double> elements;
  if (isa<FloatType>(dense.getElementType())) {
    for (APFloat value : dense.getValues<APFloat>()) {
      bool inexact;
      value.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven, &inexact);
      elements.push_back(value.convertToDouble());
    }
  } else {
    for (APInt value : dense.getValues<APInt>())
      elements.push_back(value.getBitWidth() == 1 ? value.getZExtValue() : static_cast<double>(value.getSExtValue()));
  }
  interpreter.set(op, HostTensor(dense.getType().getShape(), dense.getElementType(), std::move(elements)));
  return success();
}

// Same bits under another type, between types of 32 bits or between a type and itself.
LogicalResult interpretBitcast(arith::BitcastOp op, Interpreter &interpreter) {
  Type from = getElementTypeOrSelf(op.getIn().getType()), to = getElementTypeOrSelf(op.getType());
  if (from == to) {
    interpreter.set(op, interpreter.get(op.getIn()));
    return success();
  }
  if (from.isF32() && to.isInteger(32)) {
    mapElements(op, interpreter, [](ArrayRef<double> x) {
      return static_cast<double>(std::bit_cast<int32_t>(static_cast<float>(x[0])));
    });
    return success();
  }
  if (from.isInteger(32) && to.isF32()) {
    mapElements(op, interpreter, [](ArrayRef<double> x) {
      return static_cast<double>(std::bit_cast<float>(static_cast<int32_t>(x[0])));
    });
    return success();
  }
  return op.emitError("the interpreter casts bits between f32 and i32 alone");
}

} // namespace

LogicalResult interpretArith(Operation *op, Interpreter &interpreter) {
  StringRef name = op->getName().getStringRef();
  if (auto constant = dyn_cast<arith::ConstantOp>(op))
    return interpretConstant(constant, interpreter);
  if (auto bitcast = dyn_cast<arith::BitcastOp>(op))
    return interpretBitcast(bitcast, interpreter);
  if (auto found = realFunctions().find(name); found != realFunctions().end()) {
    mapElements(op, interpreter, [f = found->second](ArrayRef<double> x) { return f(x[0], x[1]); });
    return success();
  }
  if (isa<arith::NegFOp>(op)) {
    mapElements(op, interpreter, [](ArrayRef<double> x) { return -x[0]; });
    return success();
  }
  Type type = op->getNumOperands() ? getElementTypeOrSelf(op->getOperand(0).getType()) : Type();
  if (auto found = integerFunctions().find(name); found != integerFunctions().end()) {
    mapIntegers(op, interpreter, [&](ArrayRef<int64_t> x) { return found->second(x[0], x[1], type); });
    return success();
  }
  if (auto found = divisions().find(name); found != divisions().end()) {
    bool byZero = false;
    mapIntegers(op, interpreter, [&](ArrayRef<int64_t> x) {
      byZero |= x[1] == 0;
      return x[1] == 0 || (x[1] == -1 && x[0] == INT64_MIN) ? 0 : found->second(x[0], x[1], type);
    });
    return byZero ? op->emitError("division by zero") : success();
  }
  if (auto compare = dyn_cast<arith::CmpIOp>(op)) {
    mapIntegers(op, interpreter, [&](ArrayRef<int64_t> x) {
      return int64_t{compareIntegers(compare.getPredicate(), x[0], x[1], type)};
    });
    return success();
  }
  if (auto compare = dyn_cast<arith::CmpFOp>(op)) {
    mapElements(op, interpreter,
                [&](ArrayRef<double> x) { return compareReals(compare.getPredicate(), x[0], x[1]) ? 1.0 : 0.0; });
    return success();
  }
  if (auto select = dyn_cast<arith::SelectOp>(op)) {
    if (select.getCondition().getType().isInteger(1))
      interpreter.set(select, interpreter.get(interpreter.getInteger(select.getCondition()) ? select.getTrueValue()
                                                                                            : select.getFalseValue()));
    else
      mapElements(op, interpreter, [](ArrayRef<double> x) { return x[0] != 0 ? x[1] : x[2]; });
    return success();
  }
  // Changes of type: the value stays, the interpreter fits it to the result's type.
  if (isa<arith::ExtFOp, arith::SIToFPOp>(op)) {
    mapElements(op, interpreter, [](ArrayRef<double> x) { return x[0]; });
    return success();
  }
  if (isa<arith::TruncFOp>(op)) {
    Type to = getElementTypeOrSelf(op->getResult(0).getType());
    bool round = interpreter.options().roundToTypes;
    mapElements(op, interpreter, [&](ArrayRef<double> x) { return round ? roundToType(x[0], to) : x[0]; });
    return success();
  }
  if (isa<arith::ExtSIOp, arith::TruncIOp, arith::IndexCastOp>(op)) {
    // i1 holds 0 or 1; sign extension makes 1 into -1.
    bool fromBit = type.isInteger(1) && isa<arith::ExtSIOp, arith::IndexCastOp>(op);
    mapIntegers(op, interpreter, [&](ArrayRef<int64_t> x) { return fromBit ? -x[0] : x[0]; });
    return success();
  }
  if (isa<arith::ExtUIOp, arith::IndexCastUIOp>(op)) {
    mapIntegers(op, interpreter, [&](ArrayRef<int64_t> x) { return int64_t(asUnsigned(x[0], type)); });
    return success();
  }
  if (isa<arith::UIToFPOp>(op)) {
    mapElements(op, interpreter,
                [&](ArrayRef<double> x) { return double(asUnsigned(static_cast<int64_t>(x[0]), type)); });
    return success();
  }
  if (isa<arith::FPToSIOp, arith::FPToUIOp>(op)) {
    bool invalid = false;
    mapElements(op, interpreter, [&](ArrayRef<double> x) {
      bool fits = std::abs(x[0]) < 9.2e18;
      invalid |= !fits;
      return fits ? std::trunc(x[0]) : 0;
    });
    return invalid ? op->emitError("value out of the integer's range") : success();
  }
  return op->emitError("the interpreter does not run ") << name;
}

} // namespace longc
