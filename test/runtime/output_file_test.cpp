// Tests runtime/core/OutputFile.cpp: a target is whole or untouched, whatever ends the writing.
#include "runtime/core/OutputFile.h"

#include <gtest/gtest.h>

#include <climits>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

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
  EXPECT_EQ(read("out"), "old and longer");
  ASSERT_TRUE(file->complete().ok());
  EXPECT_EQ(read("out"), std::string("ab\0\0\0\0\0\0c", 9));
  EXPECT_EQ(files(), 1u);
}

// Two writers of one name in each other's way: both succeed, the file is one of theirs as a whole, the last one's.
TEST_F(OutputFiles, TheLastOfTwoWritersStays) {
  for (bool exists : {false, true}) {
    auto first = OutputFile::create(path("out")), second = OutputFile::create(path("out"));
    ASSERT_TRUE(first.ok() && second.ok());
    ASSERT_TRUE(first->append("first, and long", 15).ok());
    ASSERT_TRUE(second->append("second", 6).ok());
    ASSERT_TRUE(second->complete().ok());
    EXPECT_EQ(read("out"), "second") << exists;
    ASSERT_TRUE(first->append("er", 2).ok());
    ASSERT_TRUE(first->complete().ok());
    EXPECT_EQ(read("out"), "first, and longer");
    EXPECT_EQ(files(), 1u);
  }
}

// Whatever ends a process, it leaves no file that is not whole.
TEST_F(OutputFiles, AKilledWriterLeavesNothing) {
  std::ofstream(path("out")) << "old";
  pid_t child = fork();
  if (child == 0) {
    auto file = OutputFile::create(path("out"));
    std::string bytes(100000, 'x');
    if (file.ok() && file->append(bytes.data(), bytes.size()).ok())
      raise(SIGKILL);
    _exit(1);
  }
  int result = 0;
  ASSERT_EQ(waitpid(child, &result, 0), child);
  ASSERT_TRUE(WIFSIGNALED(result));
  EXPECT_EQ(read("out"), "old");
  if (files() != 1)
    GTEST_SKIP() << "this file system has no unnamed files";
}

TEST_F(OutputFiles, LinksAreFollowed) {
  ASSERT_EQ(mkdir(path("elsewhere").c_str(), 0777), 0);
  ASSERT_EQ(symlink("elsewhere/target", path("link").c_str()), 0);
  ASSERT_EQ(symlink("link", path("chain").c_str()), 0);
  for (const char *text : {"new", "replaced"}) { // the target is not there, then it is
    ASSERT_TRUE(OutputFile::write(path("chain"), text).ok());
    EXPECT_EQ(read("elsewhere/target"), text);
    EXPECT_TRUE(std::filesystem::is_symlink(path("link")) && std::filesystem::is_symlink(path("chain")));
  }
  ASSERT_EQ(symlink("circle", path("circle").c_str()), 0);
  EXPECT_EQ(OutputFile::write(path("circle"), "x").code(), 4001);
}

TEST_F(OutputFiles, APlainNameIsInTheCurrentFolder) {
  auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder_);
  bool done = OutputFile::write("plain", "a").ok() && OutputFile::write("plain", "b").ok();
  std::string longest(NAME_MAX, 'n');
  bool fits = OutputFile::write(longest, "a").ok() && OutputFile::write(longest, "b").ok();
  std::filesystem::current_path(before);
  EXPECT_TRUE(done && fits);
  EXPECT_EQ(read("plain"), "b");
  EXPECT_EQ(read(longest.c_str()), "b");
  EXPECT_EQ(files(), 2u);
}

TEST_F(OutputFiles, AReplacedFileLeavesItsPermissions) {
  for (mode_t mode : {0400, 0640, 0755}) {
    std::ofstream(path("out")) << "old";
    ASSERT_EQ(chmod(path("out").c_str(), mode), 0);
    ASSERT_TRUE(OutputFile::write(path("out"), "new").ok());
    EXPECT_EQ(read("out"), "new");
    struct stat status;
    ASSERT_EQ(stat(path("out").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, mode);
    std::filesystem::remove(path("out"));
  }
}

// Devices, pipes and open descriptors are written and stay what they are.
TEST_F(OutputFiles, WhatIsNoFileIsWrittenDirectly) {
  EXPECT_TRUE(OutputFile::write("/dev/null", "gone").ok());
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/null"));
  EXPECT_EQ(OutputFile::write("/dev/full", "x").code(), 4001);
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/full"));

  ASSERT_EQ(mkfifo(path("pipe").c_str(), 0666), 0);
  EXPECT_TRUE(OutputFile::check(path("pipe")).ok()); // waits for no reader
  int reader = open(path("pipe").c_str(), O_RDONLY | O_NONBLOCK);
  EXPECT_TRUE(OutputFile::write(path("pipe"), "through").ok());
  char bytes[16];
  EXPECT_EQ(::read(reader, bytes, sizeof bytes), 7);
  close(reader);
  EXPECT_TRUE(std::filesystem::is_fifo(path("pipe")));

  int opened = open(path("out").c_str(), O_CREAT | O_WRONLY, 0666);
  ASSERT_EQ(::write(opened, "before ", 7), 7);
  for (std::string folder : {"/dev/fd/", "/proc/self/fd/"})
    EXPECT_TRUE(OutputFile::write(folder + std::to_string(opened), "in ").ok());
  ASSERT_EQ(::write(opened, "after", 5), 5);
  close(opened);
  EXPECT_EQ(read("out"), "before in in after");
  EXPECT_EQ(OutputFile::write("/dev/fd/" + std::to_string(opened), "x").code(), 4001); // closed
  EXPECT_EQ(files(), 2u);
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

TEST_F(OutputFiles, FoldersAndWhatHasNoneAreRefused) {
  for (std::string target : {std::string(), folder_, folder_ + "/", folder_ + "/no/such", folder_ + "/new/"}) {
    EXPECT_EQ(OutputFile::create(target).status().code(), 4001) << target;
    EXPECT_EQ(OutputFile::check(target).code(), 4001) << target;
  }
  EXPECT_EQ(files(), 0u);
}

TEST_F(OutputFiles, ExecutablesAreExecutable) {
  auto file = OutputFile::create(path("run"));
  ASSERT_TRUE(file.ok() && file->makeExecutable().ok() && file->complete().ok());
  struct stat status;
  ASSERT_EQ(stat(path("run").c_str(), &status), 0);
  EXPECT_TRUE(status.st_mode & S_IXUSR);
}
