// One CUDA device over the driver's entry points.
#include "runtime/device/CudaContext.h"

#include <atomic>
#include <cstring>

namespace longc {
namespace {

// Values of the driver's enumerations (its ABI).
enum DeviceAttribute {
  kMultiprocessorCount = 16,
  kComputeCapabilityMajor = 75,
  kComputeCapabilityMinor = 76,
  kMaxSharedPerBlockOptin = 97,
};
constexpr int kFunctionMaxDynamicShared = 8;
constexpr int kInvalidImage = 200, kNoBinaryForGpu = 209;
constexpr int kSwizzle128 = 3, kPromotion256 = 3;

int elementCode(CudaTensorMapShape::Element element) {
  switch (element) {
  case CudaTensorMapShape::Element::u8: return 0;
  case CudaTensorMapShape::Element::u16: return 1;
  case CudaTensorMapShape::Element::i32: return 3;
  case CudaTensorMapShape::Element::f16: return 6;
  case CudaTensorMapShape::Element::f32: return 7;
  case CudaTensorMapShape::Element::bf16: return 9;
  }
  return -1;
}

/// "sm_90a" runs on 9.0 alone; "sm_90" on every 9.x. 0 when the text is not of that form.
int architectureNumber(const std::string &text) {
  if (text.rfind("sm_", 0) != 0)
    return 0;
  int number = 0;
  for (size_t i = 3; i < text.size() && text[i] >= '0' && text[i] <= '9'; ++i)
    number = number * 10 + (text[i] - '0');
  return number;
}

} // namespace

Result<std::unique_ptr<CudaContext>> CudaContext::open(int ordinal) {
  Result<const CudaDriver *> driver = CudaDriver::get();
  if (!driver.ok())
    return driver.status();
  std::unique_ptr<CudaContext> device(new CudaContext());
  device->driver_ = *driver;
  const CudaDriver &cuda = *device->driver_;
  int count = 0;
  LONGC_TRY(cuda.check(cuda.deviceGetCount(&count), "counting CUDA devices"));
  if (ordinal < 0 || ordinal >= count)
    return Status::error(5105, "CUDA device " + std::to_string(ordinal) + " does not exist: there are " +
                                   std::to_string(count),
                         "check CUDA_VISIBLE_DEVICES and nvidia-smi");
  LONGC_TRY(cuda.check(cuda.deviceGet(&device->device_, ordinal), "opening the CUDA device"));
  char name[256] = {};
  LONGC_TRY(cuda.check(cuda.deviceGetName(name, sizeof name - 1, device->device_), "naming the CUDA device"));
  device->name_ = name;
  int major = 0, minor = 0;
  LONGC_TRY(cuda.check(cuda.deviceGetAttribute(&major, kComputeCapabilityMajor, device->device_), "device attribute"));
  LONGC_TRY(cuda.check(cuda.deviceGetAttribute(&minor, kComputeCapabilityMinor, device->device_), "device attribute"));
  LONGC_TRY(cuda.check(cuda.deviceGetAttribute(&device->multiprocessors_, kMultiprocessorCount, device->device_),
                       "device attribute"));
  LONGC_TRY(cuda.check(cuda.deviceGetAttribute(&device->sharedLimit_, kMaxSharedPerBlockOptin, device->device_),
                       "device attribute"));
  LONGC_TRY(cuda.check(cuda.deviceTotalMem(&device->memoryBytes_, device->device_), "device memory size"));
  device->architecture_ = major * 10 + minor;
  LONGC_TRY(cuda.check(cuda.primaryCtxRetain(&device->context_, device->device_), "creating the CUDA context"));
  device->retained_ = true;
  LONGC_TRY(device->enter());
  LONGC_TRY(cuda.check(cuda.streamCreate(&device->stream_, /*flags: in order with the default stream*/ 0), "creating a stream"));
  LONGC_TRY(cuda.check(cuda.eventCreate(&device->startEvent_, 0), "creating an event"));
  LONGC_TRY(cuda.check(cuda.eventCreate(&device->stopEvent_, 0), "creating an event"));
  constexpr unsigned kNoTiming = 2;
  LONGC_TRY(cuda.check(cuda.eventCreate(&device->mark_, kNoTiming), "creating an event"));
  return device;
}

CudaContext::~CudaContext() {
  if (!retained_)
    return;
  (void)enter().ok();
  for (CudaHandle module : modules_)
    driver_->moduleUnload(module);
  if (staging_)
    driver_->memFreeHost(staging_);
  if (startEvent_)
    driver_->eventDestroy(startEvent_);
  if (stopEvent_)
    driver_->eventDestroy(stopEvent_);
  if (mark_)
    driver_->eventDestroy(mark_);
  if (stream_)
    driver_->streamDestroy(stream_);
  driver_->primaryCtxRelease(device_);
}

uint64_t CudaContext::nextNumber() {
  static std::atomic<uint64_t> last{0};
  return ++last;
}

Status CudaContext::enter() {
  static thread_local uint64_t entered = 0;
  if (entered != number_) {
    LONGC_TRY(driver_->check(driver_->ctxSetCurrent(context_), "entering the CUDA context"));
    entered = number_;
  }
  return {};
}

Result<CudaPointer> CudaContext::allocate(size_t bytes) {
  if (Status status = enter(); !status.ok())
    return status;
  CudaPointer pointer = 0;
  int result = driver_->memAlloc(&pointer, bytes ? bytes : 1);
  if (result == 0)
    return pointer;
  Status status = driver_->check(result, "allocating device memory");
  constexpr int outOfMemory = 2;
  if (result != outOfMemory)
    return status;
  return Status::error(status.code(),
                       "allocating " + std::to_string(bytes) + " bytes on " + name_ + " (" +
                           std::to_string(memoryBytes_) + " bytes in all) failed",
                       "shorten the context or the batch, or free the device");
}

Result<void *> CudaContext::allocateOfHost(size_t bytes) {
  LONGC_TRY(enter());
  void *memory = nullptr;
  constexpr unsigned kMapped = 2;
  LONGC_TRY(driver_->check(driver_->memHostAlloc(&memory, bytes ? bytes : 1, kMapped), "allocating pinned memory"));
  std::memset(memory, 0, bytes);
  return memory;
}

Status CudaContext::releaseOfHost(void *memory) {
  LONGC_TRY(enter());
  return driver_->check(driver_->memFreeHost(memory), "freeing pinned memory");
}

size_t CudaContext::freeBytes() {
  size_t free = 0, all = 0;
  return enter().ok() && driver_->memGetInfo(&free, &all) == 0 ? free : memoryBytes_;
}

Result<CudaReservation> CudaContext::reserve(size_t bytes) {
  LONGC_TRY(enter());
  return CudaReservation::create(*driver_, device_, bytes);
}

Status CudaContext::release(CudaPointer pointer) {
  LONGC_TRY(enter());
  return driver_->check(driver_->memFree(pointer), "freeing device memory");
}
Status CudaContext::fill(CudaPointer pointer, unsigned char value, size_t bytes) {
  LONGC_TRY(enter());
  return bytes ? driver_->check(driver_->memsetD8(pointer, value, bytes), "filling device memory") : Status();
}
/// A place in pinned memory; null for what is too large for it.
Result<std::byte *> CudaContext::stage(size_t bytes) {
  constexpr size_t most = stagingBytes / 8, line = 64;
  if (bytes > most)
    return static_cast<std::byte *>(nullptr);
  if (!staging_) {
    void *memory = nullptr;
    LONGC_TRY(driver_->check(driver_->memHostAlloc(&memory, stagingBytes, 0), "allocating pinned memory"));
    staging_ = static_cast<std::byte *>(memory);
  }
  if (staged_ + bytes > stagingBytes)
    LONGC_TRY(synchronize());
  std::byte *const place = staging_ + staged_;
  staged_ += (bytes + line - 1) / line * line;
  return place;
}

Status CudaContext::copyToDevice(CudaPointer target, const void *source, size_t bytes) {
  std::lock_guard turn(turn_);
  LONGC_TRY(enter());
  auto place = stage(bytes);
  if (!place.ok())
    return place.status();
  if (*place && bytes) {
    std::memcpy(*place, source, bytes);
    return driver_->check(driver_->memcpyHtoDAsync(target, *place, bytes, stream_), "copying to the device");
  }
  return bytes ? driver_->check(driver_->memcpyHtoD(target, source, bytes), "copying to the device") : Status();
}
Status CudaContext::copyToHost(void *target, CudaPointer source, size_t bytes) {
  const CudaHostCopy one = {target, source, bytes};
  return copyAllToHost({&one, 1});
}
Status CudaContext::copyAllToHost(std::span<const CudaHostCopy> copies) {
  std::lock_guard turn(turn_);
  LONGC_TRY(enter());
  std::vector<std::pair<void *, std::span<const std::byte>>> begun;
  auto complete = [&]() -> Status {
    LONGC_TRY(synchronize());
    for (auto [target, staged] : begun)
      std::memcpy(target, staged.data(), staged.size());
    begun.clear();
    return {};
  };
  for (auto [target, source, bytes] : copies) {
    if (bytes == 0)
      continue;
    if (staged_ + bytes > stagingBytes && !begun.empty())
      LONGC_TRY(complete());
    auto place = stage(bytes);
    if (!place.ok())
      return place.status();
    if (!*place) {
      LONGC_TRY(driver_->check(driver_->memcpyDtoH(target, source, bytes), "copying from the device"));
      continue;
    }
    LONGC_TRY(driver_->check(driver_->memcpyDtoHAsync(*place, source, bytes, stream_), "copying from the device"));
    begun.push_back({target, {*place, bytes}});
  }
  return begun.empty() ? Status() : complete();
}
Status CudaContext::copyOnDevice(CudaPointer target, CudaPointer source, size_t bytes) {
  LONGC_TRY(enter());
  return bytes ? driver_->check(driver_->memcpyDtoDAsync(target, source, bytes, stream_), "copying on the device")
               : Status();
}

Result<CudaFunction> CudaContext::loadFunction(std::string_view cubin, const std::string &architecture,
                                              const std::string &kernel, unsigned threads, unsigned sharedBytes) {
  const int wanted = architectureNumber(architecture);
  const bool exact = !architecture.empty() && architecture.back() == 'a';
  if (wanted == 0)
    return Status::error(5106, "kernel '" + kernel + "' names no architecture: expected sm_90a or alike, got '" +
                                   architecture + "'");
  if (exact ? wanted != architecture_ : (wanted / 10 != architecture_ / 10 || wanted > architecture_))
    return Status::error(5106,
                         "kernel '" + kernel + "' was compiled for " + architecture + " and " + name_ + " is sm_" +
                             std::to_string(architecture_),
                         "compile with --target cuda:sm_" + std::to_string(architecture_) + " or run on the CPU");
  if (sharedBytes > unsigned(sharedLimit_))
    return Status::error(5107, "kernel '" + kernel + "' needs " + std::to_string(sharedBytes) +
                                   " bytes of shared memory and " + name_ + " has " + std::to_string(sharedLimit_));
  CudaHandle module = nullptr;
  int result = driver_->moduleLoadData(&module, cubin.data());
  if (result == kInvalidImage || result == kNoBinaryForGpu)
    return Status::error(5106, "kernel '" + kernel + "': the device refuses its code (built for " + architecture + ")",
                         "the program file is damaged or was compiled for another GPU; compile it again");
  LONGC_TRY(driver_->check(result, ("loading kernel '" + kernel + "'").c_str()));
  modules_.push_back(module);
  CudaFunction function;
  function.threads = threads;
  function.sharedBytes = sharedBytes;
  LONGC_TRY(driver_->check(driver_->moduleGetFunction(&function.handle, module, kernel.c_str()),
                           ("finding kernel '" + kernel + "'").c_str()));
  if (sharedBytes > 48 * 1024)
    LONGC_TRY(driver_->check(
        driver_->funcSetAttribute(function.handle, kFunctionMaxDynamicShared, int(sharedBytes)),
        ("reserving shared memory for kernel '" + kernel + "'").c_str()));
  return function;
}

Result<CudaTensorMap> CudaContext::encodeTensorMap(CudaPointer base, const CudaTensorMapShape &shape) {
  const size_t rank = shape.sizes.size();
  if (rank == 0 || rank > 5 || shape.strides.size() != rank - 1 || shape.box.size() != rank)
    return Status::error(5108, "a tensor map needs 1 to 5 dimensions with a stride and a box each, got " +
                                   std::to_string(rank));
  if (base % 16 != 0)
    return Status::error(5108, "a tensor map's base address must be a multiple of 16 bytes");
  for (uint64_t stride : shape.strides)
    if (stride % 16 != 0)
      return Status::error(5108, "a tensor map's row stride must be a multiple of 16 bytes, got " +
                                     std::to_string(stride),
                           "pad the rows of this tensor");
  uint64_t sizes[5];
  uint32_t steps[5];
  for (size_t i = 0; i < rank; ++i) {
    sizes[i] = shape.sizes[i] ? shape.sizes[i] : 1; // an empty view is described by one row that no block reads
    steps[i] = 1;
  }
  CudaTensorMap map;
  LONGC_TRY(driver_->check(driver_->tensorMapEncodeTiled(&map, elementCode(shape.element), uint32_t(rank),
                                                         reinterpret_cast<void *>(base), sizes, shape.strides.data(),
                                                         shape.box.data(), steps, /*interleave=*/0, kSwizzle128,
                                                         kPromotion256, /*outOfBounds=zero*/ 0),
                           "describing a tensor to the copy engine"));
  return map;
}

Status CudaContext::launch(const CudaFunction &function, unsigned gridX, unsigned gridY, unsigned gridZ,
                          void **arguments) {
  if (gridX == 0 || gridY == 0 || gridZ == 0)
    return {}; // nothing to do: an empty batch
  LONGC_TRY(enter());
  constexpr int kProgrammaticSerialization = 6;
  CudaLaunchAttribute early = {kProgrammaticSerialization, {1}}; // an int of the host's order: 1
  const bool mayOverlap = recording_ && function.waitsItself; // launched one by one, it costs the host more than it saves
  const CudaLaunchConfig config = {gridX, gridY, gridZ, function.threads, 1, 1, function.sharedBytes, stream_,
                                   &early, mayOverlap ? 1u : 0u};
  return driver_->check(driver_->launchKernelEx(&config, function.handle, arguments, nullptr), "launching a kernel");
}

Result<CudaHandle> CudaContext::record(const std::function<Status()> &launches) {
  std::lock_guard turn(turn_);
  LONGC_TRY(enter());
  LONGC_TRY(driver_->check(driver_->streamBeginCapture(stream_, /*relaxed*/ 2), "recording launches"));
  recording_ = true;
  Status status = launches();
  recording_ = false;
  auto graph = endRecording(); // in any case: else the stream stays in recording
  return status.ok() ? std::move(graph) : Result<CudaHandle>(status);
}

Result<CudaHandle> CudaContext::endRecording() {
  CudaHandle recorded = nullptr, graph = nullptr;
  LONGC_TRY(driver_->check(driver_->streamEndCapture(stream_, &recorded), "recording launches"));
  Status status = driver_->check(driver_->graphInstantiate(&graph, recorded, 0), "preparing recorded launches");
  driver_->graphDestroy(recorded);
  if (!status.ok())
    return status;
  return graph;
}

Status CudaContext::launchGraph(CudaHandle graph) {
  LONGC_TRY(enter());
  return driver_->check(driver_->graphLaunch(graph, stream_), "launching recorded kernels");
}

Status CudaContext::synchronize() {
  std::lock_guard turn(turn_);
  LONGC_TRY(enter());
  LONGC_TRY(driver_->check(driver_->ctxSynchronize(), "running kernels"));
  staged_ = 0;
  return {};
}

Status CudaContext::mark() {
  LONGC_TRY(enter());
  return driver_->check(driver_->eventRecord(mark_, stream_), "marking a step");
}

Status CudaContext::awaitMark() {
  LONGC_TRY(enter());
  return driver_->check(driver_->eventSynchronize(mark_), "running kernels");
}

Status CudaContext::startTimer() { return driver_->check(driver_->eventRecord(startEvent_, stream_), "timing"); }

Result<float> CudaContext::stopTimerMilliseconds() {
  float milliseconds = 0;
  LONGC_TRY(driver_->check(driver_->eventRecord(stopEvent_, stream_), "timing"));
  LONGC_TRY(driver_->check(driver_->eventSynchronize(stopEvent_), "running kernels"));
  LONGC_TRY(driver_->check(driver_->eventElapsedTime(&milliseconds, startEvent_, stopEvent_), "timing"));
  return milliseconds;
}

} // namespace longc
