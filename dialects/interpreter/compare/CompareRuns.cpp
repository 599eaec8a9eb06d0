// Interpretation before and after a pipeline.
#include "dialects/interpreter/compare/CompareRuns.h"

#include "dialects/lm/LmDialect.h"

#include "mlir/IR/OwningOpRef.h"
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

FailureOr<SmallVector<HostValue>> run(ModuleOp module, FunctionOpInterface function, const RandomInputs &inputs,
                                      bool roundToTypes) {
  auto arguments = inputs.arguments(function);
  if (failed(arguments))
    return failure();
  Interpreter interpreter(module, {.roundToTypes = roundToTypes});
  interpreter.setParameterSource(inputs.parameters());
  return interpreter.call(function.getName(), *arguments);
}

LogicalResult runPipeline(ModuleOp module, StringRef text) {
  // The outer builtin.module(...) is the pass manager itself.
  if (text.consume_front("builtin.module("))
    text.consume_back(")");
  PassManager manager(module.getContext());
  if (failed(parsePassPipeline(text, manager)))
    return failure();
  return manager.run(module);
}

// The largest difference and the largest magnitude of two lists of numbers; NaN on one side alone counts as infinite.
struct Distance {
  double error = 0, magnitude = 0;

  void add(double before, double after) {
    if (std::isnan(before) && std::isnan(after))
      return;
    double difference = before == after ? 0 : std::abs(before - after);
    error = std::max(error, std::isnan(difference) ? INFINITY : difference);
    if (std::isfinite(before))
      magnitude = std::max(magnitude, std::abs(before));
  }
  double relative() const { return error == 0 ? 0 : error / std::max(magnitude, 1e-30); }
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

struct Comparison {
  const CompareOptions &options;
  raw_ostream &os;
  double worst = 0;

  LogicalResult accept(unsigned index, const Distance &distance) {
    worst = std::max(worst, distance.relative());
    if (distance.relative() <= options.tolerance)
      return success();
    os << "different: result " << index << " error=" << llvm::format("%.3g", distance.error)
       << " magnitude=" << llvm::format("%.3g", distance.magnitude) << "\n";
    return failure();
  }

  LogicalResult shapes(unsigned index, StringRef what) {
    os << "different: result " << index << " " << what << "\n";
    return failure();
  }
};

LogicalResult compareResults(ArrayRef<HostValue> before, ArrayRef<HostValue> after, ArrayRef<Type> types,
                             const RandomBatch &batch, Comparison &comparison) {
  size_t next = 0;
  for (auto [index, value, type] : llvm::enumerate(before, types)) {
    if (auto *state = std::get_if<std::shared_ptr<const StateObject>>(&value)) {
      auto store = std::dynamic_pointer_cast<const RowStore>(*state);
      // State that the pipeline left out of the results is in its arguments, which are not compared.
      if (next == after.size())
        continue;
      if (std::holds_alternative<std::shared_ptr<const StateObject>>(after[next])) {
        auto other =
            std::dynamic_pointer_cast<const RowStore>(std::get<std::shared_ptr<const StateObject>>(after[next++]));
        Distance distance;
        for (const auto &[slot, rows] : store->slots)
          for (const auto &[position, row] : rows) {
            const RowStore::Row *match = other->find(slot, position);
            for (size_t c = 0; c < row->key.size(); ++c) {
              distance.add(row->key[c], match ? match->key[c] : NAN);
              distance.add(row->value[c], match ? match->value[c] : NAN);
            }
          }
        if (failed(comparison.accept(index, distance)))
          return failure();
        continue;
      }
      if (next + 2 > after.size())
        return comparison.shapes(index, "has no keys and values after the pipeline");
      auto *keys = std::get_if<HostTensor>(&after[next++]), *values = std::get_if<HostTensor>(&after[next++]);
      if (!keys || !values || keys->rank() != 3)
        return comparison.shapes(index, "has no tensors of keys and values after the pipeline");
      FailureOr<Distance> distance = compareState(*store, *keys, *values, isa<lm::MemoryType>(type), batch);
      if (failed(distance))
        return comparison.shapes(index, "has rows that do not fit its tensors");
      if (failed(comparison.accept(index, *distance)))
        return failure();
      continue;
    }
    if (next == after.size())
      return comparison.shapes(index, "is missing after the pipeline");
    Distance distance;
    if (auto *tensor = std::get_if<HostTensor>(&value)) {
      auto *other = std::get_if<HostTensor>(&after[next++]);
      if (!other || other->shape() != tensor->shape())
        return comparison.shapes(index, "has another shape");
      for (int64_t i = 0; i < tensor->size(); ++i)
        distance.add((*tensor)[i], (*other)[i]);
    } else {
      auto number = [](const HostValue &scalar) {
        auto *integer = std::get_if<int64_t>(&scalar);
        return integer ? static_cast<double>(*integer) : std::get<double>(scalar);
      };
      distance.add(number(value), number(after[next++]));
    }
    if (failed(comparison.accept(index, distance)))
      return failure();
  }
  return success();
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

LogicalResult compareAfter(ModuleOp module, const CompareOptions &options, raw_ostream &os) {
  OwningOpRef<ModuleOp> changed(module.clone());
  if (failed(runPipeline(*changed, options.pipeline)))
    return failure();
  auto before = findFunction(module, options.function);
  auto after = findFunction(*changed, options.afterFunction.empty() ? options.function : options.afterFunction);
  if (failed(before) || failed(after))
    return failure();
  RandomInputs inputs(module, *before, options.inputs);
  auto expected = run(module, *before, inputs, options.roundToTypes);
  auto actual = run(*changed, *after, inputs, options.roundToTypes);
  if (failed(expected) || failed(actual))
    return failure();
  Comparison comparison{options, os};
  if (failed(compareResults(*expected, *actual, before->getResultTypes(), inputs.batch(), comparison)))
    return failure();
  os << "equal max_error=" << llvm::format("%.3g", comparison.worst) << "\n";
  return success();
}

} // namespace longc
