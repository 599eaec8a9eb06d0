// Lines of a text: numbers, blank ones, the end without a line feed, and a failure in the middle.
#include "runtime/core/Lines.h"

#include "gtest/gtest.h"

#include <string>
#include <utility>
#include <vector>

using namespace longc;

namespace {

using Seen = std::vector<std::pair<int64_t, std::string>>;

Seen linesOf(std::string_view text) {
  Seen seen;
  EXPECT_TRUE(forEachLine(text, [&](int64_t number, std::string_view line) -> Status {
                seen.emplace_back(number, line);
                return {};
              }).ok());
  return seen;
}

TEST(Lines, CountBlankOnesAndLeaveThemOut) {
  EXPECT_EQ(linesOf("a\n\n \t\r\nb\r\nc"), (Seen{{1, "a"}, {4, "b\r"}, {5, "c"}}));
  EXPECT_EQ(linesOf("a\n"), (Seen{{1, "a"}}));
  EXPECT_EQ(linesOf(""), Seen());
  EXPECT_EQ(linesOf("\n\n"), Seen());
}

TEST(Lines, EndWithTheFirstThatFails) {
  int visited = 0;
  Status status = forEachLine("a\nb\nc\n", [&](int64_t number, std::string_view) -> Status {
    ++visited;
    return number == 2 ? Status::error(5406, "no") : Status();
  });
  EXPECT_EQ(status.code(), 5406);
  EXPECT_EQ(visited, 2);
}

} // namespace
