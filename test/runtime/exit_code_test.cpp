// Tests runtime/core/ExitCode.cpp against the documented codes.
#include "runtime/core/ExitCode.h"

#include <gtest/gtest.h>

using namespace longc;

TEST(ExitCode, FollowsTheKindOfError) {
  auto codeOf = [](int error) { return exitCodeOf(Status::error(error, "x")); };
  EXPECT_EQ(exitCodeOf({}), 0);
  EXPECT_EQ(codeOf(1001), 2);
  EXPECT_EQ(codeOf(2103), 1);
  EXPECT_EQ(codeOf(4001), 1);
  EXPECT_EQ(codeOf(7001), 71);
  EXPECT_EQ(codeOf(7101), 71);
  EXPECT_EQ(codeOf(7104), 71);
  EXPECT_EQ(codeOf(7111), 1);
  EXPECT_EQ(codeOf(9002), 70);
  EXPECT_EQ(codeOf(cancelledCode), 130);
}
