// Interpretation before and after a pipeline.
#include "dialects/interpreter/compare/CompareRuns.h"

#include "dialects/lm/LmDialect.h"

#include "mlir/IR/OwningOpRef.h"
#include "mlir/IR/TypeUtilities.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "llvm/Support/Format.h"

#include <cmath>

using namespace mlir;

namespace longc {
namespace {

FailureOr<FunctionOpInterface> findFunction(ModuleOp module, StringRef name) {
  auto function = dyn_cast_or_null<FunctionOpInterface>(SymbolTable::lookupSymbolIn(module, name));
  if (!function)
    return module.emitError("expected a function named @") << name, failure();
  return function;
}

// The state with every number of the type in which it is kept.
std::shared_ptr<const StateObject> roundState(const RowStore &store, Type type) {
  auto cache = dyn_cast<lm::CacheType>(type);
  Type element = cache ? cache.getElementType() : cast<lm::MemoryType>(type).getElementType();
  auto rounded = std::make_shared<RowStore>();
  for (const auto &[slot, rows] : store.slots)
    for (const auto &[index, row] : rows) {
      auto copy = std::make_shared<RowStore::Row>(*row);
      for (auto *numbers : {&copy->key, &copy->value})
        for (double &number : *numbers)
          number = roundToType(number, element);
      rounded->slots[slot][index] = std::move(copy);
    }
  return rounded;
}

FailureOr<SmallVector<HostValue>> run(ModuleOp module, FunctionOpInterface function, const RandomInputs &inputs,
                                      bool roundToTypes) {
  auto arguments = inputs.arguments(function);
  if (failed(arguments))
    return failure();
  if (roundToTypes)
    for (auto [value, type] : llvm::zip(*arguments, function.getArgumentTypes()))
      if (auto *state = std::get_if<std::shared_ptr<const StateObject>>(&value))
        *state = roundState(*std::dynamic_pointer_cast<const RowStore>(*state), type);
  Interpreter interpreter(module, {.roundToTypes = roundToTypes});
  interpreter.setParameterSource(inputs.parameters());
  return interpreter.call(function.getName(), *arguments);
}

// How far two lists of numbers are apart; NaN on one side alone counts as infinite.
struct Distance {
  double error = 0, magnitude = 0, squares = 0; // largest difference, largest number, sum of squared differences
  int64_t count = 0;

  void add(double before, double after) {
    ++count;
    if (std::isnan(before) && std::isnan(after))
      return;
    double difference = before == after ? 0 : std::abs(before - after);
    error = std::max(error, std::isnan(difference) ? INFINITY : difference);
    squares += difference * difference;
    if (std::isfinite(before))
      magnitude = std::max(magnitude, std::abs(before));
  }
  double relative() const { return error == 0 ? 0 : error / std::max(magnitude, 1e-30); }
  double typical() const { return count == 0 ? 0 : std::sqrt(squares / static_cast<double>(count)); }
};

// A state against the tensors of keys and values that it became.
FailureOr<Distance> compareState(const RowStore &store, const HostTensor &keys, const HostTensor &values, bool isMemory,
                                 const RandomBatch &batch) {
  Distance distance;
  int64_t width = keys.dim(1) * keys.dim(2);
  for (const auto &[slot, rows] : store.slots) {
    int64_t last = rows.empty() ? 0 : rows.rbegin()->first;
    for (const auto &[index, row] : rows) {
      if (!isMemory && index <= last - batch.ring)
        continue;
      int64_t at = isMemory ? batch.memoryRow(slot, index) : batch.ringRow(slot, index);
      if ((at + 1) * width > keys.size() || row->key.size() != static_cast<size_t>(width))
        return failure();
      for (int64_t c = 0; c < width; ++c) {
        distance.add(row->key[c], keys[at * width + c]);
        distance.add(row->value[c], values[at * width + c]);
      }
    }
  }
  return distance;
}

// Results of two runs of a function, paired; a state of the first may be two tensors, keys and values, of the second.
class Comparison {
public:
  Comparison(ArrayRef<Type> types, const RandomBatch &batch, raw_ostream &os) : types_(types), batch_(batch), os_(os) {}

  // The distance of each result, nothing for a state that the second run left out; failure, said, where shapes differ.
  FailureOr<SmallVector<std::optional<Distance>>> distances(ArrayRef<HostValue> before, ArrayRef<HostValue> after);

private:
  FailureOr<Distance> ofState(unsigned index, const RowStore &store, ArrayRef<HostValue> &after);
  FailureOr<Distance> ofNumbers(unsigned index, const HostValue &value, const HostValue &after);
  LogicalResult different(unsigned index, StringRef what) {
    os_ << "different: result " << index << " " << what << "\n";
    return failure();
  }

  ArrayRef<Type> types_;
  const RandomBatch &batch_;
  raw_ostream &os_;
};

FailureOr<Distance> Comparison::ofState(unsigned index, const RowStore &store, ArrayRef<HostValue> &after) {
  if (auto *state = std::get_if<std::shared_ptr<const StateObject>>(&after.front())) {
    auto other = std::dynamic_pointer_cast<const RowStore>(*state);
    after = after.drop_front();
    Distance distance;
    for (const auto &[slot, rows] : store.slots)
      for (const auto &[position, row] : rows) {
        const RowStore::Row *match = other->find(slot, position);
        for (size_t c = 0; c < row->key.size(); ++c) {
          distance.add(row->key[c], match ? match->key[c] : NAN);
          distance.add(row->value[c], match ? match->value[c] : NAN);
        }
      }
    return distance;
  }
  if (after.size() < 2)
    return different(index, "has no keys and values after the pipeline");
  auto *keys = std::get_if<HostTensor>(&after[0]), *values = std::get_if<HostTensor>(&after[1]);
  after = after.drop_front(2);
  if (!keys || !values || keys->rank() != 3)
    return different(index, "has no tensors of keys and values after the pipeline");
  FailureOr<Distance> distance = compareState(store, *keys, *values, isa<lm::MemoryType>(types_[index]), batch_);
  if (failed(distance))
    return different(index, "has rows that do not fit its tensors");
  return distance;
}

FailureOr<Distance> Comparison::ofNumbers(unsigned index, const HostValue &value, const HostValue &after) {
  Distance distance;
  if (auto *tensor = std::get_if<HostTensor>(&value)) {
    auto *other = std::get_if<HostTensor>(&after);
    if (!other || other->shape() != tensor->shape())
      return different(index, "has another shape");
    for (int64_t i = 0; i < tensor->size(); ++i)
      distance.add((*tensor)[i], (*other)[i]);
    return distance;
  }
  auto number = [](const HostValue &scalar) {
    auto *integer = std::get_if<int64_t>(&scalar);
    return integer ? static_cast<double>(*integer) : std::get<double>(scalar);
  };
  distance.add(number(value), number(after));
  return distance;
}

FailureOr<SmallVector<std::optional<Distance>>> Comparison::distances(ArrayRef<HostValue> before,
                                                                      ArrayRef<HostValue> after) {
  SmallVector<std::optional<Distance>> result;
  for (auto [index, value] : llvm::enumerate(before)) {
    auto *state = std::get_if<std::shared_ptr<const StateObject>>(&value);
    if (after.empty() && state) { // left in the arguments, which are not compared
      result.push_back(std::nullopt);
      continue;
    }
    if (after.empty())
      return different(index, "is missing after the pipeline");
    FailureOr<Distance> distance;
    if (state) {
      distance = ofState(index, *std::dynamic_pointer_cast<const RowStore>(*state), after);
    } else {
      distance = ofNumbers(index, value, after.front());
      after = after.drop_front();
    }
    if (failed(distance))
      return failure();
    result.push_back(*distance);
  }
  return result;
}

// Whether some value is of a float type narrower than f32.
bool holdsNarrowFloats(ModuleOp module) {
  auto narrow = [](Type type) {
    Type element = getElementTypeOrSelf(type);
    if (auto cache = dyn_cast<lm::CacheType>(type))
      element = cache.getElementType();
    if (auto memory = dyn_cast<lm::MemoryType>(type))
      element = memory.getElementType();
    return element.isBF16() || element.isF16();
  };
  return module
      ->walk([&](Operation *op) {
        return llvm::any_of(op->getResultTypes(), narrow) ? WalkResult::interrupt() : WalkResult::advance();
      })
      .wasInterrupted();
}

void printTensor(const HostTensor &tensor, int64_t shown, raw_ostream &os) {
  llvm::interleave(tensor.shape(), os, "x");
  double largest = 0;
  for (int64_t i = 0; i < tensor.size(); ++i)
    largest = std::max(largest, std::abs(tensor[i]));
  os << " max=" << llvm::format("%.6g", largest) << " [";
  for (int64_t i = 0; i < std::min(tensor.size(), shown); ++i)
    os << (i ? ", " : "") << llvm::format("%.6g", tensor[i] + 0.0);
  os << (tensor.size() > shown ? ", ...]" : "]");
}

} // namespace

LogicalResult runPipeline(ModuleOp module, StringRef text) {
  // The outer builtin.module(...) is the pass manager itself.
  if (text.consume_front("builtin.module("))
    text.consume_back(")");
  PassManager manager(module.getContext());
  if (failed(parsePassPipeline(text, manager)))
    return failure();
  return manager.run(module);
}

LogicalResult printRun(ModuleOp module, const CompareOptions &options, raw_ostream &os) {
  OwningOpRef<ModuleOp> prepared(module.clone());
  if (!options.pipeline.empty() && failed(runPipeline(*prepared, options.pipeline)))
    return failure();
  auto original = findFunction(module, options.function);
  auto function = findFunction(*prepared, options.afterFunction.empty() ? options.function : options.afterFunction);
  if (failed(original) || failed(function))
    return failure();
  RandomInputs inputs(module, *original, options.inputs);
  auto results = run(*prepared, *function, inputs, options.roundToTypes);
  if (failed(results))
    return failure();
  for (auto [index, value] : llvm::enumerate(*results)) {
    os << "result " << index << ": ";
    if (auto *tensor = std::get_if<HostTensor>(&value)) {
      printTensor(*tensor, options.shown, os);
    } else if (auto *integer = std::get_if<int64_t>(&value)) {
      os << *integer;
    } else if (auto *real = std::get_if<double>(&value)) {
      os << llvm::format("%.6g", *real);
    } else {
      auto store = std::dynamic_pointer_cast<const RowStore>(std::get<std::shared_ptr<const StateObject>>(value));
      size_t rows = 0;
      for (const auto &[slot, stored] : store->slots)
        rows += stored.size();
      os << "state of " << store->slots.size() << " slots, " << rows << " rows";
    }
    os << "\n";
  }
  return success();
}

// Two runs, before and after the pipeline, on the same inputs.
struct Runs {
  SmallVector<HostValue> before, after;
};

LogicalResult compareAfter(ModuleOp module, const CompareOptions &options, raw_ostream &os) {
  OwningOpRef<ModuleOp> changed(module.clone());
  if (failed(runPipeline(*changed, options.pipeline)))
    return failure();
  auto before = findFunction(module, options.function);
  auto after = findFunction(*changed, options.afterFunction.empty() ? options.function : options.afterFunction);
  if (failed(before) || failed(after))
    return failure();
  RandomInputs inputs(module, *before, options.inputs);
  auto runBoth = [&](bool round) -> FailureOr<Runs> {
    auto first = run(module, *before, inputs, round), second = run(*changed, *after, inputs, round);
    if (failed(first) || failed(second))
      return failure();
    return Runs{std::move(*first), std::move(*second)};
  };
  FailureOr<Runs> runs = runBoth(options.roundToTypes);
  if (failed(runs))
    return failure();
  Comparison comparison(before->getResultTypes(), inputs.batch(), os);
  auto distances = comparison.distances(runs->before, runs->after);
  if (failed(distances))
    return failure();
  double worst = 0;
  for (auto [index, distance] : llvm::enumerate(*distances)) {
    if (!distance)
      continue;
    worst = std::max(worst, distance->relative());
    if (distance->relative() <= options.tolerance)
      continue;
    os << "different: result " << index << " error=" << llvm::format("%.3g", distance->error)
       << " magnitude=" << llvm::format("%.3g", distance->magnitude) << "\n";
    return failure();
  }
  os << "equal max_error=" << llvm::format("%.3g", worst);
  if (options.roundToTypes || options.roundingTolerance == 0 ||
      !(holdsNarrowFloats(module) || holdsNarrowFloats(*changed))) {
    os << "\n";
    return success();
  }
  // In float64 nothing is rounded, so that a rounding which is gone or new shows in none of the above.
  FailureOr<Runs> rounded = runBoth(/*round=*/true);
  if (failed(rounded))
    return failure();
  auto deviations = comparison.distances(rounded->before, rounded->after);
  auto effects = comparison.distances(runs->before, rounded->before);
  if (failed(deviations) || failed(effects))
    return failure();
  worst = 0;
  for (auto [index, deviation, effect] : llvm::enumerate(*deviations, *effects)) {
    if (!deviation || !effect)
      continue;
    // Kernels compute in float32 what the interpreter computes in float64 at first: that much may always differ.
    double allowed = std::max(effect->typical(), 1e-5 * deviation->magnitude);
    double ratio = deviation->typical() / std::max(allowed, 1e-30);
    worst = std::max(worst, ratio);
    if (ratio <= options.roundingTolerance)
      continue;
    os << "\ndifferent: result " << index << " is rounded elsewhere: rounding changes it by "
       << llvm::format("%.3g", effect->typical()) << " before the pipeline, and after it the result is "
       << llvm::format("%.3g", deviation->typical()) << " away from that\n";
    return failure();
  }
  os << " rounding=" << llvm::format("%.3g", worst) << "\n";
  return success();
}

} // namespace longc
