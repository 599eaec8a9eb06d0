// Runs the CPU kernels of a program over a thread pool.
#pragma once

#include "runtime/core/Arena.h"
#include "runtime/core/ThreadPool.h"
#include "runtime/device/Device.h"

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace longc {

/// Variants for which the table has at least one kernel, in the table's order.
std::vector<std::string> variantsOf(const longc_program_table &table);

class CpuDevice final : public Device {
public:
  /// Links `kernels` (the program's names in order; "" = not for this device) to the table's entries of `variant`.
  static Result<std::unique_ptr<CpuDevice>> create(const longc_program_table &table, const std::string &variant,
                                                   const std::vector<std::string> &kernels, int threads);

  std::string describe() const override;
  std::string variant() const override { return variant_; }
  int threads() const override { return pool_->threads(); }
  Result<void *> allocate(size_t bytes, const char *name) override;
  void release(void *memory) override;
  Status copyIn(void *target, const void *source, size_t bytes) override;
  Status copyOut(void *target, const void *source, size_t bytes) override;
  Status copyWithin(void *target, const void *source, size_t bytes) override { return copyIn(target, source, bytes); }
  Result<void *> share(const void *host, size_t bytes) override;
  Result<void *> shareAs(const void *host, size_t bytes, const std::function<Status(std::span<std::byte>)> &) override {
    return share(host, bytes);
  }
  Roof measureRoof() override;
  Status launch(const KernelLaunch &launch) override;
  Status launchAll(std::span<const KernelLaunch> launches, uint64_t sequence) override;
  Status finish() override { return {}; }

  ThreadPool &pool() { return *pool_; }

private:
  // A launch as threads read it.
  struct Call {
    longc_kernel_fn function = nullptr;
    const longc_view *views = nullptr;
    std::vector<int64_t> scalars; // the grid's sizes, then the kernel's own
    int64_t blocks = 1;
    bool uneven = false;
    int64_t most = 1; // blocks of an uneven launch that a thread takes at once: no row of its list, the costliest first, is one thread's
    ThreadPool::Handout handout;
  };

  CpuDevice() = default;
  Status allocateScratch(int64_t bytesPerThread);
  Status prepare(const KernelLaunch &launch, Call &call) const;
  void runShare(Call &call, int thread) noexcept;

  std::string variant_;
  std::unique_ptr<ThreadPool> pool_;
  std::vector<const longc_kernel_entry *> kernels_; // null: not for this device
  Arena scratch_;
  int64_t scratchStride_ = 0;
  std::map<void *, Arena> memory_;
  std::deque<Call> calls_;     // of the sequence
  std::vector<size_t> stages_; // where launches begin that threads meet before: not between two of one block
  uint64_t sequence_ = 0;
};

} // namespace longc
