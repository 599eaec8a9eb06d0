// From target name to device.
#include "runtime/device/OpenDevice.h"

#include "runtime/core/Log.h"
#include "runtime/device/CpuDevice.h"
#include "runtime/device/CpuFeatures.h"
#include "runtime/device/CudaDevice.h"

#include <charconv>

namespace longc {

Result<DeviceChoice> chooseDevice(const std::string &word, const abi::Program &program) {
  constexpr std::string_view prefix = "cuda:";
  std::string gpu;
  for (const std::string &target : program.targets())
    if (target.rfind(prefix, 0) == 0)
      gpu = target;
  if (word == "cpu" || (word == "auto" && gpu.empty()))
    return DeviceChoice{};
  if (word == "auto")
    return DeviceChoice{gpu, 0};
  int ordinal = -1;
  const char *end = word.data() + word.size();
  if (word.rfind(prefix, 0) == 0 && std::from_chars(word.data() + prefix.size(), end, ordinal).ptr == end && ordinal >= 0)
    return DeviceChoice{gpu.empty() ? "a GPU" : gpu, ordinal};
  return Status::error(1003, "--device '" + word + "': expected auto, cpu or cuda:N", "for example --device cuda:0");
}

Status openOnChosen(const std::string &word, const abi::Program &program, bool needsProcessor, const std::string &doing,
                    const std::function<Status(const DeviceChoice &)> &open) {
  auto choice = chooseDevice(word, program);
  if (!choice.ok())
    return choice.status();
  const bool isFree = word == "auto";
  if (isFree && needsProcessor)
    *choice = DeviceChoice{};
  Status status = open(*choice);
  if (status.ok() || !isFree || choice->target == "cpu")
    return status;
  if (!doing.empty())
    logNote(status.message() + ": " + doing + " on the processor"); // there is a GPU's code, and no GPU that runs it
  return open(DeviceChoice{});
}

Result<std::unique_ptr<Device>> openDevice(const longc_program_table &table, const abi::Program &program,
                                           const std::string &target, const std::vector<std::string> &kernels,
                                           const DeviceOptions &options) {
  if (target != "cpu") {
    auto device = CudaDevice::create(table, program, target, options.ordinal);
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
