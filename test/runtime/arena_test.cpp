// ArenaPlan: no two live buffers share a byte; dead ones do. Arena: zeroed, grows by touch, given back.
#include "runtime/core/Arena.h"
#include "runtime/core/ArenaPlan.h"

#include <gtest/gtest.h>
#include <random>

namespace longc {
namespace {

TEST(ArenaPlan, BuffersThatLiveTogetherNeverOverlap) {
  std::mt19937 random(3);
  for (int round = 0; round < 200; ++round) {
    std::vector<ArenaBuffer> buffers(1 + random() % 30);
    int64_t total = 0;
    for (ArenaBuffer &buffer : buffers) {
      buffer.bytes = random() % 1000;
      buffer.firstStep = random() % 20;
      buffer.lastStep = buffer.firstStep + random() % 5;
      total += (buffer.bytes + 63) / 64 * 64;
    }
    auto layout = planArena(buffers);
    ASSERT_TRUE(layout);
    EXPECT_LE(layout->bytes, total);
    for (size_t a = 0; a < buffers.size(); ++a) {
      EXPECT_EQ(layout->offsets[a] % arenaAlignment, 0);
      EXPECT_LE(layout->offsets[a] + buffers[a].bytes, layout->bytes);
      for (size_t b = 0; b < a; ++b) {
        bool together = buffers[a].firstStep <= buffers[b].lastStep && buffers[b].firstStep <= buffers[a].lastStep;
        bool apart = layout->offsets[a] + buffers[a].bytes <= layout->offsets[b] ||
                     layout->offsets[b] + buffers[b].bytes <= layout->offsets[a];
        EXPECT_TRUE(!together || apart || buffers[a].bytes == 0 || buffers[b].bytes == 0);
      }
    }
  }
}

TEST(ArenaPlan, AChainNeedsTwoBuffersAtATime) {
  std::vector<ArenaBuffer> chain;
  for (uint32_t step = 0; step < 10; ++step)
    chain.push_back({640, step, step + 1});
  EXPECT_EQ(planArena(chain)->bytes, 2 * 640);
}

TEST(ArenaPlan, RowsArePaddedAndOverflowIsSeen) {
  EXPECT_EQ(arenaBufferBytes(std::vector<int64_t>{1, 3}, 4), 128 * 3 * 4);
  EXPECT_EQ(arenaBufferBytes(std::vector<int64_t>{129, 3}, 4), 256 * 3 * 4);
  EXPECT_EQ(arenaBufferBytes(std::vector<int64_t>{0, 3}, 4), 128 * 3 * 4);
  EXPECT_FALSE(arenaBufferBytes(std::vector<int64_t>{-1, 3}, 4));
  EXPECT_FALSE(arenaBufferBytes(std::vector<int64_t>{INT64_MAX, 2}, 4));
  EXPECT_FALSE(arenaBufferBytes(std::vector<int64_t>{int64_t{1} << 40, int64_t{1} << 30}, 4));
  std::vector<ArenaBuffer> huge(3, {INT64_MAX / 2, 0, 0});
  EXPECT_FALSE(planArena(huge));
}

TEST(Arena, IsZeroedAndDiscardsToZero) {
  auto arena = Arena::allocate(1 << 20, "test");
  ASSERT_TRUE(arena.ok());
  for (size_t place = 0; place < arena->size(); place += 4096)
    ASSERT_EQ(arena->data()[place], std::byte{0});
  arena->data()[8192] = std::byte{7};
  arena->discard(8192, 4096);
  EXPECT_EQ(arena->data()[8192], std::byte{0});
}

TEST(Arena, MoreThanThereIsIsAnError) {
  auto arena = Arena::allocate(size_t{1} << 60, "a test");
  ASSERT_FALSE(arena.ok());
  EXPECT_EQ(arena.status().code(), 7001);
  EXPECT_NE(arena.status().message().find("a test"), std::string::npos);
}

} // namespace
} // namespace longc
