// Tests runtime/core/OutputFile.cpp: a target is whole or untouched, whatever ends the writing.
#include "runtime/core/OutputFile.h"

#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sys/resource.h>
#include <sys/stat.h>

using namespace longc;

namespace {

class OutputFiles : public testing::Test {
protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "longc-output-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string path(const char *name) const { return folder_ + "/" + name; }
  std::string read(const char *name) const {
    std::ifstream file(path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  size_t files() const {
    return static_cast<size_t>(std::distance(std::filesystem::directory_iterator(folder_), {}));
  }

  std::string folder_;
};

} // namespace

TEST_F(OutputFiles, ACompletedFileReplacesTheOldOne) {
  std::ofstream(path("out")) << "old and longer";
  auto file = OutputFile::create(path("out"));
  ASSERT_TRUE(file.ok()) << file.status().text();
  ASSERT_TRUE(file->append("ab", 2).ok());
  ASSERT_TRUE(file->pad(8).ok());
  ASSERT_TRUE(file->pad(8).ok());
  ASSERT_TRUE(file->append("c", 1).ok());
  EXPECT_EQ(file->position(), 9u);
  ASSERT_TRUE(file->writeAt(1, "B", 1).ok());
  ASSERT_TRUE(file->extend(11).ok());
  EXPECT_EQ(read("out"), "old and longer");
  ASSERT_TRUE(file->complete().ok());
  EXPECT_EQ(read("out"), std::string("aB\0\0\0\0\0\0c\0\0", 11));
  EXPECT_EQ(files(), 1u);
}

TEST_F(OutputFiles, AnUnfinishedFileLeavesTheOldOne) {
  std::ofstream(path("out")) << "old";
  {
    auto file = OutputFile::create(path("out"));
    ASSERT_TRUE(file.ok() && file->append("new", 3).ok());
  }
  EXPECT_EQ(read("out"), "old");
  EXPECT_EQ(files(), 1u);
  EXPECT_TRUE(OutputFile::check(path("out")).ok());
  EXPECT_TRUE(OutputFile::check(path("other")).ok());
  EXPECT_EQ(files(), 1u);
}

TEST_F(OutputFiles, AFullDiskIsAnErrorThatNamesTheTarget) {
  std::ofstream(path("out")) << "old";
  std::signal(SIGXFSZ, SIG_IGN); // a file over the limit is an error like a full disk
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  rlimit small = {1000, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  auto write = [&]() -> Status {
    auto file = OutputFile::create(path("out"));
    if (!file.ok())
      return file.status();
    std::string bytes(5000, 'x');
    LONGC_TRY(file->append(bytes.data(), bytes.size()));
    return file->complete();
  };
  Status status = write();
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  EXPECT_EQ(status.code(), 4001);
  EXPECT_NE(status.text().find(path("out")), std::string::npos) << status.text();
  EXPECT_EQ(read("out"), "old");
  EXPECT_EQ(files(), 1u);
}

TEST_F(OutputFiles, WhatIsNoRegularFileIsRefused) {
  EXPECT_EQ(OutputFile::create("/dev/null").status().code(), 4001);
  EXPECT_EQ(OutputFile::create(folder_).status().code(), 4001);
  EXPECT_EQ(OutputFile::create(folder_ + "/no/such").status().code(), 4001);
}

TEST_F(OutputFiles, ExecutablesAreExecutable) {
  auto file = OutputFile::create(path("run"));
  ASSERT_TRUE(file.ok() && file->makeExecutable().ok() && file->complete().ok());
  struct stat status;
  ASSERT_EQ(stat(path("run").c_str(), &status), 0);
  EXPECT_TRUE(status.st_mode & S_IXUSR);
}
