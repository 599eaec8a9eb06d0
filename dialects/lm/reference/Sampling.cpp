// Plain float64 reference of the choice of a token.
#include "dialects/lm/reference/Sampling.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

namespace longc::lm::reference {

int64_t sample(const double *logits, int64_t V, double temperature, int64_t topK, double topP, double uniform) {
  std::vector<int64_t> order(V);
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(),
            [&](int64_t a, int64_t b) { return logits[a] != logits[b] ? logits[a] > logits[b] : a < b; });
  if (temperature == 0)
    return order.front();
  if (topK > 0 && topK < V)
    order.resize(topK);
  // running[i]: sum of the weights of the first i + 1.
  std::vector<double> running;
  for (int64_t token : order) {
    double weight = std::exp((logits[token] - logits[order.front()]) / temperature);
    running.push_back(weight + (running.empty() ? 0 : running.back()));
  }
  auto enough = std::lower_bound(running.begin(), running.end(), topP * running.back());
  size_t kept = std::min<size_t>(enough - running.begin() + 1, running.size());
  auto chosen = std::upper_bound(running.begin(), running.begin() + kept, uniform * running[kept - 1]);
  return order[std::min<size_t>(chosen - running.begin(), kept - 1)];
}

} // namespace longc::lm::reference
