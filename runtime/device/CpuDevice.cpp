// CPU kernels over a thread pool.
#include "runtime/device/CpuDevice.h"

#include "runtime/core/Format.h"

#include <algorithm>
#include <cstring>

namespace longc {
namespace {

constexpr size_t maxGridRank = 8, maxScalars = 32;

const longc_kernel_entry *findKernel(const longc_program_table &table, const std::string &name,
                                     const std::string &variant) {
  for (uint32_t index = 0; index < table.kernel_count; ++index) {
    const longc_kernel_entry &entry = table.kernels[index];
    if (name == entry.name && variant == entry.variant)
      return &entry;
  }
  return nullptr;
}

} // namespace

std::vector<std::string> variantsOf(const longc_program_table &table) {
  std::vector<std::string> names;
  for (uint32_t index = 0; index < table.kernel_count; ++index)
    if (std::find(names.begin(), names.end(), table.kernels[index].variant) == names.end())
      names.push_back(table.kernels[index].variant);
  return names;
}

Result<std::unique_ptr<CpuDevice>> CpuDevice::create(const longc_program_table &table, const std::string &variant,
                                                     const std::vector<std::string> &kernels, int threads) {
  std::unique_ptr<CpuDevice> device(new CpuDevice);
  device->variant_ = variant;
  int64_t scratch = 0;
  for (const std::string &name : kernels) {
    const longc_kernel_entry *entry = name.empty() ? nullptr : findKernel(table, name, variant);
    if (!name.empty() && (!entry || !entry->function))
      return Status::error(4110, "kernel '" + name + "' has no code for variant " + variant,
                           "the program file and its kernels do not belong together: compile it again");
    if (entry && (entry->scratch_bytes < 0 || entry->scratch_bytes > LONGC_MAX_SCRATCH_BYTES))
      return Status::error(4111, formatText("kernel '%s' asks for %lld bytes of scratch", name.c_str(),
                                            static_cast<long long>(entry->scratch_bytes)),
                           "compile the program again");
    if (entry)
      scratch = std::max(scratch, entry->scratch_bytes);
    device->kernels_.push_back(entry);
  }
  auto pool = ThreadPool::create(threads);
  if (!pool.ok())
    return pool.status();
  device->pool_ = std::move(*pool);
  LONGC_TRY(device->allocateScratch(scratch));
  return device;
}

Roof CpuDevice::measureRoof() {
  const bool matrixUnit = variant_ == "amx", bf16 = matrixUnit || variant_ == "avx512_bf16";
  return longc::measureRoof(*pool_, bf16 || variant_ == "avx512", bf16, matrixUnit);
}

Status CpuDevice::allocateScratch(int64_t bytesPerThread) {
  constexpr int64_t line = 128; // two lines: no thread's scratch shares a prefetched pair with another's
  scratchStride_ = (bytesPerThread + line - 1) / line * line;
  auto arena = Arena::allocate(static_cast<size_t>(scratchStride_ * pool_->threads()), "scratch of kernels");
  if (!arena.ok())
    return arena.status();
  scratch_ = std::move(*arena);
  return {};
}

std::string CpuDevice::describe() const {
  return formatText("cpu, variant %s, %d thread%s", variant_.c_str(), pool_->threads(),
                    pool_->threads() == 1 ? "" : "s");
}

Result<void *> CpuDevice::allocate(size_t bytes, const char *name) {
  auto arena = Arena::allocate(std::max<size_t>(bytes, 1), name);
  if (!arena.ok())
    return arena.status();
  void *data = arena->data();
  memory_.emplace(data, std::move(*arena));
  return data;
}

void CpuDevice::release(void *memory) { memory_.erase(memory); }

Status CpuDevice::copyIn(void *target, const void *source, size_t bytes) {
  std::memcpy(target, source, bytes);
  return {};
}

Status CpuDevice::copyOut(void *target, const void *source, size_t bytes) {
  std::memcpy(target, source, bytes);
  return {};
}

Result<void *> CpuDevice::share(const void *host, size_t) { return const_cast<void *>(host); }

Status CpuDevice::prepare(const KernelLaunch &launch, Call &call) const {
  const longc_kernel_entry *entry = launch.kernel < kernels_.size() ? kernels_[launch.kernel] : nullptr;
  if (!entry)
    return Status::error(4112, formatText("kernel %u is not linked for the processor", launch.kernel),
                         "compile the program again");
  if (launch.grid.size() > maxGridRank || launch.scalars.size() > maxScalars)
    return Status::error(4113, formatText("kernel '%s' has a grid of rank %zu and %zu scalars; at most %zu and %zu",
                                          entry->name, launch.grid.size(), launch.scalars.size(), maxGridRank, maxScalars),
                         "compile the program again");
  call.function = entry->function;
  call.views = launch.views.data();
  call.scalars.assign(launch.grid.begin(), launch.grid.end());
  call.scalars.insert(call.scalars.end(), launch.scalars.begin(), launch.scalars.end());
  for (int64_t size : launch.grid)
    call.blocks *= size;
  call.uneven = launch.uneven;
  if (call.uneven && call.blocks > 0)
    call.most = std::max<int64_t>(call.blocks / (launch.grid[0] * 2 * threads()), 1);
  return {};
}

// What one thread does of a launch: an equal share of its blocks, or what no other has taken yet.
void CpuDevice::runShare(Call &call, int thread) noexcept {
  std::byte *scratch = scratch_.data() + scratchStride_ * thread;
  auto run = [&](int64_t begin, int64_t end) { call.function(call.views, call.scalars.data(), begin, end, scratch); };
  if (call.blocks == 1)
    return thread == 0 ? run(0, 1) : void();
  if (call.uneven)
    return pool_->handOut(call.handout, call.blocks, call.most, run);
  pool_->equalShare(thread, call.blocks, run);
}

Status CpuDevice::launch(const KernelLaunch &launch) {
  Call call;
  LONGC_TRY(prepare(launch, call));
  if (call.blocks > 1)
    pool_->forSteps(1, [&](int thread, int64_t) noexcept { runShare(call, thread); });
  else
    call.function(call.views, call.scalars.data(), 0, call.blocks, scratch_.data());
  return {};
}

// Threads go through the list by themselves and meet between two launches.
Status CpuDevice::launchAll(std::span<const KernelLaunch> launches, uint64_t sequence) {
  if (sequence_ != sequence) {
    sequence_ = 0;
    calls_.clear();
    stages_.assign(1, 0);
    for (const KernelLaunch &launch : launches) {
      LONGC_TRY(prepare(launch, calls_.emplace_back()));
      if (size_t last = calls_.size() - 1; last > 0 && (calls_[last].blocks > 1 || calls_[last - 1].blocks > 1))
        stages_.push_back(last);
    }
    stages_.push_back(calls_.size());
    sequence_ = sequence;
  }
  for (Call &call : calls_)
    call.handout.next.store(0, std::memory_order_relaxed);
  pool_->forSteps(static_cast<int64_t>(stages_.size()) - 1, [&](int thread, int64_t stage) noexcept {
    for (size_t call = stages_[static_cast<size_t>(stage)]; call < stages_[static_cast<size_t>(stage) + 1]; ++call)
      runShare(calls_[call], thread);
  });
  return {};
}

} // namespace longc
