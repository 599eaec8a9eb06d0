// What every training does with its folder: begins in it, goes on from it, says that it was left.
#pragma once

#include "runtime/train/Checkpoint.h"
#include "runtime/train/Trainer.h"

#include <string>

namespace longc {

/// Makes the folder. One that holds the state of a training is gone on with (`resume`), or left alone: an error.
Status prepareTrainFolder(const std::string &folder, bool resume);

/// Gives the trainer the state of the newest whole checkpoint, and notes which; without one it begins at step 0.
Status goOnFrom(const std::string &folder, const ParameterList &list, const TrainSettings &settings, Trainer &trainer);

/// What is said when ^C ended it after `step`.
Status cancelledTraining(const std::string &folder, int64_t step);

} // namespace longc
