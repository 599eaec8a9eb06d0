// The CUDA device: what it says without a driver; with one, memory round trips and refusals.
#include "runtime/abi/program.pb.h"
#include "runtime/device/CudaDevice.h"

#include "gtest/gtest.h"

#include <numeric>
#include <thread>

using namespace longc;

namespace {

/// Why there is no GPU to test on; empty when there is one.
std::string reasonToSkip() {
  Result<const CudaDriver *> driver = CudaDriver::get();
  return driver.ok() ? std::string() : driver.status().text();
}

TEST(CudaDriver, AbsenceIsAnErrorThatSaysWhatToDo) {
  Result<const CudaDriver *> driver = CudaDriver::get();
  if (driver.ok())
    GTEST_SKIP() << "this machine has a CUDA driver";
  const int code = driver.status().code(); // no driver, too old a driver, none that starts
  EXPECT_TRUE(code == 5111 || code == 5112 || code == 5103) << code;
  EXPECT_FALSE(driver.status().hint().empty());
  longc_program_table table{LONGC_ABI_VERSION, 0, nullptr, 0, 0, nullptr};
  auto device = CudaDevice::create(table, longc::abi::Program(), "cuda:sm_90a");
  ASSERT_FALSE(device.ok());
  EXPECT_EQ(device.status().code(), driver.status().code());
}

TEST(CudaDevice, MemoryRoundTrips) {
  if (std::string reason = reasonToSkip(); !reason.empty())
    GTEST_SKIP() << reason;
  longc_program_table table{LONGC_ABI_VERSION, 0, nullptr, 0, 0, nullptr};
  auto device = CudaDevice::create(table, longc::abi::Program(), "cuda:sm_90a");
  ASSERT_TRUE(device.ok()) << device.status().text();
  std::vector<int> sent(1000), received(1000, -1);
  std::iota(sent.begin(), sent.end(), 7);
  auto memory = (*device)->allocate(4000, "test");
  ASSERT_TRUE(memory.ok()) << memory.status().text();
  ASSERT_TRUE((*device)->copyOut(received.data(), *memory, 4000).ok());
  EXPECT_EQ(received, std::vector<int>(1000, 0)); // zeroed
  ASSERT_TRUE((*device)->copyIn(*memory, sent.data(), 4000).ok());
  ASSERT_TRUE((*device)->copyOut(received.data(), *memory, 4000).ok());
  EXPECT_EQ(received, sent);
  (*device)->release(*memory);
  auto first = (*device)->share(sent.data(), 4000), second = (*device)->share(sent.data(), 4000);
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(*first, *second);
}

// Memory grows under addresses that stay, zeroed, and another program finds the rest free.
TEST(CudaDevice, ReservedMemoryGrowsInItsPlace) {
  if (std::string reason = reasonToSkip(); !reason.empty())
    GTEST_SKIP() << reason;
  longc_program_table table{LONGC_ABI_VERSION, 0, nullptr, 0, 0, nullptr};
  auto device = CudaDevice::create(table, longc::abi::Program(), "cuda:sm_90a");
  ASSERT_TRUE(device.ok()) << device.status().text();
  const size_t all = (*device)->memoryBytes(), much = size_t{600} << 20, last = much - 4;
  auto one = (*device)->reserve(all, "test"), other = (*device)->reserve(all, "test");
  ASSERT_TRUE(one.ok() && other.ok());
  ASSERT_TRUE((*device)->back(*one, 100, "test").ok());
  const int sent = 7;
  ASSERT_TRUE((*device)->copyIn(*one, &sent, 4).ok());
  ASSERT_TRUE((*device)->back(*one, much, "test").ok());
  int first = 0, end = -1;
  ASSERT_TRUE((*device)->copyOut(&first, *one, 4).ok());
  ASSERT_TRUE((*device)->copyOut(&end, static_cast<std::byte *>(*one) + last, 4).ok());
  EXPECT_EQ(first, 7);
  EXPECT_EQ(end, 0);
  Status tooMuch = (*device)->back(*other, all, "the test");
  EXPECT_EQ(tooMuch.code(), 7104);
  EXPECT_NE(tooMuch.message().find("the test"), std::string::npos);
  EXPECT_TRUE((*device)->back(*other, much, "test").ok());
  (*device)->release(*one);
  (*device)->release(*other);
}

// A server's requests come on threads of its own.
TEST(CudaDevice, AnotherThreadMayUseIt) {
  if (std::string reason = reasonToSkip(); !reason.empty())
    GTEST_SKIP() << reason;
  longc_program_table table{LONGC_ABI_VERSION, 0, nullptr, 0, 0, nullptr};
  auto device = CudaDevice::create(table, longc::abi::Program(), "cuda:sm_90a");
  ASSERT_TRUE(device.ok()) << device.status().text();
  std::vector<int> sent(1000, 7), received(1000, -1);
  Status status;
  std::thread([&] {
    auto memory = (*device)->allocate(4000, "test");
    if (!(status = memory.status()).ok())
      return;
    status = (*device)->copyIn(*memory, sent.data(), 4000);
    if (status.ok())
      status = (*device)->finish();
    if (status.ok())
      status = (*device)->copyOut(received.data(), *memory, 4000);
    (*device)->release(*memory);
  }).join();
  EXPECT_TRUE(status.ok()) << status.text();
  EXPECT_EQ(received, sent);
}

TEST(CudaDevice, CodeForAnotherGpuIsRefused) {
  if (std::string reason = reasonToSkip(); !reason.empty())
    GTEST_SKIP() << reason;
  longc::abi::Program program;
  program.add_kernels()->set_name("k");
  program.mutable_kernels(0)->mutable_device()->set_threads(128);
  const char code[] = "not a cubin";
  longc_image_entry image{"k", "cuda:sm_999a", code, sizeof code};
  longc_program_table table{LONGC_ABI_VERSION, 0, nullptr, 1, 0, &image};
  auto device = CudaDevice::create(table, program, "cuda:sm_999a");
  ASSERT_FALSE(device.ok());
  EXPECT_EQ(device.status().code(), 5106);
  EXPECT_NE(device.status().message().find("sm_999a"), std::string::npos);
}

TEST(CudaContext, TensorMapsAreChecked) {
  if (std::string reason = reasonToSkip(); !reason.empty())
    GTEST_SKIP() << reason;
  auto context = CudaContext::open();
  ASSERT_TRUE(context.ok()) << context.status().text();
  auto memory = (*context)->allocate(1 << 20);
  ASSERT_TRUE(memory.ok());
  CudaTensorMapShape shape;
  shape.sizes = {64, 100};
  shape.strides = {130};
  shape.box = {64, 64};
  auto map = (*context)->encodeTensorMap(*memory, shape);
  ASSERT_FALSE(map.ok());
  EXPECT_EQ(map.status().code(), 5108);
  shape.strides = {128};
  EXPECT_TRUE((*context)->encodeTensorMap(*memory, shape).ok());
  EXPECT_TRUE((*context)->release(*memory).ok());
}

} // namespace
