// The table of --profile, the file of --trace.
#include "runtime/serve/KernelProfile.h"

#include "runtime/core/Format.h"
#include "runtime/core/Json.h"

#include <algorithm>
#include <chrono>
#include <numeric>

namespace longc {
namespace {

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

double multiplicationsOf(const Roof &roof, abi::ElementType type) {
  switch (type) {
  case abi::BF16:
  case abi::F16: return roof.bf16;
  case abi::I8: return roof.int8;
  case abi::I16: return roof.int8 / 2; // two products of halves
  default: return roof.f32;
  }
}

// "-" where it is not known.
std::string figure(double value, const char *format) { return value > 0 ? formatText(format, value) : "-"; }

} // namespace

void KernelProfile::add(uint32_t kernel, double seconds, int64_t blocks, const LaunchCost &cost) {
  if (entries_.size() <= kernel)
    entries_.resize(kernel + 1);
  Entry &entry = entries_[kernel];
  entry.seconds += seconds;
  entry.launches += 1;
  entry.blocks += blocks;
  entry.flops += cost.flops;
  entry.bytes += cost.bytes;
  entry.type = cost.type;
  keep({static_cast<int64_t>(kernel), now(), seconds, blocks, cost.flops, cost.bytes});
}

void KernelProfile::addHost(double seconds) {
  hostSeconds_ += seconds;
  keep({-1, now(), seconds, 0, 0, 0});
}

void KernelProfile::keep(const Event &event) {
  if (keepsEvents_ && events_.size() < mostEvents)
    events_.push_back(event);
}

std::string KernelProfile::table(const std::vector<std::string> &names, const Roof &roof) const {
  std::vector<uint32_t> order(entries_.size());
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin(), order.end(),
            [this](uint32_t a, uint32_t b) { return entries_[a].seconds > entries_[b].seconds; });
  double total = hostSeconds_;
  for (const Entry &entry : entries_)
    total += entry.seconds;
  std::string text = formatText("%-48s %10s %8s %12s %10s %9s %9s %7s\n", "kernel", "seconds", "share", "launches", "us each", "GF/s", "GB/s", "of roof");
  auto line = [&](const std::string &name, const Entry &entry) {
    const double seconds = entry.seconds, rate = seconds > 0 ? 1e-9 / seconds : 0, peak = multiplicationsOf(roof, entry.type);
    const bool isKnown = roof.bytes > 0 && (entry.flops == 0 || peak > 0);
    const double least = isKnown ? std::max(entry.bytes / roof.bytes, entry.flops > 0 ? entry.flops / peak : 0) : 0;
    text += formatText("%-48s %10.4f %7.1f%% %12lld %10.2f %9s %9s %7s\n", name.c_str(), seconds, total > 0 ? 100 * seconds / total : 0,
                       static_cast<long long>(entry.launches), entry.launches > 0 ? 1e6 * seconds / static_cast<double>(entry.launches) : 0,
                       figure(entry.flops * rate, "%.1f").c_str(), figure(entry.bytes * rate, "%.2f").c_str(),
                       figure(seconds > 0 ? 100 * least / seconds : 0, "%.0f%%").c_str());
  };
  for (uint32_t kernel : order)
    if (entries_[kernel].launches > 0)
      line(kernel < names.size() ? names[kernel] : "?", entries_[kernel]);
  line("(host: sizes, work lists, inputs)", {hostSeconds_});
  text += formatText("%-48s %10.4f\n", "total", total);
  if (roof.bytes > 0)
    text += formatText("roof: %.1f GB/s, GF/s of f32 %s, bf16 %s, int8 %s\n", 1e-9 * roof.bytes, figure(1e-9 * roof.f32, "%.0f").c_str(),
                       figure(1e-9 * roof.bf16, "%.0f").c_str(), figure(1e-9 * roof.int8, "%.0f").c_str());
  return text;
}

std::string KernelProfile::trace(const std::vector<std::string> &names) const {
  JsonWriter json;
  json.beginObject().key("traceEvents").beginArray();
  const double first = events_.empty() ? 0 : events_.front().end - events_.front().seconds;
  for (const Event &event : events_) {
    const auto kernel = static_cast<size_t>(event.kernel);
    json.beginObject().key("name").text(event.kernel < 0 ? "(host)" : kernel < names.size() ? names[kernel] : "?");
    json.key("ph").text("X").key("pid").integer(1).key("tid").integer(event.kernel < 0 ? 2 : 1);
    constexpr int digits = 15; // microseconds since the start, of which a minute has eight before the point
    json.key("ts").number(1e6 * (event.end - event.seconds - first), digits).key("dur").number(1e6 * event.seconds, digits);
    if (event.kernel >= 0)
      json.key("args").beginObject().key("blocks").integer(event.blocks).key("flops").number(event.flops).key("bytes").number(event.bytes).endObject();
    json.endObject();
  }
  return json.endArray().key("displayTimeUnit").text("ns").endObject().str() + "\n";
}

} // namespace longc
