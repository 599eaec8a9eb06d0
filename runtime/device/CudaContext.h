// One CUDA device: memory, modules, tensor maps, launches, events. The driver is found at run time (CudaDriver.h).
//
// One thread uses a device at a time, which may be another one each time; copies to the host may come from others meanwhile. Kernels are queued on a stream of the context's own, which waits for
// the default stream's copies and they for it: everything happens in call order.
#pragma once

#include "runtime/device/CudaDriver.h"
#include "runtime/device/CudaReservation.h"

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace longc {

/// What the copy engine must know of a view: sizes and strides with the innermost dimension first.
struct CudaTensorMapShape {
  enum class Element { u8, u16, i32, f16, f32, bf16 };
  Element element = Element::bf16;
  std::vector<uint64_t> sizes;   // elements
  std::vector<uint64_t> strides; // bytes, of dimensions 1 and up; multiples of 16
  std::vector<uint32_t> box;     // elements; the innermost is at most 128 bytes (swizzle)
};

struct CudaHostCopy {
  void *target;
  CudaPointer source;
  size_t bytes;
};

/// A loaded kernel with what its launches have in common.
struct CudaFunction {
  CudaHandle handle = nullptr;
  unsigned threads = 0;
  unsigned sharedBytes = 0;
  bool waitsItself = false; // for the kernel before it: in a graph it may begin earlier
};

class CudaContext {
public:
  /// Device `ordinal` in its primary context (which cuBLASLt and NCCL share).
  static Result<std::unique_ptr<CudaContext>> open(int ordinal = 0);
  ~CudaContext();
  CudaContext(const CudaContext &) = delete;
  CudaContext &operator=(const CudaContext &) = delete;

  const std::string &name() const { return name_; }
  int driverVersion() const { return driver_->version; }
  int multiprocessors() const { return multiprocessors_; }
  /// For example 90 for compute capability 9.0.
  int architecture() const { return architecture_; }
  size_t memoryBytes() const { return memoryBytes_; }
  size_t freeBytes();

  /// The calling thread's driver calls go to this context.
  Status enter();
  Result<CudaPointer> allocate(size_t bytes);
  Status release(CudaPointer pointer);
  /// Memory of the host that kernels reach at the same address.
  Result<void *> allocateOfHost(size_t bytes);
  Status releaseOfHost(void *memory);
  Result<CudaReservation> reserve(size_t bytes);
  Status fill(CudaPointer pointer, unsigned char value, size_t bytes);
  /// Small ones go through memory that the device reads by itself: nobody waits for them, the next kernel finds them done.
  Status copyToDevice(CudaPointer target, const void *source, size_t bytes);
  Status copyToHost(void *target, CudaPointer source, size_t bytes);
  /// Many small ones: all are waited for together.
  Status copyAllToHost(std::span<const CudaHostCopy> copies);
  Status copyOnDevice(CudaPointer target, CudaPointer source, size_t bytes);

  /// Loads a cubin built for `architecture` ("sm_90a") and finds one kernel in it.
  Result<CudaFunction> loadFunction(std::string_view cubin, const std::string &architecture, const std::string &kernel,
                                    unsigned threads, unsigned sharedBytes);
  Result<CudaTensorMap> encodeTensorMap(CudaPointer base, const CudaTensorMapShape &shape);
  /// `arguments` points at one value a kernel parameter.
  Status launch(const CudaFunction &function, unsigned gridX, unsigned gridY, unsigned gridZ, void **arguments);
  /// What `launches` launches becomes a graph instead, which `launchGraph` runs as often as it is asked to.
  Result<CudaHandle> record(const std::function<Status()> &launches);
  Status launchGraph(CudaHandle graph);
  void releaseGraph(CudaHandle graph) { driver_->graphExecDestroy(graph); }
  Status synchronize();
  /// Notes how far launches and copies have come, and waits until that much is done.
  Status mark();
  Status awaitMark();

  /// Times work between two calls by device events.
  Status startTimer();
  Result<float> stopTimerMilliseconds();

private:
  static constexpr size_t stagingBytes = size_t(8) << 20;

  CudaContext() = default;
  Result<std::byte *> stage(size_t bytes);
  Result<CudaHandle> endRecording();

  const CudaDriver *driver_ = nullptr;
  const uint64_t number_ = nextNumber(); // of all that there were
  static uint64_t nextNumber();
  int device_ = 0;
  bool retained_ = false;
  CudaHandle context_ = nullptr;
  std::recursive_mutex turn_; // of what touches pinned memory or waits: not while launches are recorded
  std::string name_;
  int multiprocessors_ = 0, architecture_ = 0;
  int sharedLimit_ = 0;
  size_t memoryBytes_ = 0;
  std::vector<CudaHandle> modules_;
  std::byte *staging_ = nullptr; // pinned; in use up to staged_ until the stream was waited for
  size_t staged_ = 0;
  CudaHandle stream_ = nullptr;
  bool recording_ = false; // launches into a graph
  CudaHandle startEvent_ = nullptr, stopEvent_ = nullptr, mark_ = nullptr;
};

} // namespace longc
