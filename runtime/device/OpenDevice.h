// Opens the device that a target names.
#pragma once

#include "runtime/abi/program.pb.h"
#include "runtime/device/Device.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace longc {

struct DeviceOptions {
  std::string_view variant; // of the processor's kernels; "" chooses by table
  int threads = 0;          // 0: one a core
};

/// `target` as functions of the program name it. `kernels`: names of those to link, by index in Program.kernels; ""
/// for the others.
Result<std::unique_ptr<Device>> openDevice(const longc_program_table &table, const abi::Program &program,
                                           const std::string &target, const std::vector<std::string> &kernels,
                                           const DeviceOptions &options);

} // namespace longc
