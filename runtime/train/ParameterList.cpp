// Places of parameters, and their first values.
#include "runtime/train/ParameterList.h"

#include "runtime/core/Hash.h"
#include "runtime/text/Philox.h"

#include <algorithm>
#include <cmath>

namespace longc {
namespace {

constexpr int64_t alignment = 64 / sizeof(float);

void beginOne(const TrainedParameter &parameter, uint64_t seed, std::span<float> numbers) {
  if (parameter.beginning == Beginning::zeros)
    std::ranges::fill(numbers, 0.0f);
  if (parameter.beginning != Beginning::uniform)
    return;
  const uint64_t stream = seed ^ hashBytes(parameter.name.data(), parameter.name.size());
  // What one of several matrices is read by is all of it, as torch counts.
  const auto inputs = parameter.shape.size() == 3 ? parameter.shape[1] * parameter.shape[2] : parameter.shape.back();
  const double bound = 1 / std::sqrt(static_cast<double>(inputs));
  for (size_t i = 0; i < numbers.size(); ++i)
    numbers[i] = static_cast<float>(bound * (2 * philoxUniform(stream, i) - 1));
}

} // namespace

void ParameterList::add(std::string name, std::vector<int64_t> shape, Beginning beginning) {
  TrainedParameter parameter{std::move(name), std::move(shape), beginning, floats_, 1};
  for (int64_t size : parameter.shape)
    parameter.size *= size;
  floats_ += (parameter.size + alignment - 1) / alignment * alignment;
  parameters_.push_back(std::move(parameter));
}

const TrainedParameter *ParameterList::find(std::string_view name) const {
  auto found = std::ranges::find(parameters_, name, &TrainedParameter::name);
  return found == parameters_.end() ? nullptr : &*found;
}

int64_t ParameterList::count() const {
  int64_t sum = 0;
  for (const TrainedParameter &parameter : parameters_)
    sum += parameter.size;
  return sum;
}

Result<ParameterArray> ParameterArray::create(const ParameterList &list, const char *what) {
  auto memory = Arena::allocate(static_cast<size_t>(list.floats()) * sizeof(float), what);
  if (!memory.ok())
    return memory.status();
  ParameterArray array;
  array.memory_ = std::move(*memory);
  return array;
}

void begin(const ParameterList &list, uint64_t seed, ParameterArray &values, ThreadPool *pool) {
  const auto &parameters = list.parameters();
  auto beginAt = [&](size_t i) { beginOne(parameters[i], seed, values.of(parameters[i])); };
  if (pool)
    pool->forEach(static_cast<int64_t>(parameters.size()), [&](int, int64_t i) { beginAt(static_cast<size_t>(i)); });
  else
    for (size_t i = 0; i < parameters.size(); ++i)
      beginAt(i);
}

} // namespace longc
