// Opens the device that a target names.
#pragma once

#include "runtime/abi/program.pb.h"
#include "runtime/device/Device.h"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace longc {

struct DeviceOptions {
  std::string_view variant; // of the processor's kernels; "" chooses by table
  int threads = 0;          // 0: one a core
  int ordinal = 0;          // which GPU
};

/// What `--device` takes, for its help.
inline constexpr const char *deviceWords = "where to run: cpu, cuda:N, or auto: the GPU where the program has code for it and there is one";

/// A target, as functions of a program name it, and which of its devices.
struct DeviceChoice {
  std::string target = "cpu";
  int ordinal = 0;
};

/// What a word of `--device` means for a program: `auto` is its GPU code's target where it has one. LC1003 for other words.
Result<DeviceChoice> chooseDevice(const std::string &word, const abi::Program &program);

/// Calls `open` with what a word of `--device` means for a program; with `auto`, where it fails on the GPU, once more with the processor, and a note says
/// why unless `doing` ("running", say) is empty. `needsProcessor`: what is asked for has code for the processor alone, which `auto` then is. LC1003.
Status openOnChosen(const std::string &word, const abi::Program &program, bool needsProcessor, const std::string &doing,
                    const std::function<Status(const DeviceChoice &)> &open);

/// `target` as functions of the program name it. `kernels`: names of those to link, by index in Program.kernels; ""
/// for the others.
Result<std::unique_ptr<Device>> openDevice(const longc_program_table &table, const abi::Program &program,
                                           const std::string &target, const std::vector<std::string> &kernels,
                                           const DeviceOptions &options);

} // namespace longc
