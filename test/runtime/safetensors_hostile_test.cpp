// runtime/io/Safetensors.cpp on files that are wrong: each is refused with a line that names what is wrong.
#include "runtime/io/Safetensors.h"

#include "test/runtime/SafetensorsText.h"
#include "test/runtime/TinyLlama.h"

#include <gtest/gtest.h>

#include <memory>

using namespace longc;
using namespace longc::test;

namespace {

// Reads a copy that ends where the file ends, and all that is handed out, so that a sanitizer sees a read past it.
Status readAll(std::string_view bytes) {
  auto copy = std::make_unique<std::byte[]>(bytes.size());
  std::memcpy(copy.get(), bytes.data(), bytes.size());
  Result<SafetensorsFile> file = SafetensorsFile::parse({copy.get(), bytes.size()});
  if (!file.ok())
    return file.status();
  volatile unsigned sum = 0;
  for (const SafetensorsTensor &tensor : file->tensors())
    for (std::byte byte : tensor.data)
      sum = sum + std::to_integer<unsigned>(byte);
  return {};
}

TEST(SafetensorsHostile, EveryFaultIsRefusedByName) {
  for (const HostileSafetensors &file : hostileSafetensors()) {
    Status status = readAll(file.bytes);
    ASSERT_FALSE(status.ok()) << file.name;
    EXPECT_NE(status.message().find(file.expect), std::string::npos) << file.name << ": " << status.text();
    EXPECT_EQ(status.message().find('\n'), std::string::npos) << file.name;
  }
}

std::string goodFile() {
  return safetensorsBytes(R"({"__metadata__":{"format":"pt"},)" + tensorEntry("model.a", "F32", "[2,3]", "[0,24]") + "," +
                              tensorEntry("model.b", "BF16", "[4]", "[24,32]") + "," + tensorEntry("c", "I64", "[]", "[32,40]") + "}",
                          std::string(40, 'x'));
}

TEST(SafetensorsHostile, EveryTruncationIsRefused) {
  const std::string bytes = goodFile();
  ASSERT_TRUE(readAll(bytes).ok());
  for (size_t size = 0; size < bytes.size(); ++size)
    ASSERT_FALSE(readAll(std::string_view(bytes).substr(0, size)).ok()) << size;
  EXPECT_FALSE(readAll(bytes + "x").ok());
}

TEST(SafetensorsHostile, TenThousandRandomFlipsDoNoHarm) {
  const std::string bytes = goodFile();
  TestRandom random(3);
  int refused = 0;
  for (int i = 0; i < 10000; ++i) {
    std::string damaged = bytes;
    for (uint64_t flips = 1 + random.next() % 4; flips > 0; --flips)
      damaged[random.next() % damaged.size()] ^= static_cast<char>(1 << random.next() % 8);
    refused += !readAll(damaged).ok();
  }
  EXPECT_GT(refused, 5000);
}

} // namespace
