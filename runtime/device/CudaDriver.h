// The CUDA driver's entry points that the runtime calls, found at run time: nothing of CUDA is needed to build or start.
//
// Types are declared here by their ABI (the driver's is stable), so that no CUDA header is needed either.
#pragma once

#include "runtime/core/Status.h"

#include <cstddef>
#include <cstdint>

namespace longc {

using CudaPointer = uint64_t; // CUdeviceptr
using CudaHandle = void *;    // CUcontext, CUmodule, CUfunction, CUstream, CUgraph, CUgraphExec, CUevent

/// Descriptor of a region of device memory for the copy engine (CUtensorMap).
struct alignas(64) CudaTensorMap {
  unsigned char bytes[128];
};

/// What a launch may say of itself (CUlaunchAttribute, CUlaunchConfig).
struct CudaLaunchAttribute {
  int id;
  alignas(8) unsigned char value[64];
};
struct CudaLaunchConfig {
  unsigned gridX, gridY, gridZ, blockX, blockY, blockZ, sharedBytes;
  CudaHandle stream;
  CudaLaunchAttribute *attributes;
  unsigned attributeCount;
};

/// Where memory lies, what is to be taken there, and who may touch it (CUmemLocation, CUmemAllocationProp, CUmemAccessDesc).
struct CudaMemoryLocation {
  int type, ordinal;
};
struct CudaAllocationTraits {
  int type, handleTypes;
  CudaMemoryLocation location;
  void *windowsOnly;
  unsigned char flags[8];
};
struct CudaAccess {
  CudaMemoryLocation location;
  int flags;
};

/// One function pointer an entry point; `nullptr` never, once `get` has succeeded.
struct CudaDriver {
  /// Opens libcuda.so.1 once a process. Fails where there is no driver, an old driver or no device.
  static Result<const CudaDriver *> get();

  /// Status of a driver call: `what` names what was tried.
  Status check(int result, const char *what) const;

  int version = 0; // for example 13000

  int (*getErrorName)(int, const char **);
  int (*getErrorString)(int, const char **);
  int (*deviceGetCount)(int *);
  int (*deviceGet)(int *, int);
  int (*deviceGetName)(char *, int, int);
  int (*deviceGetAttribute)(int *, int, int);
  int (*deviceTotalMem)(size_t *, int);
  int (*primaryCtxRetain)(CudaHandle *, int);
  int (*primaryCtxRelease)(int);
  int (*ctxSetCurrent)(CudaHandle);
  int (*ctxSynchronize)();
  int (*memGetInfo)(size_t *, size_t *);
  int (*memAlloc)(CudaPointer *, size_t);
  int (*memFree)(CudaPointer);
  int (*memAddressReserve)(CudaPointer *, size_t, size_t, CudaPointer, uint64_t);
  int (*memAddressFree)(CudaPointer, size_t);
  int (*memGetAllocationGranularity)(size_t *, const CudaAllocationTraits *, int);
  int (*memCreate)(uint64_t *, size_t, const CudaAllocationTraits *, uint64_t);
  int (*memRelease)(uint64_t);
  int (*memMap)(CudaPointer, size_t, size_t, uint64_t, uint64_t);
  int (*memUnmap)(CudaPointer, size_t);
  int (*memSetAccess)(CudaPointer, size_t, const CudaAccess *, size_t);
  int (*memsetD8)(CudaPointer, unsigned char, size_t);
  int (*memcpyHtoD)(CudaPointer, const void *, size_t);
  int (*memcpyDtoH)(void *, CudaPointer, size_t);
  int (*memcpyHtoDAsync)(CudaPointer, const void *, size_t, CudaHandle);
  int (*memcpyDtoHAsync)(void *, CudaPointer, size_t, CudaHandle);
  int (*memHostAlloc)(void **, size_t, unsigned);
  int (*memFreeHost)(void *);
  int (*memcpyDtoDAsync)(CudaPointer, CudaPointer, size_t, CudaHandle);
  int (*moduleLoadData)(CudaHandle *, const void *);
  int (*moduleUnload)(CudaHandle);
  int (*moduleGetFunction)(CudaHandle *, CudaHandle, const char *);
  int (*funcSetAttribute)(CudaHandle, int, int);
  int (*launchKernelEx)(const CudaLaunchConfig *, CudaHandle, void **, void **);
  int (*streamCreate)(CudaHandle *, unsigned);
  int (*streamDestroy)(CudaHandle);
  int (*streamBeginCapture)(CudaHandle, int);
  int (*streamEndCapture)(CudaHandle, CudaHandle *);
  int (*graphInstantiate)(CudaHandle *, CudaHandle, uint64_t);
  int (*graphLaunch)(CudaHandle, CudaHandle);
  int (*graphDestroy)(CudaHandle);
  int (*graphExecDestroy)(CudaHandle);
  int (*eventCreate)(CudaHandle *, unsigned);
  int (*eventDestroy)(CudaHandle);
  int (*eventRecord)(CudaHandle, CudaHandle);
  int (*eventSynchronize)(CudaHandle);
  int (*eventElapsedTime)(float *, CudaHandle, CudaHandle);
  int (*tensorMapEncodeTiled)(CudaTensorMap *, int, uint32_t, void *, const uint64_t *, const uint64_t *,
                              const uint32_t *, const uint32_t *, int, int, int, int);
};

} // namespace longc
