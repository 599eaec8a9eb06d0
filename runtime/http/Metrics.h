// Numbers of a running server in Prometheus' text form, by the names that dashboards of other servers know.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <span>
#include <string>
#include <string_view>

namespace longc {

/// Counts of values up to bounds that grow, as Prometheus wants them.
class Histogram {
public:
  void add(double value);
  void write(std::string &out, std::string_view name, std::string_view help) const;

private:
  static constexpr std::array<double, 18> bounds = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5,
                                                    1,     2.5,    5,     10,   25,    50,   100, 250,  1000};
  mutable std::mutex mutex_;
  std::array<uint64_t, bounds.size() + 1> counts_{};
  double sum_ = 0;
};

struct Metrics {
  std::atomic<int64_t> running{0}, waiting{0}, promptTokens{0}, generatedTokens{0}, aborted{0}, failed{0}, succeeded{0},
      documents{0}, memoryEntries{0}, connections{0}, prefixQueries{0}, prefixHits{0}, liftSteps{0}, nanEvents{0};
  std::atomic<double> cacheUse{0};
  Histogram firstToken, betweenTokens, whole, queued, ingest;

  std::string text() const;
};

} // namespace longc
