// From target name to device.
#include "runtime/device/OpenDevice.h"

#include "runtime/device/CpuDevice.h"
#include "runtime/device/CpuFeatures.h"
#include "runtime/device/CudaDevice.h"

namespace longc {

Result<std::unique_ptr<Device>> openDevice(const longc_program_table &table, const abi::Program &program,
                                           const std::string &target, const std::vector<std::string> &kernels,
                                           const DeviceOptions &options) {
  if (target != "cpu") {
    auto device = CudaDevice::create(table, program, target);
    if (!device.ok())
      return device.status();
    return std::unique_ptr<Device>(std::move(*device));
  }
  auto variant = chooseVariant(CpuFeatures::detect(), variantsOf(table), options.variant);
  if (!variant.ok())
    return variant.status();
  auto device = CpuDevice::create(table, *variant, kernels, options.threads);
  if (!device.ok())
    return device.status();
  return std::unique_ptr<Device>(std::move(*device));
}

} // namespace longc
