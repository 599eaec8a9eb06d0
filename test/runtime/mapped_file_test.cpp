// runtime/io/MappedFile.cpp and runtime/core/Checked.h.
#include "runtime/io/MappedFile.h"

#include "runtime/core/Checked.h"
#include "runtime/io/ModelFileError.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstring>
#include <sys/stat.h>

using namespace longc;

namespace {

std::string writeSample(size_t size) {
  std::string path = testing::TempDir() + "mapped_file_test.bin";
  std::FILE *file = std::fopen(path.c_str(), "wb");
  for (size_t i = 0; i < size; ++i)
    std::fputc(static_cast<int>(i * 7 % 251), file);
  std::fclose(file);
  return path;
}

TEST(MappedFile, MapsAWholeFileAndAnyRange) {
  std::string path = writeSample(10000);
  Result<MappedFile> whole = MappedFile::open(path);
  ASSERT_TRUE(whole.ok()) << whole.status().text();
  ASSERT_EQ(whole->bytes().size(), 10000u);
  for (auto [offset, length] : {std::pair<uint64_t, uint64_t>{0, 1}, {1, 9999}, {4095, 2}, {4096, 4096}, {9999, 1}}) {
    Result<MappedFile> range = MappedFile::open(path, offset, length);
    ASSERT_TRUE(range.ok()) << range.status().text();
    ASSERT_EQ(range->bytes().size(), length);
    EXPECT_EQ(std::memcmp(range->bytes().data(), whole->bytes().data() + offset, length), 0) << offset;
  }
  Result<MappedFile> nothing = MappedFile::open(path, 10000, 0);
  ASSERT_TRUE(nothing.ok());
  EXPECT_TRUE(nothing->bytes().empty());
}

TEST(MappedFile, MovingKeepsTheBytesAndEmptiesTheSource) {
  Result<MappedFile> file = MappedFile::open(writeSample(100));
  ASSERT_TRUE(file.ok());
  const std::byte *at = file->bytes().data();
  MappedFile moved = std::move(*file);
  EXPECT_EQ(moved.bytes().data(), at);
  EXPECT_TRUE(file->bytes().empty());
  MappedFile assigned;
  assigned = std::move(moved);
  EXPECT_EQ(assigned.bytes().data(), at);
  EXPECT_EQ(assigned.bytes()[1], std::byte{7});
}

TEST(MappedFile, AnEmptyFileIsAnEmptySpan) {
  Result<MappedFile> file = MappedFile::open(writeSample(0));
  ASSERT_TRUE(file.ok());
  EXPECT_TRUE(file->bytes().empty());
}

TEST(MappedFile, RefusalsNameTheFileAndTheReason) {
  std::string path = writeSample(100);
  EXPECT_EQ(MappedFile::open(path, 90, 11).status().message(),
            "cannot map '" + path + "': expected 11 bytes from byte 90, the file has 100");
  EXPECT_FALSE(MappedFile::open(path, ~0ull, 2).ok());
  EXPECT_FALSE(MappedFile::open(path, 2, ~0ull).ok());
  std::string absent = testing::TempDir() + "no_such_file";
  Status status = MappedFile::open(absent).status();
  EXPECT_EQ(status.code(), FileUnreadable);
  EXPECT_EQ(status.message(), "cannot open '" + absent + "': No such file or directory");
  EXPECT_EQ(MappedFile::open(testing::TempDir()).status().message(),
            "cannot map '" + testing::TempDir() + "': expected a regular file");
  std::string pipe = testing::TempDir() + "mapped_file_test.pipe";
  std::remove(pipe.c_str());
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_FALSE(MappedFile::open(pipe).ok()); // and does not wait for a writer
  std::remove(pipe.c_str());
}

TEST(Checked, RemembersOverflowOfAnyStep) {
  EXPECT_EQ((Checked(6) * 7 + 1 - 3).value(), 40u);
  EXPECT_FALSE((Checked(1ull << 63) * 2).ok());
  EXPECT_FALSE((Checked(1ull << 63) * 2 + 1 - 1).ok());
  EXPECT_FALSE((Checked(~0ull) + 1).ok());
  EXPECT_FALSE((Checked(1) - 2).ok());
  EXPECT_FALSE(Checked(-1).ok());
  EXPECT_TRUE(Checked(~0ull).ok());
  EXPECT_TRUE(Checked(5).atMost(5));
  EXPECT_FALSE(Checked(6).atMost(5));
  EXPECT_FALSE(Checked(-1).atMost(~0ull));
  EXPECT_EQ(Checked(33).alignUp(32).value(), 64u);
  EXPECT_EQ(Checked(64).alignUp(32).value(), 64u);
  EXPECT_FALSE(Checked(~0ull - 3).alignUp(32).ok());
  EXPECT_FALSE(Checked(1).alignUp(0).ok());
}

} // namespace
