// runtime/io/Gguf.cpp on hostile files: every one is refused with a line that names what is wrong, none does harm.
// Damage to tensor data itself cannot be seen in this format (it has no checksums): the reader then accepts the file.
#include "runtime/io/Gguf.h"

#include "test/runtime/HostileGguf.h"

#include <gtest/gtest.h>

#include <memory>

using namespace longc;
using namespace longc::test;

namespace {

// A copy on the heap that ends where the file ends, so that a sanitizer sees a read past it.
std::unique_ptr<std::byte[]> exactCopy(std::string_view bytes) {
  auto copy = std::make_unique<std::byte[]>(bytes.size());
  std::memcpy(copy.get(), bytes.data(), bytes.size());
  return copy;
}

Status readAll(std::string_view bytes) {
  auto copy = exactCopy(bytes);
  Result<GgufFile> file = GgufFile::parse({copy.get(), bytes.size()});
  if (!file.ok())
    return file.status();
  // Touch all that is handed out; refusals of typed access are fine, reads out of bounds are not.
  volatile unsigned sum = 0;
  for (const GgufValue &value : file->values()) {
    for (std::byte b : value.payload)
      sum = sum + std::to_integer<unsigned>(b);
    for (const Status &status : {file->unsignedValue(value.key).status(), file->integerValue(value.key).status(),
                                 file->floatValue(value.key).status(), file->boolValue(value.key).status(),
                                 file->stringValue(value.key).status(), file->stringArray(value.key).status(),
                                 file->integerArray(value.key).status(), file->floatArray(value.key).status()})
      sum = sum + static_cast<unsigned>(status.code());
  }
  for (const GgufTensor &tensor : file->tensors())
    if (!tensor.data.empty())
      sum = sum + std::to_integer<unsigned>(tensor.data.front()) + std::to_integer<unsigned>(tensor.data.back());
  return {};
}

TEST(GgufHostile, EveryClassIsRefusedByName) {
  for (const HostileFile &file : hostileGgufFiles()) {
    Status status = readAll(file.bytes);
    if (file.byImporter) {
      EXPECT_TRUE(status.ok()) << file.name << ": " << status.text();
      continue;
    }
    ASSERT_FALSE(status.ok()) << file.name;
    EXPECT_NE(status.message().find(file.expect), std::string::npos) << file.name << ": " << status.text();
    EXPECT_EQ(status.message().find('\n'), std::string::npos) << file.name;
  }
}

TEST(GgufHostile, TruncationIsRefusedAtEveryHeaderByteAndEvery4KiB) {
  GgufWriter writer = tinyLlama(tinyLlamaConfig(), 1, ElementFormat::Q4_1);
  const std::string bytes = writer.bytes();
  const size_t header = writer.header().size();
  ASSERT_TRUE(readAll(bytes).ok());
  for (size_t size = 0; size < header; ++size)
    ASSERT_FALSE(readAll(std::string_view(bytes).substr(0, size)).ok()) << size;
  for (size_t size = header; size < bytes.size(); size += 4096)
    ASSERT_FALSE(readAll(std::string_view(bytes).substr(0, size)).ok()) << size;
  EXPECT_FALSE(readAll(std::string_view(bytes).substr(0, bytes.size() - 1)).ok());
}

TEST(GgufHostile, TenThousandRandomFlipsDoNoHarm) {
  GgufWriter writer = tinyLlama(tinyLlamaConfig(), 2, ElementFormat::Q8_0);
  const std::string bytes = writer.bytes();
  const size_t header = writer.header().size();
  TestRandom random(3);
  int refused = 0;
  for (int i = 0; i < 10000; ++i) {
    std::string damaged = bytes.substr(0, header + 4096 * (i % 2)); // the header matters; data is only pointed at
    if (i % 4 == 3)
      damaged = bytes;
    for (uint64_t flips = 1 + random.next() % 4; flips > 0; --flips)
      damaged[random.next() % header] ^= static_cast<char>(1 << random.next() % 8);
    refused += !readAll(damaged).ok();
  }
  EXPECT_GT(refused, 7500); // three of four are cut short, and refused at the latest for that
}

} // namespace
