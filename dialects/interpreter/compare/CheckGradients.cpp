// Gradients against finite differences.
#include "dialects/interpreter/compare/CheckGradients.h"

#include "dialects/lm/LmDialect.h"

#include "mlir/IR/OwningOpRef.h"
#include "llvm/Support/Format.h"

#include <cmath>

using namespace mlir;

namespace longc {
namespace {

// What a run depends on: arguments, and parameters that differ from those that were drawn.
struct Point {
  SmallVector<HostValue> arguments;
  std::map<std::string, HostTensor> parameters;
};

FailureOr<SmallVector<HostValue>> evaluate(ModuleOp module, StringRef function, const Point &point,
                                           const RandomInputs &inputs) {
  Interpreter interpreter(module);
  interpreter.setParameterSource([&, drawn = inputs.parameters()](Operation *op, StringRef name, Type type) {
    auto found = point.parameters.find(name.str());
    return found == point.parameters.end() ? drawn(op, name, type) : FailureOr<HostTensor>(found->second);
  });
  return interpreter.call(function, point.arguments);
}

// One gradient of the gradient function, and what it is the gradient of.
struct Checked {
  std::string what;
  HostTensor gradient;
  std::function<void(Point &, HostTensor)> put;
  HostTensor at;
};

class GradientCheck {
public:
  GradientCheck(ModuleOp module, FunctionOpInterface function, FunctionOpInterface derived, const CompareOptions &options)
      : module_(module), function_(function), derived_(derived), options_(options),
        inputs_(module, function, options.inputs) {}

  LogicalResult run(raw_ostream &os) {
    auto checked = gradients();
    if (failed(checked))
      return failure();
    int64_t elements = 0;
    double worst = 0;
    for (const Checked &one : *checked) {
      int64_t count = std::min(options_.samples, one.gradient.size());
      double magnitude = 1e-30;
      for (int64_t i = 0; i < one.gradient.size(); ++i)
        magnitude = std::max(magnitude, std::abs(one.gradient[i]));
      for (int64_t sample = 0; sample < count; ++sample) {
        int64_t element = count == one.gradient.size() ? sample
                                                       : drawInteger(options_.inputs.seed, one.what, sample, one.gradient.size());
        FailureOr<double> slope = difference(one, element);
        if (failed(slope))
          return failure();
        double error = std::abs(*slope - one.gradient[element]);
        if (!(error <= options_.tolerance * std::max(magnitude, std::abs(*slope)))) {
          os << "gradient of " << one.what << " differs at element " << element << ": "
             << llvm::format("%.9g", one.gradient[element]) << ", by differences " << llvm::format("%.9g", *slope) << "\n";
          return failure();
        }
        worst = std::max(worst, error / magnitude);
      }
      elements += count;
    }
    os << "gradients agree: " << checked->size() << " of " << checked->size() << ", " << elements
       << " elements, max_error=" << llvm::format("%.2g", worst) << "\n";
    return success();
  }

private:
  static bool isLoss(Type type) { return cast<RankedTensorType>(type).getShape() == ArrayRef<int64_t>{1}; }

  FailureOr<SmallVector<Checked>> gradients() {
    auto arguments = inputs_.arguments(function_), withSeeds = inputs_.arguments(derived_);
    if (failed(arguments) || failed(withSeeds))
      return failure();
    point_.arguments = *arguments;
    auto results = evaluate(module_, derived_.getName(), {*withSeeds, {}}, inputs_);
    if (failed(results))
      return failure();
    size_t seed = arguments->size();
    unsigned values = function_.getNumResults();
    for (unsigned i = 0; i < values; ++i) {
      auto *tensor = std::get_if<HostTensor>(&(*results)[i]);
      auto type = dyn_cast<RankedTensorType>(function_.getResultTypes()[i]);
      seeds_.emplace_back();
      if (!tensor || !type || !isa<FloatType>(type.getElementType()))
        continue;
      if (isLoss(type))
        seeds_.back() = HostTensor({1}, type.getElementType(), {1.0});
      else if (seed < withSeeds->size())
        seeds_.back() = std::get<HostTensor>((*withSeeds)[seed++]);
    }
    SmallVector<Checked> checked;
    for (unsigned i = values; i < derived_.getNumResults(); ++i) {
      Attribute of = derived_.getResultAttr(i, "lm.gradient");
      HostTensor gradient = std::get<HostTensor>((*results)[i]);
      if (auto number = dyn_cast_or_null<IntegerAttr>(of)) {
        int64_t index = number.getInt();
        checked.push_back({"argument " + std::to_string(index), gradient,
                           [index](Point &point, HostTensor value) { point.arguments[index] = std::move(value); },
                           std::get<HostTensor>(point_.arguments[index])});
        continue;
      }
      std::string name = cast<StringAttr>(of).str();
      auto parameter = cast<lm::ParameterOp>(SymbolTable::lookupSymbolIn(module_, name));
      FailureOr<HostTensor> value = inputs_.parameters()(parameter, name, parameter.getType());
      if (failed(value))
        return failure();
      checked.push_back({"parameter @" + name, gradient,
                         [name](Point &point, HostTensor changed) { point.parameters[name] = std::move(changed); }, *value});
    }
    return checked;
  }

  // The sum of all results by their gradients. Elements that are not finite (the log-sum-exp of an empty row) have none.
  FailureOr<double> value(const Checked &one, int64_t element, double step) {
    HostTensor changed = one.at;
    changed.mutableData()[element] += step;
    Point point = point_;
    one.put(point, std::move(changed));
    auto results = evaluate(module_, function_.getName(), point, inputs_);
    if (failed(results))
      return failure();
    double sum = 0;
    for (auto [result, seed] : llvm::zip(*results, seeds_))
      for (int64_t i = 0; i < seed.size(); ++i)
        if (double number = std::get<HostTensor>(result)[i]; std::isfinite(number))
          sum += seed[i] * number;
    return sum;
  }

  // Of fourth order: the error of the step is far below that of rounding.
  FailureOr<double> difference(const Checked &one, int64_t element) {
    double step = 1e-3 * std::max(1.0, std::abs(one.at[element])), values[4];
    for (auto [place, factor] : llvm::enumerate(std::initializer_list<double>{-2, -1, 1, 2})) {
      FailureOr<double> result = value(one, element, factor * step);
      if (failed(result))
        return failure();
      values[place] = *result;
    }
    return (values[0] - 8 * values[1] + 8 * values[2] - values[3]) / (12 * step);
  }

  ModuleOp module_;
  FunctionOpInterface function_, derived_;
  const CompareOptions &options_;
  RandomInputs inputs_;
  Point point_;
  SmallVector<HostTensor> seeds_; // gradients of the results; empty where there is none
};

} // namespace

LogicalResult checkGradients(ModuleOp module, const CompareOptions &options, raw_ostream &os) {
  OwningOpRef<ModuleOp> prepared(module.clone());
  if (!options.pipeline.empty() && failed(runPipeline(*prepared, options.pipeline)))
    return failure();
  if (failed(runPipeline(*prepared, "longc-differentiate{function=" + options.function + "}")))
    return failure();
  auto find = [&](const std::string &name) {
    return cast<FunctionOpInterface>(SymbolTable::lookupSymbolIn(*prepared, name));
  };
  return GradientCheck(*prepared, find(options.function), find(options.function + "_gradient"), options).run(os);
}

} // namespace longc
