// Pages on a device with memory of its own: memory is there before a page is handed out, and not long before.
#include "runtime/serve/PagePool.h"
#include "test/runtime/OwnMemoryDevice.h"

#include "gtest/gtest.h"

#include <map>
#include <sys/mman.h>

using namespace longc;

namespace {

/// Memory behind its own addresses that faults where none was taken, and of which there is so much in all.
class GrowingDevice final : public OwnMemoryDevice {
public:
  explicit GrowingDevice(size_t most) : most_(most) {}
  size_t memoryBytes() const override { return size_t{1} << 30; }
  size_t freeBytes() const override { return most_ - backed(); }
  Result<void *> allocate(size_t, const char *) override { return Status::error(7104, "only what is reserved"); }
  Result<void *> reserve(size_t bytes, const char *) override {
    void *address = mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    sizes_[address] = {bytes, 0};
    return address;
  }
  Status back(void *reserved, size_t bytes, const char *name) override {
    Sizes &sizes = sizes_.at(reserved);
    if (backed() + bytes > most_ + sizes.backed)
      return Status::error(7104, std::string(name) + ": no more");
    sizes.backed = std::max(sizes.backed, bytes);
    mprotect(reserved, (sizes.backed + 4095) / 4096 * 4096, PROT_READ | PROT_WRITE);
    return {};
  }
  void release(void *memory) override {
    munmap(memory, sizes_.at(memory).reserved);
    sizes_.erase(memory);
  }
  Status launch(const KernelLaunch &) override { return {}; }

  size_t backed() const {
    size_t bytes = 0;
    for (const auto &[address, sizes] : sizes_)
      bytes += sizes.backed;
    return bytes;
  }

private:
  struct Sizes {
    size_t reserved, backed;
  };
  size_t most_;
  std::map<void *, Sizes> sizes_;
};

constexpr int64_t rowBytes = 16, ofPage = rowBytes * pageRows;

TEST(PagesOfADevice, HaveMemoryOnceTheyAreTaken) {
  GrowingDevice device(size_t{1} << 20);
  {
    auto pool = std::move(*PagePool::create({rowBytes, rowBytes}, &device));
    const std::vector<std::byte> rows(static_cast<size_t>(ofPage), std::byte{5});
    for (int64_t taken = 1; taken <= 10; ++taken) {
      const int32_t page = *pool->take();
      ASSERT_TRUE(pool->writeRows(1, page, rows.data(), pageRows).ok());
      EXPECT_EQ(device.backed(), static_cast<size_t>(2 * ofPage * (taken < 8 ? taken : taken < 10 ? 9 : 11))); // an eighth more than is wanted
    }
    const int32_t first = *pool->takeRun(5);
    for (int32_t page = first; page < first + 5; ++page)
      ASSERT_TRUE(pool->writeRows(0, page, rows.data(), pageRows).ok());
    EXPECT_EQ(device.backed(), static_cast<size_t>(2 * ofPage * 16));
  }
  EXPECT_EQ(device.backed(), 0u);
}

TEST(PagesOfADevice, EndWhereItsMemoryDoes) {
  GrowingDevice device(static_cast<size_t>(2 * 9 * ofPage + ofPage)); // a tenth page of the first state, none of the second
  auto pool = std::move(*PagePool::create({rowBytes, rowBytes}, &device));
  std::vector<int32_t> pages;
  for (int round = 0; round < 9; ++round)
    pages.push_back(*pool->take());
  EXPECT_EQ(pool->take().status().code(), 7104);
  EXPECT_EQ(pool->takeRun(2).status().code(), 7104);
  EXPECT_EQ(pool->usedPages(), 9);
  pool->release(pages[1]);
  EXPECT_EQ(*pool->take(), pages[1]);
  const std::vector<std::byte> rows(static_cast<size_t>(ofPage), std::byte{5});
  for (int32_t page : pages)
    for (size_t state = 0; state < pool->states(); ++state)
      EXPECT_TRUE(pool->writeRows(state, page, rows.data(), pageRows).ok());
}

TEST(PagesOfADevice, CountWhatTheDeviceHasLeft) {
  GrowingDevice device(static_cast<size_t>(20 * ofPage));
  auto pool = std::move(*PagePool::create({rowBytes, rowBytes}, &device));
  EXPECT_EQ(pool->freePages(), 10);
  for (int round = 0; round < 4; ++round)
    (void)*pool->take();
  EXPECT_EQ(pool->freePages(), 6);
}

} // namespace
