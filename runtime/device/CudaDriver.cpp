// Finds the CUDA driver: dlopen of libcuda.so.1, then cuGetProcAddress for every entry point at one stated version.
#include "runtime/device/CudaDriver.h"

#include <dlfcn.h>

namespace longc {
namespace {

constexpr int kNeededVersion = 12000; // tensor maps and sm_90a cubins
constexpr const char *kNoDriverHint = "run with --device cpu, or install the NVIDIA driver (525 or newer)";

Status loadDriver(CudaDriver &driver) {
  void *library = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
  if (!library)
    return Status::error(5111, "no CUDA driver: libcuda.so.1 was not found", kNoDriverHint);
  using GetProcAddress = int (*)(const char *, void **, int, uint64_t, void *);
  auto find = reinterpret_cast<GetProcAddress>(dlsym(library, "cuGetProcAddress_v2"));
  auto init = reinterpret_cast<int (*)(unsigned)>(dlsym(library, "cuInit"));
  auto getVersion = reinterpret_cast<int (*)(int *)>(dlsym(library, "cuDriverGetVersion"));
  if (getVersion)
    getVersion(&driver.version);
  if (!find || !init || !getVersion || driver.version < kNeededVersion)
    return Status::error(5112,
                         "the CUDA driver supports CUDA " + std::to_string(driver.version / 1000) + "." +
                             std::to_string(driver.version % 1000 / 10) + ", expected 12.0 or newer",
                         "update the NVIDIA driver to 525 or newer");

  struct Entry {
    const char *name;
    void *slot;
  };
  const Entry entries[] = {
      {"cuGetErrorName", &driver.getErrorName},
      {"cuGetErrorString", &driver.getErrorString},
      {"cuDeviceGetCount", &driver.deviceGetCount},
      {"cuDeviceGet", &driver.deviceGet},
      {"cuDeviceGetName", &driver.deviceGetName},
      {"cuDeviceGetAttribute", &driver.deviceGetAttribute},
      {"cuDeviceTotalMem", &driver.deviceTotalMem},
      {"cuDevicePrimaryCtxRetain", &driver.primaryCtxRetain},
      {"cuDevicePrimaryCtxRelease", &driver.primaryCtxRelease},
      {"cuCtxSetCurrent", &driver.ctxSetCurrent},
      {"cuCtxSynchronize", &driver.ctxSynchronize},
      {"cuMemGetInfo", &driver.memGetInfo},
      {"cuMemAlloc", &driver.memAlloc},
      {"cuMemFree", &driver.memFree},
      {"cuMemAddressReserve", &driver.memAddressReserve},
      {"cuMemAddressFree", &driver.memAddressFree},
      {"cuMemGetAllocationGranularity", &driver.memGetAllocationGranularity},
      {"cuMemCreate", &driver.memCreate},
      {"cuMemRelease", &driver.memRelease},
      {"cuMemMap", &driver.memMap},
      {"cuMemUnmap", &driver.memUnmap},
      {"cuMemSetAccess", &driver.memSetAccess},
      {"cuMemsetD8", &driver.memsetD8},
      {"cuMemcpyHtoD", &driver.memcpyHtoD},
      {"cuMemcpyDtoH", &driver.memcpyDtoH},
      {"cuMemcpyHtoDAsync", &driver.memcpyHtoDAsync},
      {"cuMemcpyDtoHAsync", &driver.memcpyDtoHAsync},
      {"cuMemHostAlloc", &driver.memHostAlloc},
      {"cuMemFreeHost", &driver.memFreeHost},
      {"cuMemcpyDtoDAsync", &driver.memcpyDtoDAsync},
      {"cuModuleLoadData", &driver.moduleLoadData},
      {"cuModuleUnload", &driver.moduleUnload},
      {"cuModuleGetFunction", &driver.moduleGetFunction},
      {"cuFuncSetAttribute", &driver.funcSetAttribute},
      {"cuLaunchKernelEx", &driver.launchKernelEx},
      {"cuStreamCreate", &driver.streamCreate},
      {"cuStreamDestroy", &driver.streamDestroy},
      {"cuStreamBeginCapture", &driver.streamBeginCapture},
      {"cuStreamEndCapture", &driver.streamEndCapture},
      {"cuGraphInstantiateWithFlags", &driver.graphInstantiate},
      {"cuGraphLaunch", &driver.graphLaunch},
      {"cuGraphDestroy", &driver.graphDestroy},
      {"cuGraphExecDestroy", &driver.graphExecDestroy},
      {"cuEventCreate", &driver.eventCreate},
      {"cuEventDestroy", &driver.eventDestroy},
      {"cuEventRecord", &driver.eventRecord},
      {"cuEventSynchronize", &driver.eventSynchronize},
      {"cuEventElapsedTime", &driver.eventElapsedTime},
      {"cuTensorMapEncodeTiled", &driver.tensorMapEncodeTiled},
  };
  for (const Entry &entry : entries) {
    void *address = nullptr;
    if (find(entry.name, &address, kNeededVersion, /*flags=*/0, /*status=*/nullptr) != 0 || !address)
      return Status::error(5112, std::string("the CUDA driver lacks ") + entry.name,
                           "update the NVIDIA driver to 525 or newer");
    *static_cast<void **>(entry.slot) = address;
  }
  if (int result = init(0); result != 0)
    return Status::error(5103, "the CUDA driver does not start (cuInit returned " + std::to_string(result) + ")",
                         "check with nvidia-smi that a GPU is visible, or run with --device cpu");
  int devices = 0;
  if (driver.deviceGetCount(&devices) != 0 || devices == 0)
    return Status::error(5103, "the CUDA driver sees no device", "check CUDA_VISIBLE_DEVICES and nvidia-smi");
  return {};
}

} // namespace

Result<const CudaDriver *> CudaDriver::get() {
  static CudaDriver driver;
  static const Status status = loadDriver(driver);
  if (!status.ok())
    return status;
  return &driver;
}

Status CudaDriver::check(int result, const char *what) const {
  if (result == 0)
    return {};
  const char *name = "unknown", *text = "unknown error";
  getErrorName(result, &name);
  getErrorString(result, &text);
  const int code = result == 2 ? 7104 : 5104; // CUDA_ERROR_OUT_OF_MEMORY has its own code
  return Status::error(code, std::string(what) + " failed: " + text + " (" + name + ")");
}

} // namespace longc
