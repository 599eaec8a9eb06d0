// Drops groups of layers, larger while it works.
#include "runtime/tools/commands/LayerSearch.h"

#include <algorithm>

namespace longc {

Layers without(const Layers &layers, const Layers &dropped) {
  Layers rest;
  std::copy_if(layers.begin(), layers.end(), std::back_inserter(rest),
               [&](uint32_t layer) { return std::find(dropped.begin(), dropped.end(), layer) == dropped.end(); });
  return rest;
}

Bound Bound::below(const Score &all, double tolerance) {
  return {all.logProbability() - tolerance, all.correct, all.prompts};
}

bool Bound::withinReach(const Score &score) const {
  return score.total >= logProbability * static_cast<double>(prompts) &&
         score.correct + (prompts - score.prompts) >= correct;
}

Result<Search> searchLayers(const Layers &all, const Layers &order, const Bound &bound,
                            const std::function<Result<Score>(const Layers &)> &measure,
                            const std::function<bool(const Search &)> &goOn) {
  Search search;
  search.kept = all;
  for (size_t next = 0, group = 1; next < order.size() && search.kept.size() > 1 && goOn(search);) {
    size_t size = std::min({group, order.size() - next, search.kept.size() - 1});
    Layers dropped(order.begin() + static_cast<std::ptrdiff_t>(next), order.begin() + static_cast<std::ptrdiff_t>(next + size));
    Layers left = without(search.kept, dropped);
    auto score = measure(left);
    if (!score.ok())
      return score.status();
    bool good = bound.holds(*score);
    search.attempts.push_back({dropped, left.size(), *score, good});
    if (good) {
      search.kept = std::move(left);
      search.dropped.insert(search.dropped.end(), dropped.begin(), dropped.end());
    }
    if (good || size == 1) // a single layer that is missed stays
      next += size;
    group = good ? 2 * size : std::max<size_t>(size / 2, 1);
  }
  return search;
}

} // namespace longc
