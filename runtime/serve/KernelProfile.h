// Where the time of a run goes: seconds and launches a kernel, what they moved and multiplied, and each launch as an event.
#pragma once

#include "runtime/core/Status.h"
#include "runtime/device/Roof.h"
#include "runtime/serve/LaunchCost.h"

#include <cstdint>
#include <string>
#include <vector>

namespace longc {

class KernelProfile {
public:
  void add(uint32_t kernel, double seconds, int64_t blocks, const LaunchCost &cost);
  void addHost(double seconds);
  double kernelSeconds() const {
    double sum = 0;
    for (const Entry &entry : entries_)
      sum += entry.seconds;
    return sum;
  }
  bool empty() const { return entries_.empty(); }

  /// Each launch from now on, for a trace.
  void keepEvents() { keepsEvents_ = true; }

  /// A table, costliest first; `names` by kernel index. The share of the roof is the least time that the device would take for what
  /// a kernel reads, writes and multiplies, of the time it took.
  std::string table(const std::vector<std::string> &names, const Roof &roof) const;
  /// The events as Chrome's trace viewer and Perfetto read them (JSON).
  std::string trace(const std::vector<std::string> &names) const;

private:
  struct Entry {
    double seconds = 0;
    int64_t launches = 0, blocks = 0;
    double flops = 0, bytes = 0;
    abi::ElementType type = abi::F32;
  };
  struct Event {
    int64_t kernel; // -1: the host's
    double end, seconds;
    int64_t blocks;
    double flops, bytes;
  };
  static constexpr size_t mostEvents = size_t{1} << 22;

  void keep(const Event &event);

  std::vector<Entry> entries_;
  double hostSeconds_ = 0;
  bool keepsEvents_ = false;
  std::vector<Event> events_;
};

} // namespace longc
