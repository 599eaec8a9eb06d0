// What training needs of a model: the loss of a batch, and its gradients.
#pragma once

#include "runtime/core/Status.h"
#include "runtime/core/ThreadPool.h"
#include "runtime/train/Batching.h"
#include "runtime/train/HeldTraining.h"
#include "runtime/train/ParameterList.h"
#include "runtime/train/Sample.h"

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace longc {

/// Sequences end to end, as one call of the model sees them: T tokens.
struct TrainBatch {
  std::vector<int32_t> tokens, positions; // T; positions count from 0 in each sequence, in a branch from what it goes on behind
  std::vector<int32_t> boundaries;        // where sequences begin, then T
  std::vector<int32_t> targets;           // T: the token after each; 0 behind the last of a sequence
  std::vector<float> weights;             // T: of predicting it, in the loss of the step; 0 behind the last
  std::vector<float> gateWeights;         // T: of open gates of memories, in the loss of a program that counts them
  std::vector<int32_t> crossRows;         // [n, 2]: the first of these sequences reads the second, in layers with a memory or as what it goes on behind

  /// Adds a sequence; `weights[t]` is that of predicting token t. With `branches`, as of a Sample, each of them is a sequence.
  void add(std::span<const int32_t> sequence, std::span<const float> sequenceWeights, std::span<const int64_t> branches = {}, bool countsGates = false);
  int64_t size() const { return static_cast<int64_t>(tokens.size()); }

private:
  void addText(std::span<const int32_t> text, std::span<const float> textWeights, size_t position, bool countsGates);
};

/// The packs of a step as few calls as `tokens` a call allow (a pack is never divided); `weights` are those of lossWeights.
std::vector<TrainBatch> makeBatches(std::span<const Pack> packs, std::span<const Sample> samples,
                                    std::span<const float> weights, int64_t tokens);

/// Values are arrays of the host, or a training's in the memory of the device that runs the model.
class TrainStep {
public:
  virtual ~TrainStep() = default;

  virtual const ParameterList &parameters() const = 0;
  /// Where the work of training outside the model is done.
  virtual ThreadPool &pool() = 0;
  /// The weighted sum of -log p over the batch.
  virtual Result<double> loss(const TrainBatch &batch, const ParameterArray &values) = 0;
  /// The same; its gradients are added to `gradients`.
  virtual Result<double> lossAndGradients(const TrainBatch &batch, const ParameterArray &values, ParameterArray &gradients) = 0;

  /// Room for a training on the device; null where that has no memory of its own.
  virtual Result<std::unique_ptr<HeldTraining>> hold() { return std::unique_ptr<HeldTraining>(); }
  /// As above, of what `hold` made.
  virtual Result<double> loss(const TrainBatch &batch, const HeldTraining &training) = 0;
  virtual Result<double> lossAndGradients(const TrainBatch &batch, HeldTraining &training) = 0;
};

} // namespace longc
