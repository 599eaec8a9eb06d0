// The search for dispensable layers against a model of which the needed layers are known.
#include "runtime/tools/commands/LayerSearch.h"

#include <gtest/gtest.h>
#include <algorithm>
#include <numeric>

namespace longc {
namespace {

Layers firstLayers(uint32_t count) {
  Layers layers(count);
  std::iota(layers.begin(), layers.end(), 0);
  return layers;
}

bool holdsAll(const Layers &layers, const Layers &needed) {
  return std::all_of(needed.begin(), needed.end(), [&](uint32_t layer) {
    return std::find(layers.begin(), layers.end(), layer) != layers.end();
  });
}

// Four prompts, right with probability e^-1 each while the needed layers are there.
const Score right = {-4, 4, 4}, wrong = {-40, 0, 4};

Search searchAmong(const Layers &all, const Layers &order, const Layers &needed, int64_t most = 1000) {
  auto measure = [&](const Layers &kept) -> Result<Score> { return holdsAll(kept, needed) ? right : wrong; };
  auto goOn = [&](const Search &search) { return static_cast<int64_t>(search.attempts.size()) < most; };
  auto search = searchLayers(all, order, Bound::below(right, 0.5), measure, goOn);
  EXPECT_TRUE(search.ok());
  return *search;
}

TEST(LayerSearch, KeepsWhatIsNeededWhateverTheOrder) {
  Layers all = firstLayers(30), needed = {3, 7, 8, 18, 20, 29};
  Layers forward = all, backward(all.rbegin(), all.rend()), neededFirst = needed;
  for (uint32_t layer : without(all, needed))
    neededFirst.push_back(layer);
  for (const Layers &order : {forward, backward, neededFirst}) {
    Search search = searchAmong(all, order, needed);
    EXPECT_EQ(search.kept, needed);
    EXPECT_EQ(without(all, search.dropped), needed);
  }
}

TEST(LayerSearch, GroupsDoubleWhileNothingIsMissed) {
  Layers all = firstLayers(32);
  Search search = searchAmong(all, without(all, {31}), {31});
  ASSERT_EQ(search.attempts.size(), 5u); // 1 + 2 + 4 + 8 + 16
  EXPECT_EQ(search.attempts[4].dropped.size(), 16u);
  EXPECT_EQ(search.kept, Layers{31});
}

TEST(LayerSearch, GroupsHalveUntilTheMissedLayerIsAlone) {
  Search search = searchAmong(firstLayers(8), {0, 1, 2, 3, 4, 5}, {2});
  std::vector<Layers> tried;
  for (const Attempt &attempt : search.attempts)
    tried.push_back(attempt.dropped);
  EXPECT_EQ(tried, (std::vector<Layers>{{0}, {1, 2}, {1}, {2, 3}, {2}, {3}, {4, 5}}));
  EXPECT_EQ(search.kept, (Layers{2, 6, 7}));
}

TEST(LayerSearch, KeepsOneLayerAtLeast) {
  EXPECT_EQ(searchAmong(firstLayers(5), firstLayers(5), {}).kept.size(), 1u);
  EXPECT_EQ(searchAmong({4}, {4}, {}).kept, Layers{4});
}

TEST(LayerSearch, WhatIsFoundWhenTimeIsUpIsKept) {
  Search search = searchAmong(firstLayers(30), firstLayers(30), {29}, 3);
  EXPECT_EQ(search.attempts.size(), 3u);
  EXPECT_EQ(search.kept.size(), 23u); // 1 + 2 + 4 dropped
}

TEST(LayerSearch, ABoundOutOfReachEndsEarly) {
  Bound bound = Bound::below({-4, 3, 4}, 0.5); // mean -1.5 over four prompts, three right
  EXPECT_TRUE(bound.holds({-6, 3, 4}));
  EXPECT_FALSE(bound.holds({-6.1, 4, 4}));
  EXPECT_FALSE(bound.holds({-1, 2, 4}));
  EXPECT_FALSE(bound.holds({-1, 3, 3})); // one prompt is missing
  EXPECT_TRUE(bound.withinReach({-5.9, 1, 2}));
  EXPECT_FALSE(bound.withinReach({-6.1, 2, 2}));
  EXPECT_FALSE(bound.withinReach({-1, 0, 2}));
}

} // namespace
} // namespace longc
