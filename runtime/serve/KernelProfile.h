// Where the time of a run goes: seconds and launches a kernel.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace longc {

class KernelProfile {
public:
  void add(uint32_t kernel, double seconds, int64_t blocks);
  void addHost(double seconds) { hostSeconds_ += seconds; }
  double kernelSeconds() const {
    double sum = 0;
    for (const Entry &entry : entries_)
      sum += entry.seconds;
    return sum;
  }
  bool empty() const { return entries_.empty(); }

  /// A table, costliest first; `names` by kernel index.
  std::string table(const std::vector<std::string> &names) const;

private:
  struct Entry {
    double seconds = 0;
    int64_t launches = 0, blocks = 0;
  };
  std::vector<Entry> entries_;
  double hostSeconds_ = 0;
};

} // namespace longc
