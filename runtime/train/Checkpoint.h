// The state of a training in files: whole or not there, compared with what goes on from them.
//
// A checkpoint is a safetensors file: `value/NAME`, `first_moment/NAME`, `second_moment/NAME` and, where evaluations keep the
// best, `best/NAME`; step, position, settings and a checksum stand in its metadata. The two newest stay, so that there is
// one when the newest is damaged.
#pragma once

#include "runtime/train/Trainer.h"

#include <string>
#include <utility>
#include <vector>

namespace longc {

/// Whatever a training depends on, by the name that a message calls it: "--lr" -> "0.001".
using TrainSettings = std::vector<std::pair<std::string, std::string>>;

/// Codes of its errors: a file that is no checkpoint or a damaged one; one of other parameters; one of other settings.
inline constexpr int checkpointDamaged = 8041, checkpointOfOtherModel = 8042, checkpointOfOtherSettings = 8043;

/// Writes `FOLDER/checkpoint-STEP.safetensors`, then removes all but it and the one before it.
Status saveCheckpoint(const std::string &folder, const ParameterList &list, const TrainState &state, const TrainSettings &settings);

/// Steps of the folder's checkpoints by their names, newest first.
std::vector<int64_t> checkpointSteps(const std::string &folder);

struct LoadedCheckpoint {
  bool found = false;
  std::vector<Status> passedOver; // damaged ones that were newer
};

/// Makes `state` that of the newest checkpoint that is whole; what is not whole is passed over as long as there is an older
/// one. Other parameters or settings are refused, the first that differs by name.
Result<LoadedCheckpoint> loadCheckpoint(const std::string &folder, const ParameterList &list, const TrainSettings &settings,
                                        TrainState &state);

} // namespace longc
