// Chooses the tokens that logits in a device's own memory ask for, by the kernel of runtime/abi/longc_sampler.h: as Sampler does, without the
// host between a step and the next.
#pragma once

#include "runtime/abi/longc_sampler.h"
#include "runtime/abi/program.pb.h"
#include "runtime/device/Device.h"
#include "runtime/text/Sampler.h"

#include <memory>
#include <span>
#include <vector>

namespace longc {

class DeviceSampler {
public:
  /// Null where the device reads the host's memory, or the program has no such kernel for it.
  static std::unique_ptr<DeviceSampler> of(Device &device, const abi::Program &program);
  DeviceSampler(Device &device, uint32_t kernel, int64_t vocabulary) : device_(device), kernel_(kernel), vocabulary_(vocabulary) {}
  ~DeviceSampler();
  DeviceSampler(const DeviceSampler &) = delete;
  DeviceSampler &operator=(const DeviceSampler &) = delete;

  /// Whether tokens can be chosen so here: not where it matters which were there before.
  bool covers(const SamplerOptions &options) const;
  /// A row of logits for each of these from now on. All are covered.
  Status begin(std::span<const Sampler *const> samplers);
  /// Queues a choice for every row of [rows, vocabulary], behind what makes them; `tokens`, on the device, is where it is put.
  Status choose(const void *logits, void *tokens);
  /// Waits for the last choice, not for what was queued behind it: for each row what tokenOf takes.
  Result<std::span<const int32_t>> outcomes();
  /// As Sampler::sample, an error where the row has nothing to choose from.
  static Result<int32_t> tokenOf(int32_t outcome);
  /// The outcomes where all are tokens.
  Result<std::span<const int32_t>> read();

private:
  void release();

  Device &device_;
  uint32_t kernel_;
  int64_t vocabulary_;
  std::vector<longc_choice> choices_;
  int32_t drawn_ = 0; // numbers of each row since `begin`
  // On the device, for `rows_` rows; outcomes are the host's to read.
  size_t rows_ = 0;
  void *deviceChoices_ = nullptr, *outcomes_ = nullptr;
};

} // namespace longc
