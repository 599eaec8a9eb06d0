// Interpretation of math ops, element by element.
#include "dialects/interpreter/Elementwise.h"

#include "llvm/ADT/StringMap.h"

#include <cmath>

using namespace mlir;

namespace longc {

using UnaryFunction = double (*)(double);

static const llvm::StringMap<UnaryFunction> &unaryFunctions() {
  static const llvm::StringMap<UnaryFunction> table = {
      {"math.absf", [](double x) { return std::abs(x); }},
      {"math.absi", [](double x) { return std::abs(x); }},
      {"math.ceil", [](double x) { return std::ceil(x); }},
      {"math.cos", [](double x) { return std::cos(x); }},
      {"math.erf", [](double x) { return std::erf(x); }},
      {"math.exp", [](double x) { return std::exp(x); }},
      {"math.exp2", [](double x) { return std::exp2(x); }},
      {"math.expm1", [](double x) { return std::expm1(x); }},
      {"math.floor", [](double x) { return std::floor(x); }},
      {"math.log", [](double x) { return std::log(x); }},
      {"math.log1p", [](double x) { return std::log1p(x); }},
      {"math.log2", [](double x) { return std::log2(x); }},
      {"math.round", [](double x) { return std::round(x); }},
      {"math.roundeven", [](double x) { return std::nearbyint(x); }},
      {"math.rsqrt", [](double x) { return 1 / std::sqrt(x); }},
      {"math.sin", [](double x) { return std::sin(x); }},
      {"math.sqrt", [](double x) { return std::sqrt(x); }},
      {"math.tanh", [](double x) { return std::tanh(x); }},
      {"math.trunc", [](double x) { return std::trunc(x); }},
  };
  return table;
}

LogicalResult interpretMath(Operation *op, Interpreter &interpreter) {
  StringRef name = op->getName().getStringRef();
  if (auto found = unaryFunctions().find(name); found != unaryFunctions().end()) {
    mapElements(op, interpreter, [f = found->second](ArrayRef<double> x) { return f(x[0]); });
    return success();
  }
  if (name == "math.fma") {
    mapElements(op, interpreter, [](ArrayRef<double> x) { return std::fma(x[0], x[1], x[2]); });
    return success();
  }
  if (name == "math.powf") {
    mapElements(op, interpreter, [](ArrayRef<double> x) { return std::pow(x[0], x[1]); });
    return success();
  }
  if (name == "math.copysign") {
    mapElements(op, interpreter, [](ArrayRef<double> x) { return std::copysign(x[0], x[1]); });
    return success();
  }
  return op->emitError("the interpreter does not run ") << name;
}

} // namespace longc
