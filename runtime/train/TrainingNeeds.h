// What training a compiled program takes, told without running it.
#pragma once

#include "runtime/serve/Program.h"
#include "runtime/train/StepCost.h"

#include <optional>

namespace longc {

struct TrainingNeeds {
  double trained = 0; // numbers
  // Bytes: values, gradients and two moments of what is trained, in float32; weights that stay as they are stored, mapped (stored values that
  // are trained are copied and forgotten); and what a call keeps, its own gradients among it.
  double state = 0, weights = 0, call = 0;
  StepCost cost;

  double bytes() const { return state + weights + call; }
};

/// Numbers in all parameters that a function reads.
int64_t numbersRead(const abi::Function &function, const abi::Program &program);

/// `gradient` is the function with gradients. None: the call's plan has more than 63 bits.
std::optional<TrainingNeeds> trainingNeeds(const Program &program, const abi::Function &gradient, int64_t callTokens);

} // namespace longc
