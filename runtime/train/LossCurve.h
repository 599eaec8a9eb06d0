// The loss over the steps as a picture.
#pragma once

#include "runtime/train/TrainLog.h"

#include <span>
#include <string>

namespace longc {

/// An SVG of the loss of each step, its running mean, and the losses of evaluations; "" without a step.
std::string drawLossCurve(std::span<const LoggedStep> steps, const std::string &title);

} // namespace longc
