// ThreadPool: every index once, in its thread's range; sizes from nothing to many; more threads than cores.
#include "runtime/core/ThreadPool.h"

#include <gtest/gtest.h>
#include <mutex>
#include <numeric>

namespace longc {
namespace {

std::unique_ptr<ThreadPool> makePool(int threads) {
  auto pool = ThreadPool::create(threads);
  EXPECT_TRUE(pool.ok());
  return std::move(*pool);
}

TEST(ThreadPool, RangesCoverEveryIndexOnce) {
  for (int threads : {1, 2, 3, 5}) {
    auto pool = makePool(threads);
    for (int64_t count : {0, 1, 2, 3, 7, 64, 1000}) {
      std::vector<int> seen(static_cast<size_t>(count), 0);
      pool->forRanges(count, [&](int thread, int64_t begin, int64_t end) {
        EXPECT_LT(begin, end);
        EXPECT_GE(thread, 0);
        EXPECT_LT(thread, threads);
        for (int64_t index = begin; index < end; ++index)
          ++seen[static_cast<size_t>(index)];
      });
      EXPECT_EQ(std::accumulate(seen.begin(), seen.end(), 0), count);
      for (int times : seen)
        EXPECT_EQ(times, 1);
    }
  }
}

TEST(ThreadPool, EachHandsOutEveryIndexOnce) {
  auto pool = makePool(3);
  std::vector<std::atomic<int>> seen(501);
  pool->forEach(501, [&](int, int64_t index) { ++seen[static_cast<size_t>(index)]; });
  for (auto &times : seen)
    EXPECT_EQ(times, 1);
}

TEST(ThreadPool, RangesAreTheSameEachTime) {
  auto pool = makePool(2);
  std::vector<std::pair<int64_t, int64_t>> first(2), again(2);
  pool->forRanges(101, [&](int thread, int64_t begin, int64_t end) { first[static_cast<size_t>(thread)] = {begin, end}; });
  pool->forRanges(101, [&](int thread, int64_t begin, int64_t end) { again[static_cast<size_t>(thread)] = {begin, end}; });
  EXPECT_EQ(first, again);
  EXPECT_EQ(first[0].second, first[1].first);
}

// Many short regions, with more threads than this machine is likely to have free: nothing may be lost or hang.
TEST(ThreadPool, SurvivesManyRegionsAndMoreThreadsThanCores) {
  auto pool = makePool(ThreadPool::availableCores() + 3);
  std::atomic<int64_t> sum{0};
  for (int round = 0; round < 2000; ++round)
    pool->forRanges(pool->threads(), [&](int, int64_t begin, int64_t end) { sum += end - begin; });
  EXPECT_EQ(sum, int64_t{2000} * pool->threads());
}

// Each step counts on what all threads did in the one before, with threads that spin and with ones that sleep.
TEST(ThreadPool, StepsFollowEachOther) {
  for (int threads : {1, 2, 3, ThreadPool::availableCores() + 3}) {
    auto pool = makePool(threads);
    constexpr int64_t steps = 50, count = 41, most = 4;
    std::vector<std::atomic<int64_t>> done(steps + 1);
    std::vector<ThreadPool::Handout> handouts(steps);
    std::atomic<int64_t> early{0}, tooLong{0};
    done[0] = count;
    pool->forSteps(steps, [&](int, int64_t step) noexcept {
      early += done[static_cast<size_t>(step)] != count;
      pool->handOut(handouts[static_cast<size_t>(step)], count, most, [&](int64_t begin, int64_t end) {
        done[static_cast<size_t>(step) + 1] += end - begin;
        if (end - begin > most)
          ++tooLong;
      });
    });
    EXPECT_EQ(early, 0) << threads;
    EXPECT_EQ(done[steps], count) << threads;
    EXPECT_EQ(tooLong, 0) << threads;
  }
}

// A worker's exception reaches the caller, after the others have ended; the pool is as good as before.
TEST(ThreadPool, TheCallerGetsWhatABodyThrows) {
  auto pool = makePool(3);
  for (int thrower = 0; thrower < 3; ++thrower) {
    std::atomic<int> ended{0};
    EXPECT_THROW(pool->forRanges(3,
                                 [&](int thread, int64_t, int64_t) {
                                   if (thread == thrower)
                                     throw std::bad_alloc();
                                   ++ended;
                                 }),
                 std::bad_alloc);
    EXPECT_EQ(ended, 2);
  }
  std::atomic<int> sum{0};
  pool->forEach(10, [&](int, int64_t index) { sum += static_cast<int>(index); });
  EXPECT_EQ(sum, 45);
}

TEST(ThreadPool, RefusesImpossibleNumbers) {
  EXPECT_EQ(ThreadPool::create(-1).status().code(), 1010);
  EXPECT_EQ(ThreadPool::create(ThreadPool::maxThreads + 1).status().code(), 1010);
  EXPECT_EQ(makePool(0)->threads(), ThreadPool::availableCores());
}

} // namespace
} // namespace longc
