// What openapi.json says of fields, beside what the server does with them.
#include "test/runtime/Serving.h"

#include "runtime/http/OpenApi.h"

namespace longc {
namespace {

using namespace fake;

struct OpenApi : Serving {
  const Json specification = Json::parse(openApiText());
  const Json &schema(const std::string &name) { return specification["components"]["schemas"][name]; }

  /// The field that a body was refused for; empty if it was not.
  std::string refusedFor(const std::string &path, const Json &body) {
    auto reply = ask(path, body.dump());
    EXPECT_TRUE(reply->wait()) << body;
    const Json json = reply->json();
    if (reply->response.status == 200)
      return "";
    EXPECT_EQ(reply->response.status, 400) << body << reply->body;
    return json["error"]["param"].is_string() ? json["error"]["param"].get<std::string>() : "?";
  }

  void expectChecked(const std::string &path, const std::string &name, const Json &good) {
    const Json &properties = schema(name)["properties"];
    ASSERT_GT(properties.size(), 0u) << name;
    for (const auto &[field, about] : properties.items()) {
      if (!about.contains("type") || good.contains(field))
        continue;
      const std::string type = about["type"];
      const bool isNumber = type == "integer" || type == "number";
      std::vector<Json> bad = {isNumber || type == "boolean" || type == "object" ? Json("text") : Json(1)};
      if (type == "integer")
        bad.push_back(1.5);
      if (about.contains("minimum"))
        bad.push_back(about["minimum"].get<double>() - 1);
      if (about.contains("maximum"))
        bad.push_back(about["maximum"].get<double>() + 1);
      if (isNumber && about.contains("minimum") && type == "integer")
        bad.back() = static_cast<int64_t>(bad.back().get<double>());
      for (const Json &value : bad) {
        Json body = good;
        body[field] = value;
        EXPECT_EQ(refusedFor(path, body).substr(0, field.size()), field) << name << " " << body;
      }
      for (const char *edge : {"minimum", "maximum"})
        if (about.contains(edge)) {
          Json body = good;
          body[field] = about[edge];
          if (field == "best_of")
            body["n"] = about[edge];
          EXPECT_NE(refusedFor(path, body).substr(0, field.size()), field) << name << " " << body;
        }
    }
  }
};

TEST_F(OpenApi, IsServed) {
  auto reply = ask("/openapi.json", "", "", "GET");
  EXPECT_EQ(reply->json(), specification);
  EXPECT_EQ(specification["openapi"], "3.0.3");
}

TEST_F(OpenApi, KindsAndRangesAreTheServers) {
  scheduling.memoryBytes = 1e6;
  scheduling.places = 16;
  expectChecked("/v1/completions", "CompletionRequest", {{"prompt", "a"}, {"max_tokens", 1}});
  expectChecked("/v1/chat/completions", "ChatRequest", {{"messages", {{{"role", "user"}, {"content", "a"}}}}, {"max_tokens", 1}, {"logprobs", true}});
  expectChecked("/tokenize", "TokenizeRequest", {{"content", "a"}});
  expectChecked("/detokenize", "DetokenizeRequest", Json::object());
}

// No field of the description is one that the server does not know.
TEST_F(OpenApi, FieldsAreKnown) {
  for (const auto &[path, name] : {std::pair("/v1/completions", "CompletionRequest"), std::pair("/v1/chat/completions", "ChatRequest")}) {
    Json body = {{"prompt", "a"}, {"messages", {{{"role", "user"}, {"content", "a"}}}}, {"max_tokens", 1}};
    for (const auto &[field, about] : schema(name)["properties"].items())
      if (!body.contains(field))
        body[field] = nullptr;
    body.erase(std::string(name)[1] == 'h' ? "prompt" : "messages");
    EXPECT_FALSE(answered(path, body).contains("warnings"));
  }
}

} // namespace
} // namespace longc
