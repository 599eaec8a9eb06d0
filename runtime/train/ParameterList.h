// The trained parameters of a program, and float32 arrays with room for one number of each: values, gradients, moments.
//
// All such arrays have one layout, so that what works element by element (an optimizer, a norm) sees one long array.
#pragma once

#include "runtime/core/Arena.h"
#include "runtime/core/Status.h"
#include "runtime/core/ThreadPool.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace longc {

/// What a parameter holds before it is trained.
enum class Beginning {
  given,   // somebody fills it in
  zeros,
  uniform, // in ±1/√columns of a matrix, ±1/√(rows columns) of one a head: torch's Kaiming initialisation with a = √5
};

struct TrainedParameter {
  std::string name;
  std::vector<int64_t> shape; // row-major
  Beginning beginning = Beginning::given;
  int64_t first = 0, size = 0; // its place in an array, in floats
};

class ParameterList {
public:
  /// Each begins at a multiple of 64 bytes, as kernels expect it.
  void add(std::string name, std::vector<int64_t> shape, Beginning beginning);

  std::span<const TrainedParameter> parameters() const { return parameters_; }
  /// Null if there is none of this name.
  const TrainedParameter *find(std::string_view name) const;
  /// Floats of an array, those between the parameters included; they are 0 in every array.
  int64_t floats() const { return floats_; }
  /// Floats of all parameters.
  int64_t count() const;

private:
  std::vector<TrainedParameter> parameters_;
  int64_t floats_ = 0;
};

/// One float32 number for each that is trained. Zeros at first.
class ParameterArray {
public:
  ParameterArray() = default;
  /// `what` is for the message when there is not enough memory.
  static Result<ParameterArray> create(const ParameterList &list, const char *what);

  std::span<float> all() { return {reinterpret_cast<float *>(memory_.data()), memory_.size() / sizeof(float)}; }
  std::span<const float> all() const { return {reinterpret_cast<const float *>(memory_.data()), memory_.size() / sizeof(float)}; }
  std::span<float> of(const TrainedParameter &parameter) {
    return all().subspan(static_cast<size_t>(parameter.first), static_cast<size_t>(parameter.size));
  }
  std::span<const float> of(const TrainedParameter &parameter) const {
    return all().subspan(static_cast<size_t>(parameter.first), static_cast<size_t>(parameter.size));
  }

private:
  Arena memory_;
};

/// Fills in every parameter that does not begin with given values; the same with the same seed, whatever others there are.
void begin(const ParameterList &list, uint64_t seed, ParameterArray &values, ThreadPool *pool = nullptr);

} // namespace longc
