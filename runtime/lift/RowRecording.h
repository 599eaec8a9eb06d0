// The steps of a fit as lines of JSON, for whoever wants to see what is learnt from or to learn from the same.
#pragma once

#include "runtime/train/Trainer.h"

#include <string>

namespace longc {

/// {"step", "rate", "loss", "calls": [{"boundaries", "tokens", "weights"}]} a step: sequences end to end, as TrainBatch has them, but whole: what
/// several go on behind stands before each of them.
/// The loss is the sum over calls and tokens t of weights[t] times -log p(tokens[t + 1]).
class RowRecording {
public:
  void add(const TrainBatch &call);
  void endStep(const StepReport &report);
  const std::string &text() const { return text_; }

private:
  std::string calls_, text_; // of the step that goes on; lines of those that ended
};

} // namespace longc
