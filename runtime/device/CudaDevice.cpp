// Program kernels on a GPU. A kernel's parameters, in order: its tensor maps, its views (longc_view by value), its
// scalars, its counters where it draws blocks, the sizes of the grid of tiles (int). Persistent kernels run as many
// blocks as fit and loop over the tiles.
#include "runtime/device/CudaDevice.h"

#include "runtime/abi/program.pb.h"

#include <algorithm>
#include <limits>

namespace longc {
namespace {

constexpr const char *kTargetPrefix = "cuda:";
constexpr uint32_t kSwizzleBytes = 128, kLanes = 32;

/// How many of the points of a grid, one a warp, a thread block takes: few points are better spread over the multiprocessors, of
/// many it is the blocks' beginning that takes long.
unsigned pointsOfBlock(unsigned most, int64_t points, int multiprocessors) {
  return points >= int64_t{2} * most * multiprocessors ? most : 1;
}

std::string architectureOf(const std::string &target) {
  return target.rfind(kTargetPrefix, 0) == 0 ? target.substr(std::string(kTargetPrefix).size()) : std::string();
}

/// A failure with the name of what the memory was for.
Status named(const char *name, const Status &status) {
  return Status::error(status.code(), std::string(name) + ": " + status.message(), status.hint());
}

} // namespace

Result<std::unique_ptr<CudaDevice>> CudaDevice::create(const longc_program_table &table, const abi::Program &program,
                                                       const std::string &target, int ordinal) {
  std::unique_ptr<CudaDevice> device(new CudaDevice());
  auto context = CudaContext::open(ordinal);
  if (!context.ok())
    return context.status();
  device->context_ = std::move(*context);
  for (const abi::Kernel &kernel : program.kernels()) {
    const longc_image_entry *image = nullptr;
    for (uint32_t i = 0; i < table.image_count; ++i)
      if (kernel.name() == table.images[i].kernel && target == table.images[i].target)
        image = &table.images[i];
    if (!image) {
      device->kernels_.push_back({kernel.name(), {}, {}, false});
      continue;
    }
    auto loaded = device->load(*image, architectureOf(target), kernel.device());
    if (!loaded.ok())
      return loaded.status();
    device->kernels_.push_back(std::move(*loaded));
  }
  return device;
}

Result<CudaDevice::Kernel> CudaDevice::load(const longc_image_entry &image, const std::string &architecture,
                                            const abi::DeviceLaunch &plan) {
  Kernel kernel;
  kernel.name = image.kernel;
  kernel.persistent = plan.persistent();
  if (plan.threads() == 0 || plan.threads() > 1024 || (plan.points() > 0 && plan.threads() != plan.points() * kLanes))
    return Status::error(4140, "kernel '" + kernel.name + "' asks for " + std::to_string(plan.threads()) +
                                   " threads a block; expected 1 to 1024, and " + std::to_string(kLanes) + " for each of its points",
                         "compile the program again");
  for (const abi::TensorMap &map : plan.tensor_maps()) {
    if (map.swizzle_bytes() != kSwizzleBytes || map.box_size() < 1 || map.box_size() > 4 ||
        map.box(map.box_size() - 1) == 0 || kSwizzleBytes % map.box(map.box_size() - 1) != 0)
      return Status::error(4141, "kernel '" + kernel.name + "' has a tensor map this runtime cannot make",
                           "compile the program again");
    kernel.maps.push_back({map.operand(), {map.box().begin(), map.box().end()}});
  }
  const std::string_view code(static_cast<const char *>(image.data), image.size);
  auto function = context_->loadFunction(code, architecture, plan.entry().empty() ? kernel.name : plan.entry(),
                                         plan.threads(), plan.shared_bytes());
  if (!function.ok())
    return function.status();
  kernel.function = *function;
  kernel.function.waitsItself = plan.waits_itself();
  kernel.points = std::max<uint32_t>(plan.points(), 1);
  if (plan.draws_blocks()) {
    auto counters = allocate(2 * sizeof(int32_t), "counters of blocks");
    if (!counters.ok())
      return counters.status();
    kernel.counters = reinterpret_cast<CudaPointer>(*counters);
  }
  return kernel;
}

CudaDevice::~CudaDevice() {
  if (!context_)
    return;
  for (Sequence &sequence : sequences_)
    context_->releaseGraph(sequence.graph);
  for (auto &[key, pointer] : shared_)
    (void)context_->release(pointer).ok();
  for (Kernel &kernel : kernels_)
    if (kernel.counters)
      (void)context_->release(kernel.counters).ok();
}

std::string CudaDevice::describe() const {
  return context_->name() + ", compute capability " + std::to_string(context_->architecture() / 10) + "." +
         std::to_string(context_->architecture() % 10) + ", CUDA driver " +
         std::to_string(context_->driverVersion() / 1000) + "." +
         std::to_string(context_->driverVersion() % 1000 / 10);
}

Result<void *> CudaDevice::allocate(size_t bytes, const char *name) {
  auto pointer = context_->allocate(bytes);
  if (!pointer.ok())
    return named(name, pointer.status());
  if (Status status = context_->fill(*pointer, 0, bytes); !status.ok()) {
    (void)context_->release(*pointer).ok();
    return status;
  }
  return reinterpret_cast<void *>(*pointer);
}

Result<void *> CudaDevice::reserve(size_t bytes, const char *name) {
  auto reservation = context_->reserve(bytes);
  if (!reservation.ok())
    return named(name, reservation.status());
  const CudaPointer address = reservation->address();
  reserved_.emplace(address, std::move(*reservation));
  return reinterpret_cast<void *>(address);
}

Status CudaDevice::back(void *reserved, size_t bytes, const char *name) {
  const auto found = reserved_.find(reinterpret_cast<CudaPointer>(reserved));
  if (found == reserved_.end())
    return {}; // all of it is there
  LONGC_TRY(context_->enter());
  Status status = found->second.back(bytes);
  return status.ok() ? status : named(name, status);
}

Result<void *> CudaDevice::allocateOfHost(size_t bytes, const char *name) {
  auto memory = context_->allocateOfHost(bytes);
  if (!memory.ok())
    return named(name, memory.status());
  ofHost_.insert(*memory);
  return memory;
}

void CudaDevice::release(void *memory) {
  const auto pointer = reinterpret_cast<CudaPointer>(memory);
  if (ofHost_.erase(memory))
    (void)context_->releaseOfHost(memory).ok();
  else if (auto found = reserved_.find(pointer); found == reserved_.end())
    (void)context_->release(pointer).ok();
  else if (context_->synchronize().ok()) // unlike cuMemFree, unmapping does not wait for kernels
    reserved_.erase(found);
}

Status CudaDevice::copyIn(void *target, const void *source, size_t bytes) {
  return context_->copyToDevice(reinterpret_cast<CudaPointer>(target), source, bytes);
}

Status CudaDevice::copyOut(void *target, const void *source, size_t bytes) {
  return context_->copyToHost(target, reinterpret_cast<CudaPointer>(source), bytes);
}

Status CudaDevice::copyOutAll(std::span<const CopyOut> copies) {
  std::vector<CudaHostCopy> all;
  for (const CopyOut &one : copies)
    all.push_back({one.target, reinterpret_cast<CudaPointer>(one.source), one.bytes});
  return context_->copyAllToHost(all);
}

Status CudaDevice::copyWithin(void *target, const void *source, size_t bytes) {
  return context_->copyOnDevice(reinterpret_cast<CudaPointer>(target), reinterpret_cast<CudaPointer>(source), bytes);
}

Result<void *> CudaDevice::shareAs(const void *host, size_t bytes,
                                   const std::function<Status(std::span<std::byte>)> &fill) {
  if (auto found = shared_.find({host, bytes}); found != shared_.end())
    return reinterpret_cast<void *>(found->second);
  std::vector<std::byte> form(bytes);
  LONGC_TRY(fill(form));
  return upload(host, form.data(), bytes);
}

Result<void *> CudaDevice::share(const void *host, size_t bytes) {
  if (auto found = shared_.find({host, bytes}); found != shared_.end())
    return reinterpret_cast<void *>(found->second);
  return upload(host, host, bytes);
}

/// A copy of `source` that is found again by `key`.
Result<void *> CudaDevice::upload(const void *key, const void *source, size_t bytes) {
  auto pointer = context_->allocate(bytes);
  if (!pointer.ok())
    return pointer.status();
  if (Status status = context_->copyToDevice(*pointer, source, bytes); !status.ok()) {
    (void)context_->release(*pointer).ok();
    return status;
  }
  shared_[{key, bytes}] = *pointer;
  return reinterpret_cast<void *>(*pointer);
}

Status CudaDevice::launchAll(std::span<const KernelLaunch> launches, uint64_t sequence) {
  constexpr size_t kKept = 8;
  auto known = std::find_if(sequences_.begin(), sequences_.end(), [&](const Sequence &one) { return one.number == sequence; });
  if (known != sequences_.end())
    return context_->launchGraph(known->graph);
  auto graph = context_->record([&] { return Device::launchAll(launches, sequence); });
  if (!graph.ok())
    return graph.status();
  if (sequences_.size() == kKept) {
    context_->releaseGraph(sequences_.front().graph);
    sequences_.erase(sequences_.begin());
  }
  sequences_.push_back({sequence, *graph});
  return context_->launchGraph(*graph);
}

Status CudaDevice::launch(const KernelLaunch &launch) {
  const Kernel *kernel = launch.kernel < kernels_.size() ? &kernels_[launch.kernel] : nullptr;
  if (!kernel || !kernel->function.handle)
    return Status::error(4142, "kernel " + (kernel ? "'" + kernel->name + "'" : std::to_string(launch.kernel)) +
                                   " has no code for the GPU",
                         "compile the program with --target cuda:sm_" + std::to_string(context_->architecture()) + "a");
  std::vector<CudaTensorMap> maps;
  maps.reserve(kernel->maps.size());
  for (const MapPlan &plan : kernel->maps) {
    if (plan.view >= launch.views.size())
      return Status::error(4141, "kernel '" + kernel->name + "' has a tensor map of a view it does not have",
                           "compile the program again");
    const longc_view &view = launch.views[plan.view];
    CudaTensorMapShape shape;
    const size_t rank = plan.box.size();
    const uint64_t elementBytes = kSwizzleBytes / plan.box[rank - 1];
    shape.element = elementBytes == 1   ? CudaTensorMapShape::Element::u8
                    : elementBytes == 2 ? CudaTensorMapShape::Element::u16
                                        : CudaTensorMapShape::Element::f32;
    for (size_t i = rank; i-- > 0;) { // the driver counts from the innermost dimension
      shape.sizes.push_back(uint64_t(view.size[i]));
      shape.box.push_back(plan.box[i]);
      if (i + 1 < rank)
        shape.strides.push_back(uint64_t(view.stride[i]) * elementBytes);
    }
    auto map = context_->encodeTensorMap(reinterpret_cast<CudaPointer>(view.data), shape);
    if (!map.ok())
      return Status::error(map.status().code(), "kernel '" + kernel->name + "': " + map.status().message(),
                           map.status().hint());
    maps.push_back(*map);
  }
  int64_t tiles = 1;
  std::vector<int> sizes;
  for (int64_t size : launch.grid) {
    if (size <= 0)
      return {};
    if (tiles > std::numeric_limits<int>::max() / size)
      return Status::error(5109, "kernel '" + kernel->name + "' would run over 2^31 tiles", "split the batch");
    tiles *= size;
    sizes.push_back(int(size));
  }
  std::vector<void *> arguments;
  for (CudaTensorMap &map : maps)
    arguments.push_back(&map);
  for (const longc_view &view : launch.views)
    arguments.push_back(const_cast<longc_view *>(&view));
  for (const int64_t &scalar : launch.scalars) // little endian: an int or a float is the low half
    arguments.push_back(const_cast<int64_t *>(&scalar));
  CudaPointer counters = kernel->counters;
  if (counters)
    arguments.push_back(&counters);
  for (int &size : sizes)
    arguments.push_back(&size);
  CudaFunction function = kernel->function;
  int64_t blocks = kernel->persistent ? std::min<int64_t>(tiles, context_->multiprocessors()) : tiles;
  if (kernel->points > 1) {
    const unsigned points = pointsOfBlock(kernel->points, tiles, context_->multiprocessors());
    blocks = (tiles + points - 1) / points;
    function.threads = points * kLanes;
  }
  Status status = context_->launch(function, unsigned(blocks), 1, 1, arguments.data());
  if (!status.ok())
    return Status::error(status.code(), "kernel '" + kernel->name + "': " + status.message(), status.hint());
  return {};
}

} // namespace longc
