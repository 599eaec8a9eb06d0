// Parts of answers by themselves: stop texts, calls of tools, constraints on tokens, metrics.
#include "runtime/http/AnswerText.h"
#include "runtime/http/HttpMessage.h"
#include "runtime/http/Metrics.h"
#include "runtime/http/TokenChooser.h"
#include "runtime/http/ToolCalls.h"

#include <cmath>
#include <gtest/gtest.h>

namespace longc {
namespace {

TEST(StopTexts, TheLongestBeginningWaits) {
  const std::vector<std::string> stops = {"STOP", "\n\n"};
  EXPECT_EQ(beginningOfAny("some ST", stops), 2u);
  EXPECT_EQ(beginningOfAny("some\n", stops), 1u);
  EXPECT_EQ(beginningOfAny("some STOP", stops), 0u); // whole, not beginning
  EXPECT_EQ(beginningOfAny("", stops), 0u);
}

TEST(ToolCallTexts, CallsAreFoundAndTheRestStays) {
  auto found = findToolCalls("I look.\n<tool_call>\n{\"name\": \"f\", \"arguments\": {\"x\": [1, \"y\"]}}\n</tool_call>\n"
                             "<tool_call>{\"name\": \"g\", \"arguments\": {}}");
  EXPECT_EQ(found.content, "I look.");
  ASSERT_EQ(found.calls.size(), 2u);
  EXPECT_EQ(found.calls[0].name, "f");
  EXPECT_EQ(found.calls[1].name, "g");
  for (const char *text : {"", "no call", "<tool_call>{\"name\": 3}</tool_call> after", "<tool_call>{\"name\"", "</tool_call>"}) {
    auto none = findToolCalls(text);
    EXPECT_TRUE(none.calls.empty()) << text;
    EXPECT_EQ(none.content, text);
  }
  const std::string json = toolCallsJson(found.calls, true);
  EXPECT_NE(json.find("\"index\":1"), std::string::npos) << json;
}

TEST(LogProbabilities, AreTheSoftmaxs) {
  const std::vector<float> logits = {1, 3, 2, 3};
  auto chosen = logProbabilities(logits, 2, 3);
  const double sum = std::exp(1) + 2 * std::exp(3) + std::exp(2);
  EXPECT_NEAR(chosen.logProbability, 2 - std::log(sum), 1e-6);
  ASSERT_EQ(chosen.best.size(), 3u);
  EXPECT_EQ(chosen.best[0].first, 1); // of equals the lower id
  EXPECT_EQ(chosen.best[1].first, 3);
  EXPECT_EQ(chosen.best[2].first, 2);
}

class EvenOnly : public TokenConstraint {
public:
  std::unique_ptr<TokenConstraint> clone() const override { return std::make_unique<EvenOnly>(); }
  bool allows(int32_t token) const override { return token % 2 == 0; }
  void take(int32_t) override {}
};

// The best tokens are all refused: after some tries every token is asked.
TEST(TokenChoice, ConstraintsLeaveTheBestThatTheyAllow) {
  std::vector<float> logits(100);
  for (size_t id = 0; id < logits.size(); ++id)
    logits[id] = id % 2 ? 100 + static_cast<float>(id) : static_cast<float>(id);
  TokenRules rules;
  rules.constraint = std::make_shared<EvenOnly>();
  TokenChooser chooser(rules, 0);
  auto token = chooser.choose(logits, {});
  ASSERT_TRUE(token.ok());
  EXPECT_EQ(token->id, 98);
}

TEST(Queries, ParametersAreFoundByWholeNames) {
  HttpRequest request{"GET", "/", "limit=5&limits=6&x", "", "", "", ""};
  EXPECT_EQ(request.parameter("limit"), "5");
  EXPECT_EQ(request.parameter("limits"), "6");
  EXPECT_EQ(request.parameter("x"), "");
  EXPECT_EQ(request.parameter("y"), "");
}

TEST(Paths, EscapesAreRead) {
  EXPECT_EQ(decodePath("/a%20b%2Fc"), "/a b/c");
  for (const char *path : {"", "/", "%", "/%2", "/%zz", "/%+1"})
    EXPECT_EQ(decodePath(path), path);
}

TEST(Histograms, CountUpToTheirBounds) {
  Histogram histogram;
  for (double value : {0.002, 0.002, 0.3, 5000.0})
    histogram.add(value);
  std::string text;
  histogram.write(text, "x", "help");
  EXPECT_NE(text.find("longc:x_bucket{le=\"0.001\"} 0\n"), std::string::npos) << text;
  EXPECT_NE(text.find("longc:x_bucket{le=\"0.0025\"} 2\n"), std::string::npos) << text;
  EXPECT_NE(text.find("longc:x_bucket{le=\"0.5\"} 3\n"), std::string::npos) << text;
  EXPECT_NE(text.find("longc:x_bucket{le=\"+Inf\"} 4\n"), std::string::npos) << text;
  EXPECT_NE(text.find("longc:x_count 4\n"), std::string::npos) << text;
}

} // namespace
} // namespace longc
