// A device whose one kernel is the sampler's, by its text run as C++. Stands behind all other includes.
#pragma once

#include "runtime/abi/longc_sampler.h"
#include "test/runtime/OwnMemoryDevice.h"

#include "test/codegen/cuda/cuda_on_cpu.h"

namespace {

using View = longc_view;
using u32 = unsigned;
using u64 = unsigned long long;
using i64 = long long;
#define LONGC_DEVICE inline
#define __shared__ static
#define kInfinity HUGE_VALF
template <typename T> T atomicAdd(T *place, T more) {
  const T before = *place;
  *place += more;
  return before;
}
#include "codegen/cuda/sampler.cuh"

} // namespace

namespace longc {

class SamplerDevice final : public OwnMemoryDevice {
public:
  Status launch(const KernelLaunch &launch) override {
    if (++launches == failing)
      return Status::error(9999, "the device is gone");
    const auto &v = launch.views;
    on_cpu::kernel = [&] { sample_tokens(v[0], v[1], v[2], v[3], static_cast<int>(launch.scalars[0]), static_cast<int>(launch.grid[0])); };
    for (int row = 0; row < launch.grid[0]; ++row)
      on_cpu::runBlock(row, LONGC_SAMPLER_THREADS);
    if (launches == strange)
      *static_cast<int *>(v[3].data) = LONGC_SAMPLER_NAN - 5;
    return {};
  }

  int launches = 0, failing = -1, strange = -1; // which launch fails, or finds that the first row's logit 5 is no number
};

} // namespace longc
