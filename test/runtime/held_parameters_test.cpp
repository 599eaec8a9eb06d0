// Trained parameters in the memory of a device of its own.
#include "runtime/train/HeldParameters.h"

#include "runtime/device/CpuDevice.h"

#include "gtest/gtest.h"

#include <cstring>

using namespace longc;

namespace {

TEST(HeldParameters, AreRoundedWhereKernelsReadBf16AndFollowTheValues) {
  longc_program_table table{};
  auto device = CpuDevice::create(table, "avx2", {}, 1);
  ASSERT_TRUE(device.ok());
  ParameterList list;
  list.add("narrow", {1, 3}, Beginning::given);
  list.add("wide", {2}, Beginning::given);
  auto values = ParameterArray::create(list, "values");
  ASSERT_TRUE(values.ok());
  auto held = HeldParameters::create(**device, list, {longc::abi::BF16, longc::abi::F32});
  ASSERT_TRUE(held.ok());
  for (float factor : {1.0f, -2.0f}) {
    const float narrow[] = {1.00390625f * factor, 3 * factor, 0}, wide[] = {1.00390625f * factor, 5};
    std::memcpy(values->of(list.parameters()[0]).data(), narrow, sizeof narrow);
    std::memcpy(values->of(list.parameters()[1]).data(), wide, sizeof wide);
    ASSERT_TRUE((*held)->set(*values, (*device)->pool()).ok());
    uint16_t halves[3];
    std::memcpy(halves, (*held)->of(0), sizeof halves);
    const uint16_t expected[] = {uint16_t(factor > 0 ? 0x3f80 : 0xc000), uint16_t(factor > 0 ? 0x4040 : 0xc0c0), 0};
    EXPECT_EQ(std::memcmp(halves, expected, sizeof halves), 0);
    EXPECT_EQ(std::memcmp((*held)->of(1), wide, sizeof wide), 0);
  }
  EXPECT_EQ(reinterpret_cast<uintptr_t>((*held)->of(1)) % 64, 0u);
}

} // namespace
