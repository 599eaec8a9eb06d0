// The table of --profile.
#include "runtime/serve/KernelProfile.h"

#include "runtime/core/Format.h"

#include <algorithm>
#include <numeric>

namespace longc {

void KernelProfile::add(uint32_t kernel, double seconds, int64_t blocks) {
  if (entries_.size() <= kernel)
    entries_.resize(kernel + 1);
  entries_[kernel].seconds += seconds;
  entries_[kernel].launches += 1;
  entries_[kernel].blocks += blocks;
}

std::string KernelProfile::table(const std::vector<std::string> &names) const {
  std::vector<uint32_t> order(entries_.size());
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin(), order.end(),
            [this](uint32_t a, uint32_t b) { return entries_[a].seconds > entries_[b].seconds; });
  double total = hostSeconds_;
  for (const Entry &entry : entries_)
    total += entry.seconds;
  std::string text = formatText("%-48s %10s %8s %12s %10s\n", "kernel", "seconds", "share", "launches", "us each");
  auto line = [&](const std::string &name, double seconds, int64_t launches) {
    text += formatText("%-48s %10.4f %7.1f%% %12lld %10.2f\n", name.c_str(), seconds,
                       total > 0 ? 100 * seconds / total : 0, static_cast<long long>(launches),
                       launches > 0 ? 1e6 * seconds / static_cast<double>(launches) : 0);
  };
  for (uint32_t kernel : order)
    if (entries_[kernel].launches > 0)
      line(kernel < names.size() ? names[kernel] : "?", entries_[kernel].seconds, entries_[kernel].launches);
  line("(host: sizes, work lists, inputs)", hostSeconds_, 0);
  return text + formatText("%-48s %10.4f\n", "total", total);
}

} // namespace longc
