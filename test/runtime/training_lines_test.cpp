// Tests runtime/train/TrainingLine.cpp: every form of a line, and what is said about a wrong one.
#include "runtime/train/TrainingLine.h"

#include <gtest/gtest.h>

using namespace longc;

namespace {

Result<std::vector<TrainingLine>> read(const std::string &content) { return readTrainingLines(content, "data.jsonl"); }

TEST(TrainingLines, EveryForm) {
  auto lines = read("{\"messages\": [{\"role\": \"system\", \"content\": \"s\"}, {\"role\": \"user\", \"content\": \"q\"}, "
                    "{\"role\": \"assistant\", \"content\": \"a\", \"name\": \"x\"}], \"id\": 7}\r\n"
                    "\n"
                    "{\"prompt\": \"p\", \"completion\": \"c\"}\n"
                    "  {\"question\": \"q\", \"answer\": \"a\", \"evidence\": [1]}\n"
                    "{\"text\": \"some text\", \"weights\": [[0, 4, 0], [5, 9, 2.5]]}\n"
                    "{\"text\": \"\", \"weights\": null}");
  ASSERT_TRUE(lines.ok()) << lines.status().text();
  ASSERT_EQ(lines->size(), 5u);
  EXPECT_EQ((*lines)[0].messages.size(), 3u);
  EXPECT_EQ((*lines)[0].messages[2].content, "a");
  EXPECT_EQ((*lines)[1].line, 3);
  EXPECT_EQ((*lines)[1].messages[0].role, "user");
  EXPECT_EQ((*lines)[1].messages[1].content, "c");
  EXPECT_EQ((*lines)[2].messages[1].role, "assistant");
  EXPECT_EQ((*lines)[3].text, "some text");
  ASSERT_EQ((*lines)[3].weights.size(), 2u);
  EXPECT_EQ((*lines)[3].weights[1].begin, 5);
  EXPECT_EQ((*lines)[3].weights[1].weight, 2.5);
  EXPECT_EQ((*lines)[4].line, 6);
}

struct Wrong {
  const char *line;
  int code;
  const char *said;
};

// Files that went through a table (datasets, pandas): every key of any line in each, whole numbers as 0.0 where a weight is none.
TEST(TrainingLines, LinesOfATable) {
  auto lines = read("{\"messages\": null, \"text\": \"abc\", \"weights\": [[0.0, 2.0, 1.5]], \"question\": null, \"answer\": null}\n"
                    "{\"messages\": null, \"text\": null, \"weights\": null, \"question\": \"q\", \"answer\": \"a\"}\n"
                    "{\"messages\": [{\"role\": \"user\", \"content\": \"q\"}, {\"role\": \"assistant\", \"content\": \"b\", \"name\": null}], \"text\": null}\n");
  ASSERT_TRUE(lines.ok()) << lines.status().message();
  ASSERT_EQ(lines->size(), 3u);
  ASSERT_EQ((*lines)[0].weights.size(), 1u);
  EXPECT_EQ((*lines)[0].weights[0].end, 2);
  EXPECT_EQ((*lines)[0].weights[0].weight, 1.5);
  EXPECT_EQ((*lines)[1].messages[1].content, "a");
  EXPECT_EQ((*lines)[2].messages[1].content, "b");
}

TEST(TrainingLines, WhatIsWrongIsSaidWithItsLine) {
  const Wrong cases[] = {
      {"{\"messages\": [", badTrainingLine, "line 3: column 14: expected JSON"},
      {"[1]", badTrainingLine, "it is a list"},
      {"{\"Messages\": []}", badTrainingLine, "none of the keys"},
      {"{\"messages\": 3}", badTrainingLine, "\"messages\" is 3"},
      {"{\"messages\": [3]}", badTrainingLine, "a message is 3"},
      {"{\"messages\": [{\"role\": \"user\"}]}", badTrainingLine, "\"content\" is missing"},
      {"{\"messages\": [{\"role\": \"user\", \"content\": null}]}", badTrainingLine, "\"content\" is null"},
      {"{\"messages\": []}", badRoles, "no answer"},
      {"{\"messages\": [{\"role\": \"user\", \"content\": \"q\"}]}", badRoles, "no answer"},
      {"{\"messages\": [{\"role\": \"assistant\", \"content\": \"q\"}]}", badRoles, "message 1 has the role 'assistant'"},
      {"{\"messages\": [{\"role\": \"user\", \"content\": \"q\"}, {\"role\": \"tool\", \"content\": \"q\"}]}", badRoles, "'tool'"},
      {"{\"messages\": [{\"role\": \"user\", \"content\": \"q\"}, {\"role\": \"system\", \"content\": \"q\"}]}", badRoles, "message 2"},
      {"{\"prompt\": \"p\"}", badTrainingLine, "\"completion\" is missing"},
      {"{\"question\": \"p\", \"answer\": 7}", badTrainingLine, "\"answer\" is 7"},
      {"{\"text\": 7}", badTrainingLine, "\"text\" is 7"},
      {"{\"text\": \"t\", \"weights\": {}}", badTrainingLine, "expected a list"},
      {"{\"text\": \"t\", \"weights\": [[0, 1]]}", badTrainingLine, "expected [begin, end, weight]"},
      {"{\"text\": \"t\", \"weights\": [[0.5, 1, 1]]}", badTrainingLine, "expected [begin, end, weight]"},
      {"{\"text\": null, \"question\": null}", badTrainingLine, "none of the keys"},
      {"{\"text\": \"t\", \"weights\": [[0.0, 1e300, 1]]}", badTrainingLine, "expected [begin, end, weight]"},
      {"{\"text\": \"t\", \"weights\": [[2, 1, 1]]}", badTrainingLine, "[2, 1)"},
      {"{\"text\": \"t\", \"weights\": [[0, 3, 1], [2, 4, 1]]}", badTrainingLine, "[2, 4)"},
      {"{\"text\": \"t\", \"weights\": [[0, 1, -1]]}", badTrainingLine, "-1"},
  };
  for (const Wrong &wrong : cases) {
    auto lines = read(std::string("{\"text\": \"fine\"}\n\n") + wrong.line + "\n{\"text\": \"fine\"}\n");
    ASSERT_FALSE(lines.ok()) << wrong.line;
    EXPECT_EQ(lines.status().code(), wrong.code) << wrong.line;
    EXPECT_NE(lines.status().message().find("'data.jsonl', line 3: "), std::string::npos) << lines.status().message();
    EXPECT_NE(lines.status().message().find(wrong.said), std::string::npos) << lines.status().message();
  }
  for (const char *nothing : {"", "\n\n", " \r\n\t"})
    EXPECT_EQ(read(nothing).status().code(), noTrainingLines);
}

} // namespace
