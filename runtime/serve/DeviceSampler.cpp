// Launches of the sampler's kernel.
#include "runtime/serve/DeviceSampler.h"

#include <algorithm>

namespace longc {

std::unique_ptr<DeviceSampler> DeviceSampler::of(Device &device, const abi::Program &program) {
  const auto &kernels = program.kernels();
  const auto found = std::ranges::find(kernels, LONGC_SAMPLER, &abi::Kernel::name);
  const int64_t vocabulary = program.modules(0).vocabulary();
  if (!device.hasOwnMemory() || found == kernels.end() || vocabulary > LONGC_SAMPLER_TOKENS)
    return nullptr;
  return std::make_unique<DeviceSampler>(device, static_cast<uint32_t>(found - kernels.begin()), vocabulary);
}

DeviceSampler::~DeviceSampler() { release(); }

void DeviceSampler::release() {
  for (void **memory : {&deviceChoices_, &outcomes_}) {
    if (*memory)
      device_.release(*memory);
    *memory = nullptr;
  }
  rows_ = 0;
}

bool DeviceSampler::covers(const SamplerOptions &options) const { return options.repetitionPenalty == 1; }

Status DeviceSampler::begin(std::span<const Sampler *const> samplers) {
  choices_.clear();
  drawn_ = 0;
  for (const Sampler *sampler : samplers) {
    const SamplerOptions &options = sampler->options();
    choices_.push_back({.seed = options.seed, .draws = sampler->draws(), .temperature = options.temperature, .top_p = options.topP,
                        .min_p = options.minP, .top_k = options.topK});
  }
  if (rows_ < samplers.size()) {
    release();
    auto make = [&](void *&memory, const Result<void *> &made) {
      memory = made.ok() ? *made : nullptr;
      return made.status();
    };
    constexpr const char *name = "chosen tokens";
    LONGC_TRY(make(deviceChoices_, device_.allocate(samplers.size() * sizeof(longc_choice), name)));
    LONGC_TRY(make(outcomes_, device_.allocateOfHost(samplers.size() * sizeof(int32_t), name)));
    rows_ = samplers.size();
  }
  return device_.copyIn(deviceChoices_, choices_.data(), choices_.size() * sizeof(longc_choice));
}

Status DeviceSampler::choose(const void *logits, void *tokens) {
  const auto rows = static_cast<int64_t>(choices_.size());
  const auto list = [&](void *data) { return longc_view{data, {rows, 1, 1, 1}, {1, 0, 0, 0}}; };
  const longc_view views[] = {{const_cast<void *>(logits), {rows, vocabulary_, 1, 1}, {vocabulary_, 1, 0, 0}}, list(deviceChoices_), list(tokens), list(outcomes_)};
  const int64_t grid[] = {rows}, scalars[] = {drawn_++};
  LONGC_TRY(device_.launch({kernel_, grid, views, scalars, false}));
  return device_.mark();
}

Result<std::span<const int32_t>> DeviceSampler::outcomes() {
  LONGC_TRY(device_.awaitMark());
  return std::span(static_cast<const int32_t *>(outcomes_), choices_.size());
}

Result<int32_t> DeviceSampler::tokenOf(int32_t outcome) {
  return outcome >= 0 ? Result<int32_t>(outcome) : noChoice(outcome == LONGC_SAMPLER_NOTHING ? -1 : LONGC_SAMPLER_NAN - outcome);
}

Result<std::span<const int32_t>> DeviceSampler::read() {
  auto all = outcomes();
  for (size_t row = 0; all.ok() && row < all->size(); ++row)
    if (auto token = tokenOf((*all)[row]); !token.ok())
      return token.status();
  return all;
}

} // namespace longc
