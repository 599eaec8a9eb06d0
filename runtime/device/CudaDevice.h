// Runs the CUDA kernels of a program: images from its table, launch facts from its message.
#pragma once

#include "runtime/device/CudaContext.h"
#include "runtime/device/Device.h"

#include <map>
#include <set>

namespace longc {

namespace abi {
class DeviceLaunch;
class Program;
} // namespace abi

class CudaDevice final : public Device {
public:
  /// Opens a GPU and loads the images that the table holds for `target` ("cuda:sm_90a"), one a kernel of `program`;
  /// kernels without one are another device's. Refuses a GPU of another architecture, naming both.
  static Result<std::unique_ptr<CudaDevice>> create(const longc_program_table &table, const abi::Program &program,
                                                    const std::string &target, int ordinal = 0);
  ~CudaDevice() override;

  std::string describe() const override;
  Result<void *> allocate(size_t bytes, const char *name) override;
  Result<void *> reserve(size_t bytes, const char *name) override;
  Status back(void *reserved, size_t bytes, const char *name) override;
  Result<void *> allocateOfHost(size_t bytes, const char *name) override;
  void release(void *memory) override;
  Status copyIn(void *target, const void *source, size_t bytes) override;
  Status copyOut(void *target, const void *source, size_t bytes) override;
  Status copyOutAll(std::span<const CopyOut> copies) override;
  Status copyWithin(void *target, const void *source, size_t bytes) override;
  /// A copy on the device, made once a host address.
  Result<void *> share(const void *host, size_t bytes) override;
  bool hasOwnMemory() const override { return true; }
  Result<void *> shareAs(const void *host, size_t bytes,
                         const std::function<Status(std::span<std::byte>)> &fill) override;
  size_t memoryBytes() const override { return context_->memoryBytes(); }
  size_t freeBytes() const override { return context_->freeBytes(); }
  Status launch(const KernelLaunch &launch) override;
  /// As a graph, recorded at the first call of a sequence.
  Status launchAll(std::span<const KernelLaunch> launches, uint64_t sequence) override;
  Status mark() override { return context_->mark(); }
  Status awaitMark() override { return context_->awaitMark(); }
  Status finish() override { return context_->synchronize(); }

  CudaContext &context() { return *context_; }

private:
  /// A copy-engine descriptor to make at each launch: of which view, with which box (outermost first).
  struct MapPlan {
    uint32_t view;
    std::vector<uint32_t> box;
  };
  struct Kernel {
    std::string name;
    CudaFunction function; // handle null: not for this device
    std::vector<MapPlan> maps;
    bool persistent = false;
    unsigned points = 1; // most that a thread block takes, a warp each
    CudaPointer counters = 0; // of blocks drawn and of thread blocks done, where the kernel draws its blocks
  };
  CudaDevice() = default;
  Result<void *> upload(const void *key, const void *source, size_t bytes);
  Result<Kernel> load(const longc_image_entry &image, const std::string &architecture, const abi::DeviceLaunch &plan);

  std::unique_ptr<CudaContext> context_;
  std::vector<Kernel> kernels_;
  std::map<std::pair<const void *, size_t>, CudaPointer> shared_; // by address and size: zeros are of any
  std::map<CudaPointer, CudaReservation> reserved_;
  std::set<void *> ofHost_;
  /// Lists that came lately, the newest last.
  struct Sequence {
    uint64_t number;
    CudaHandle graph;
  };
  std::vector<Sequence> sequences_;
};

} // namespace longc
