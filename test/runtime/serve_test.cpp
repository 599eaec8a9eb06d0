// The server without its network, on the fake program: bodies and events, limits, places, who leaves.
#include "test/runtime/FakeProgram.h"
#include "test/runtime/RecordedReply.h"

#include "runtime/http/Service.h"
#include "runtime/serve/ProgramTokenizer.h"

#include <filesystem>
#include <gtest/gtest.h>
#include <thread>

namespace longc {
namespace {

using fake::RecordedReply;
using Json = nlohmann::json;

const char *const chatml = "{% for m in messages %}<|start|>{{ m.role }}\n{{ m.content }}<|end|>\n{% endfor %}"
                           "{% if tools %}{{ tools | tojson }}<tool_call>{% endif %}"
                           "{% if add_generation_prompt %}<|start|>assistant\n{% endif %}";

struct Serving : testing::Test {
  Serving() {
    auto file = fake::writeTemporary("serve-program", fake::programFile("x", fake::program(), fake::weights()));
    program = std::move(*Program::open(file, true));
    engine = std::move(*Engine::create(*program, longc_program, {false, "avx2", 2}));
    tokenizer.emplace(std::move(*createTokenizer(program->module().tokenizer())));
    log = std::move(*RequestLog::open(""));
    model.name = "counter";
    model.tokenizer = &*tokenizer;
    model.chatTemplate = std::move(*ChatTemplate::parse(chatml));
    model.templateSource = chatml;
    model.session.policy.window = fake::window;
    model.session.policy.lastContext = fake::lastContext;
    model.contextLength = fake::contextLength;
    model.vocabulary = fake::vocabulary;
    model.hasMemory = true;
    scheduling = {4, 64, 16, 1e9};
  }
  ~Serving() override { close(); }

  void close() {
    service.reset();
    shelf.reset();
    scheduler.reset();
  }

  void open() {
    scheduler = std::move(*Scheduler::create(*engine, model.session, scheduling, metrics));
    shelving.memoryBytes = 1e9;
    shelving.session = model.session;
    auto opened = DocumentShelf::open(shelving, *scheduler, *tokenizer, metrics);
    ASSERT_TRUE(opened.ok()) << opened.status().text();
    shelf = std::move(*opened);
    service.emplace(ServiceOptions{keys, "", 60}, model, ServiceParts{&*scheduler, shelf.get(), nullptr}, metrics, *log);
  }
  std::shared_ptr<RecordedReply> ask(const std::string &path, const std::string &body, const std::string &key = "",
                                     const std::string &method = "POST") {
    if (!service)
      open();
    auto reply = std::make_shared<RecordedReply>();
    HttpRequest request{method, path, "", key.empty() ? "" : "Bearer " + key, "application/json", "", body};
    service->handle(std::move(request), reply);
    return reply;
  }
  Json answered(const std::string &path, const Json &body, int status = 200) {
    auto reply = ask(path, body.dump());
    EXPECT_TRUE(reply->wait()) << body;
    EXPECT_EQ(reply->response.status, status) << reply->body;
    Json json = reply->json();
    EXPECT_FALSE(json.is_discarded()) << reply->body;
    return json;
  }
  void waitIdle() {
    for (int i = 0; i < 3000 && !scheduler->isIdle(); ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    EXPECT_TRUE(scheduler->isIdle());
  }

  std::unique_ptr<Program> program;
  std::unique_ptr<Engine> engine;
  std::optional<Tokenizer> tokenizer;
  std::unique_ptr<RequestLog> log;
  ServedModel model;
  ApiKeys keys;
  SchedulerOptions scheduling;
  Metrics metrics;
  std::unique_ptr<Scheduler> scheduler;
  ShelfOptions shelving;
  std::unique_ptr<DocumentShelf> shelf;
  std::optional<Service> service;
};

TEST_F(Serving, CompletesATextAndCountsIt) {
  Json json = answered("/v1/completions", {{"prompt", "aab"}, {"max_tokens", 5}, {"temperature", 0}, {"colour", "red"}});
  EXPECT_EQ(json["object"], "text_completion");
  EXPECT_EQ(json["choices"][0]["text"], "aaaaa");
  EXPECT_EQ(json["choices"][0]["finish_reason"], "length");
  EXPECT_EQ(json["usage"]["prompt_tokens"], 3);
  EXPECT_EQ(json["usage"]["completion_tokens"], 5);
  EXPECT_EQ(json["usage"]["total_tokens"], 8);
  EXPECT_EQ(json["warnings"][0], "unknown field 'colour' was ignored");
  EXPECT_EQ(answered("/v1/completions", {{"prompt", {97, 97, 98}}, {"temperature", 0}})["choices"][0]["text"], std::string(16, 'a'));
  Json many = answered("/v1/completions", {{"prompt", {"aab", "ccd"}}, {"n", 2}, {"max_tokens", 2}, {"temperature", 0}, {"echo", true}});
  ASSERT_EQ(many["choices"].size(), 4u);
  const char *const texts[] = {"aabaa", "aabaa", "ccdcc", "ccdcc"};
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(many["choices"][i]["index"], i);
    EXPECT_EQ(many["choices"][i]["text"], texts[i]);
  }
}

TEST_F(Serving, AnswersAChatAndEndsAtTheTurnsEnd) {
  Json body = {{"messages", {{{"role", "user"}, {"content", "qqqqqqqqqq"}}}}, {"max_completion_tokens", 4}, {"temperature", 0}};
  Json json = answered("/v1/chat/completions", body);
  EXPECT_EQ(json["object"], "chat.completion");
  EXPECT_EQ(json["choices"][0]["message"]["role"], "assistant");
  EXPECT_EQ(json["choices"][0]["message"]["content"], "qqqq");
  body["messages"][0]["content"] = {{{"type", "text"}, {"text", "zzzz"}}, {{"type", "text"}, {"text", "zzzz"}}};
  EXPECT_EQ(answered("/v1/chat/completions", body)["choices"][0]["message"]["content"], "zzzz");
  body["messages"][0]["content"] = "<|end|><|end|><|end|><|end|><|end|>";
  json = answered("/v1/chat/completions", body);
  EXPECT_EQ(json["choices"][0]["message"]["content"], "");
  EXPECT_EQ(json["choices"][0]["finish_reason"], "stop");
}

TEST_F(Serving, StreamsWhatItWouldHaveAnswered) {
  Json body = {{"messages", {{{"role", "user"}, {"content", "qqqqqqqqqq"}}}}, {"max_tokens", 3}, {"temperature", 0},
               {"stream", true}, {"stream_options", {{"include_usage", true}}}};
  auto reply = ask("/v1/chat/completions", body.dump());
  ASSERT_TRUE(reply->wait());
  EXPECT_EQ(reply->response.type, "text/event-stream");
  auto events = reply->events();
  ASSERT_GE(events.size(), 5u) << reply->body;
  EXPECT_EQ(events.back(), "[DONE]");
  events.pop_back();
  EXPECT_EQ(events.back()["usage"]["completion_tokens"], 3);
  EXPECT_TRUE(events.back()["choices"].empty());
  events.pop_back();
  EXPECT_EQ(events[0]["choices"][0]["delta"], Json({{"role", "assistant"}, {"content", ""}}));
  std::string text;
  for (const Json &event : events) {
    EXPECT_EQ(event["object"], "chat.completion.chunk");
    EXPECT_EQ(event["id"], events[0]["id"]);
    EXPECT_TRUE(event.contains("usage") && event["usage"].is_null());
    EXPECT_EQ(event["choices"][0]["finish_reason"].is_null(), &event != &events.back());
    text += event["choices"][0]["delta"].value("content", "");
  }
  EXPECT_EQ(text, "qqq");
  EXPECT_EQ(events.back()["choices"][0]["finish_reason"], "length");
}

TEST_F(Serving, StopTextsAreHeldBackAndLeftOut) {
  Json body = {{"prompt", "aab"}, {"max_tokens", 6}, {"temperature", 0}, {"stop", {"aaaa"}}};
  Json json = answered("/v1/completions", body);
  EXPECT_EQ(json["choices"][0]["text"], "");
  EXPECT_EQ(json["choices"][0]["finish_reason"], "stop");
  EXPECT_EQ(json["usage"]["completion_tokens"], 4);
  body["stop"] = "aab";
  EXPECT_EQ(answered("/v1/completions", body)["choices"][0]["text"], "aaaaaa");
  waitIdle();
}

TEST_F(Serving, BiasesPenaltiesAndLogProbabilities) {
  Json body = {{"prompt", "aab"}, {"max_tokens", 3}, {"temperature", 0}, {"logit_bias", {{"98", 50}}}, {"logprobs", 2}};
  Json json = answered("/v1/completions", body);
  EXPECT_EQ(json["choices"][0]["text"], "bbb");
  Json logprobs = json["choices"][0]["logprobs"];
  EXPECT_EQ(logprobs["tokens"], Json({"b", "b", "b"}));
  EXPECT_TRUE(logprobs["top_logprobs"][0].contains("a")); // the model's own, before the bias
  EXPECT_GT(logprobs["top_logprobs"][0]["a"], logprobs["token_logprobs"][0]);
  body = {{"prompt", "aaaaaaaaaa"}, {"max_tokens", 12}, {"temperature", 0}, {"presence_penalty", 2}, {"frequency_penalty", 2}};
  EXPECT_NE(answered("/v1/completions", body)["choices"][0]["text"], std::string(12, 'a'));
  body = {{"messages", {{{"role", "user"}, {"content", "qqqqqqqqqq"}}}}, {"max_tokens", 2}, {"temperature", 0}, {"logprobs", true}, {"top_logprobs", 3}};
  json = answered("/v1/chat/completions", body);
  Json entry = json["choices"][0]["logprobs"]["content"][0];
  EXPECT_EQ(entry["token"], "q");
  EXPECT_EQ(entry["bytes"], Json({113}));
  EXPECT_EQ(entry["top_logprobs"].size(), 3u);
}

TEST_F(Serving, TheSameSeedDrawsTheSame) {
  Json body = {{"prompt", "abcdefgh"}, {"max_tokens", 20}, {"temperature", 1}, {"seed", 7}, {"n", 3}};
  Json first = answered("/v1/completions", body)["choices"], second = answered("/v1/completions", body)["choices"];
  EXPECT_EQ(first, second);
  EXPECT_NE(first[0]["text"], first[1]["text"]);
}

TEST_F(Serving, AnAnswerIsWhatItIsAlone) {
  std::vector<std::string> alone;
  std::vector<Json> bodies;
  for (int i = 0; i < 12; ++i)
    bodies.push_back({{"prompt", std::string(static_cast<size_t>(7 + 37 * i), static_cast<char>('a' + i)) + "xyz"}, {"max_tokens", 20 + i},
                      {"temperature", 1.5}, {"seed", i}});
  for (const Json &body : bodies)
    alone.push_back(answered("/v1/completions", body)["choices"][0]["text"]);
  std::vector<std::shared_ptr<RecordedReply>> replies;
  for (const Json &body : bodies)
    replies.push_back(ask("/v1/completions", body.dump()));
  for (size_t i = 0; i < replies.size(); ++i) {
    ASSERT_TRUE(replies[i]->wait());
    EXPECT_EQ(replies[i]->json()["choices"][0]["text"], alone[i]) << i;
  }
}

TEST_F(Serving, APromptOverTheWindowIsNeverCut) {
  Json body = {{"prompt", std::string(100, 'q')}, {"memory", "off"}};
  Json json = answered("/v1/completions", body, 400);
  EXPECT_EQ(json["error"]["code"], "context_length_exceeded");
  EXPECT_NE(json["error"]["message"].get<std::string>().find("100 tokens"), std::string::npos) << json;
  EXPECT_NE(json["error"]["message"].get<std::string>().find("window has 64"), std::string::npos) << json;
  body["memory"] = "on";
  json = answered("/v1/completions", body);
  EXPECT_EQ(json["usage"]["longc"]["tokens_in_memory"], 100 - fake::lastContext);
  body = {{"prompt", std::string(64, 'q')}, {"memory", "off"}, {"max_tokens", 1000}};
  json = answered("/v1/completions", body); // the window is full: it has one word
  EXPECT_EQ(json["usage"]["completion_tokens"], 1);
  EXPECT_EQ(json["choices"][0]["finish_reason"], "length");
}

TEST_F(Serving, EveryFieldIsChecked) {
  const Json good = {{"prompt", "a"}, {"max_tokens", 1}};
  const std::pair<const char *, Json> cases[] = {
      {"temperature", -1}, {"temperature", "hot"}, {"temperature", 1e308}, {"top_p", 2}, {"n", 0}, {"n", 17}, {"n", 1.5},
      {"n", "2"}, {"max_tokens", -1}, {"max_tokens", 1e99}, {"stop", 3}, {"stop", {"a", "b", "c", "d", "e"}}, {"stop", {""}},
      {"stop", {1}}, {"logit_bias", {{"999", 1}}}, {"logit_bias", {{"-1", 1}}}, {"logit_bias", {{"x", 1}}}, {"logit_bias", {{"1", 101}}},
      {"logit_bias", {1}}, {"seed", "x"}, {"stream", "yes"}, {"stream_options", {{"include_usage", true}}}, {"memory", "maybe"},
      {"presence_penalty", 3}, {"logprobs", 21}, {"prompt", ""}, {"prompt", Json::array()}, {"prompt", {1, -1}}, {"prompt", {258}},
      {"prompt", {2147483648}}, {"prompt", {{"a", 1}}}, {"prompt", 3}, {"suffix", "x"}, {"best_of", 3}};
  for (const auto &[name, value] : cases) {
    Json body = good;
    body[name] = value;
    Json json = answered("/v1/completions", body, 400);
    EXPECT_EQ(json["error"]["type"], "invalid_request_error");
    EXPECT_EQ(json["error"]["param"].get<std::string>().substr(0, std::string(name).size()), name) << json;
  }
  for (const char *body : {"", "{", "[]", "3", "{\"prompt\":\"a\",\"prompt\":\"b\"}", "{\"prompt\":\"\xff\"}"}) {
    auto reply = ask("/v1/completions", body);
    ASSERT_TRUE(reply->wait());
    EXPECT_EQ(reply->response.status, 400) << body;
  }
  for (const char *messages : {"[]", "{}", "[3]", "[{}]", "[{\"role\":\"user\"}]", "[{\"role\":\"king\",\"content\":\"a\"}]",
                               "[{\"role\":\"user\",\"content\":3}]", "[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\"}]}]"}) {
    auto reply = ask("/v1/chat/completions", std::string("{\"messages\":") + messages + "}");
    ASSERT_TRUE(reply->wait());
    EXPECT_EQ(reply->response.status, 400) << messages;
    EXPECT_EQ(reply->json()["error"]["param"].get<std::string>().substr(0, 8), "messages");
  }
  EXPECT_EQ(answered("/v1/completions", {{"prompt", "a"}, {"model", "other"}}, 404)["error"]["code"], "model_not_found");
}

TEST_F(Serving, PathsMethodsAndTypes) {
  EXPECT_EQ(ask("/nowhere", "")->response.status, 404);
  EXPECT_EQ(ask("/v1/completions", "", "", "GET")->response.status, 405);
  EXPECT_EQ(ask("/health", "", "", "GET")->json()["status"], "ok");
  EXPECT_EQ(ask("/ready", "", "", "HEAD")->response.status, 200);
  EXPECT_EQ(ask("/v1/models", "", "", "GET")->json()["data"][0]["id"], "counter");
  EXPECT_EQ(ask("/v1/models/counter", "", "", "GET")->json()["id"], "counter");
  EXPECT_EQ(ask("/v1/models/other", "", "", "GET")->response.status, 404);
  EXPECT_NE(ask("/metrics", "", "", "GET")->body.find("longc:time_to_first_token_seconds_bucket{le=\"+Inf\"}"), std::string::npos);
  auto reply = std::make_shared<RecordedReply>();
  service->handle({"POST", "/v1/completions", "", "", "text/plain", "", "{\"prompt\":\"a\"}"}, reply);
  ASSERT_TRUE(reply->wait());
  EXPECT_EQ(reply->response.status, 415);
}

TEST_F(Serving, PagesOfOtherSitesGetNoWord) {
  open();
  for (auto [origin, allowed] : {std::pair("http://localhost:5173", true), std::pair("http://127.0.0.1", true),
                                 std::pair("http://localhost.example.com", false), std::pair("https://example.com", false)}) {
    auto reply = std::make_shared<RecordedReply>();
    service->handle({"OPTIONS", "/v1/completions", "", "", "", origin, ""}, reply);
    EXPECT_EQ(reply->response.status, 204);
    EXPECT_EQ(!reply->response.headers.empty(), allowed) << origin;
  }
}

TEST_F(Serving, KeysAreAskedForEverywhereButForHealth) {
  keys = ApiKeys({"one", "another key"});
  for (const char *key : {"", "on", "onee", "One"})
    EXPECT_EQ(ask("/v1/models", "", key, "GET")->response.status, 401) << key;
  EXPECT_EQ(ask("/nowhere", "")->response.status, 401);
  EXPECT_EQ(ask("/health", "", "", "GET")->response.status, 200);
  EXPECT_EQ(ask("/v1/models", "", "another key", "GET")->response.status, 200);
  EXPECT_NE(*keys.ownerOf("Bearer one"), *keys.ownerOf("Bearer another key"));
  EXPECT_FALSE(keys.ownerOf("Basic one"));
}

TEST_F(Serving, WhoLeavesGivesTheirPlacesBack) {
  scheduling.places = 2;
  Json endless = {{"prompt", "aab"}, {"max_tokens", 2'000'000}, {"temperature", 0}, {"stream", true}};
  scheduling.memoryBytes = 1e15;
  std::vector<std::shared_ptr<RecordedReply>> replies;
  for (int i = 0; i < 6; ++i)
    replies.push_back(ask("/v1/completions", endless.dump()));
  for (auto &reply : replies)
    reply->gone = true;
  EXPECT_EQ(answered("/v1/completions", {{"prompt", "ccd"}, {"max_tokens", 1}, {"temperature", 0}})["choices"][0]["text"], "c");
  waitIdle();
  EXPECT_EQ(metrics.aborted, 6);
}

TEST_F(Serving, ALongLineIsRefusedWithATime) {
  scheduling.places = 1;
  scheduling.mostWaiting = 2;
  scheduling.memoryBytes = 1e15;
  Json endless = {{"prompt", "aab"}, {"max_tokens", 2'000'000}, {"temperature", 0}, {"stream", true}};
  std::vector<std::shared_ptr<RecordedReply>> replies;
  for (int i = 0; i < 3; ++i)
    replies.push_back(ask("/v1/completions", endless.dump()));
  auto refused = ask("/v1/completions", Json({{"prompt", "a"}}).dump());
  ASSERT_TRUE(refused->wait());
  EXPECT_EQ(refused->response.status, 429);
  EXPECT_EQ(refused->json()["error"]["code"], "rate_limit_exceeded");
  EXPECT_EQ(refused->response.headers[0].first, "Retry-After");
  EXPECT_EQ(answered("/v1/completions", {{"prompt", "a"}, {"n", 2}}, 400)["error"]["param"], "n");
  scheduler->cancelAll(); // what runs is told so
  for (auto &reply : replies) {
    ASSERT_TRUE(reply->wait());
    EXPECT_EQ(reply->events().back()["error"]["code"], "overloaded");
  }
}

TEST_F(Serving, WhatMemoryCannotHoldIsRefused) {
  scheduling.memoryBytes = 4096;
  Json json = answered("/v1/completions", {{"prompt", "a"}, {"max_tokens", 1'000'000}}, 400);
  EXPECT_EQ(json["error"]["code"], "context_length_exceeded");
}

// One owner's long line does not hold another's single prompt.
TEST_F(Serving, PlacesGoToWhoWasServedLeast) {
  keys = ApiKeys({"many", "one"});
  scheduling.places = 1;
  std::vector<std::shared_ptr<RecordedReply>> replies;
  std::atomic<int> finished{0};
  Json body = {{"prompt", "aab"}, {"max_tokens", 400}, {"temperature", 0}};
  for (int i = 0; i < 30; ++i)
    replies.push_back(ask("/v1/completions", body.dump(), "many"));
  auto single = ask("/v1/completions", Json({{"prompt", "aab"}, {"max_tokens", 1}, {"temperature", 0}}).dump(), "one");
  ASSERT_TRUE(single->wait());
  for (auto &reply : replies)
    finished += reply->done;
  EXPECT_LT(finished, 30);
  for (auto &reply : replies)
    ASSERT_TRUE(reply->wait());
}

TEST_F(Serving, ToolsAreTheTemplates) {
  const std::string call = "<tool_call>\n{\"name\": \"weather\", \"arguments\": {\"city\": \"Paris\"}}\n</tool_call>";
  Json body = {{"messages", {{{"role", "user"}, {"content", "qqqq"}}}}, {"max_tokens", 1}, {"temperature", 0},
               {"tools", {{{"type", "function"}, {"function", {{"name", "weather"}}}}}}};
  answered("/v1/chat/completions", body);
  auto prompt = answered("/apply-template", {{"messages", body["messages"]}, {"tools", body["tools"]}})["prompt"].get<std::string>();
  EXPECT_NE(prompt.find("\"weather\""), std::string::npos);
  body["tool_choice"] = "required";
  answered("/v1/chat/completions", body, 400);
  close();
  model.templateSource = "no place";
  body.erase("tool_choice");
  answered("/v1/chat/completions", body, 400);
}

// A document says 'z' often; a question that says little is answered with it.
struct Documents : Serving {
  std::string text = std::string(500, 'z') + " the word is here and nowhere else " + std::string(200, 'y');

  Json add(const Json &body, const std::string &key = "") {
    auto reply = ask("/v1/documents", body.dump(), key);
    EXPECT_TRUE(reply->wait());
    EXPECT_TRUE(reply->response.status == 202 || reply->response.status == 200) << reply->body;
    return reply->json();
  }
  Json show(const std::string &id, const std::string &key = "") {
    auto reply = ask("/v1/documents/" + id, "", key, "GET");
    EXPECT_TRUE(reply->wait());
    return reply->json();
  }
  std::string readText(const std::string &text, const std::string &key = "") {
    const std::string id = add({{"text", text}, {"name", "of the test"}}, key)["id"];
    auto events = ask("/v1/documents/" + id + "/events", "", key, "GET");
    EXPECT_TRUE(events->wait());
    EXPECT_EQ(show(id, key)["status"], "ready") << show(id, key);
    return id;
  }
  Json answer(const Json &documents, const std::string &prompt = "ab", int status = 200, const std::string &key = "") {
    auto reply = ask("/v1/completions", Json({{"prompt", prompt}, {"max_tokens", 4}, {"temperature", 0}, {"documents", documents}}).dump(), key);
    EXPECT_TRUE(reply->wait());
    EXPECT_EQ(reply->response.status, status) << reply->body;
    return reply->json();
  }
};

TEST_F(Documents, AreReadOnceAndKnownByWhoBroughtThem) {
  keys = ApiKeys({"mine", "other"});
  const std::string id = readText(text, "mine");
  Json known = answer({id}, "ab", 200, "mine");
  EXPECT_EQ(known["choices"][0]["text"], "zzzz");
  EXPECT_GT(known["usage"]["longc"]["memory_hits"], 0);
  EXPECT_EQ(known["usage"]["longc"]["document_tokens"], text.size());
  EXPECT_EQ(add({{"text", text}}, "mine")["id"], id);
  EXPECT_EQ(add({{"text", text}}, "mine")["status"], "ready");
  EXPECT_EQ(answer({id}, "ab", 404, "other")["error"]["code"], "document_not_found");
  EXPECT_EQ(ask("/v1/documents/" + id, "", "other", "DELETE")->wait(), true);
  EXPECT_EQ(show(id, "mine")["tokens"], text.size());
  auto list = ask("/v1/documents", "", "other", "GET");
  ASSERT_TRUE(list->wait());
  EXPECT_TRUE(list->json()["data"].empty());
}

TEST_F(Documents, WithoutThemTheAnswerIsAnother) {
  const std::string id = readText(text), other = readText(std::string(900, 'x'));
  EXPECT_EQ(answered("/v1/completions", {{"prompt", "aab"}, {"max_tokens", 4}, {"temperature", 0}})["choices"][0]["text"], "aaaa");
  EXPECT_EQ(answer({id}, "aab")["choices"][0]["text"], "zzzz");
  EXPECT_EQ(answer({other, id}, "aab")["choices"][0]["text"], "xxxx"); // 900 of these, 500 of those
  EXPECT_EQ(answer({id, other}, "aab")["choices"][0]["text"], "xxxx");
  EXPECT_EQ(answer({id, id}, "aab", 400)["error"]["param"], "documents");
  EXPECT_EQ(answered("/v1/completions", {{"prompt", "a"}, {"documents", {id}}, {"memory", "off"}}, 400)["error"]["param"], "documents");
}

TEST_F(Documents, DeletingDeletes) {
  shelving.folder = fake::temporaryPath("shelf-deleting");
  std::filesystem::remove_all(shelving.folder);
  const std::string id = readText(text);
  const int64_t pages = metrics.memoryEntries;
  EXPECT_EQ(pages, static_cast<int64_t>(text.size()));
  auto deleted = ask("/v1/documents/" + id, "", "", "DELETE");
  ASSERT_TRUE(deleted->wait());
  EXPECT_EQ(deleted->json()["deleted"], true);
  EXPECT_EQ(answer({id}, "ab", 404)["error"]["code"], "document_not_found");
  waitIdle();
  answered("/v1/completions", {{"prompt", "a"}}); // behind what was posted
  EXPECT_EQ(metrics.memoryEntries, 0);
  EXPECT_EQ(scheduler->store()->pages().usedPages(), 0);
  EXPECT_TRUE(std::filesystem::is_empty(shelving.folder + "/public"));
}

TEST_F(Documents, OutliveTheServerAndTravel) {
  shelving.folder = fake::temporaryPath("shelf-outliving");
  std::filesystem::remove_all(shelving.folder);
  const std::string id = readText(text);
  const Json before = answer({id}, "aab");
  auto file = ask("/v1/documents/" + id + "/export", "");
  ASSERT_TRUE(file->wait());
  EXPECT_EQ(file->response.type, "application/octet-stream");
  close();
  open();
  EXPECT_EQ(show(id)["status"], "ready");
  EXPECT_EQ(show(id)["name"], "of the test");
  EXPECT_EQ(answer({id}, "aab")["choices"], before["choices"]);
  close();
  shelving.folder = fake::temporaryPath("shelf-elsewhere");
  std::filesystem::remove_all(shelving.folder);
  open();
  for (size_t cut : {size_t(0), size_t(10), file->body.size() / 2, file->body.size() - 1}) {
    auto refused = ask("/v1/documents/import", file->body.substr(0, cut));
    ASSERT_TRUE(refused->wait());
    EXPECT_EQ(refused->response.status, 422) << cut;
  }
  auto imported = ask("/v1/documents/import", file->body);
  ASSERT_TRUE(imported->wait());
  EXPECT_EQ(imported->json()["id"], id) << imported->body;
  EXPECT_EQ(answer({id}, "aab")["choices"], before["choices"]);
  close();
  model.session.policy.window = 32; // read with other windows: it stays, and is not used
  model.session.policy.lastContext = 8;
  open();
  EXPECT_EQ(show(id)["status"], "failed");
  EXPECT_EQ(answer({id}, "aab", 422)["error"]["code"], "document_failed");
}

TEST_F(Documents, LivesEndAndQuotasHold) {
  Json forever = add({{"text", text}});
  EXPECT_TRUE(forever["expires_at"].is_null());
  auto changed = ask("/v1/documents/" + forever["id"].get<std::string>(), R"({"ttl": 1})", "", "PATCH");
  ASSERT_TRUE(changed->wait());
  EXPECT_FALSE(changed->json()["expires_at"].is_null()) << changed->body;
  for (int i = 0; i < 3000 && metrics.documents > 0; ++i) // nobody asks for it
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_EQ(show(forever["id"])["error"]["code"], "document_not_found");
  close();
  shelving.quotaBytes = 1000;
  auto refused = ask("/v1/documents", Json({{"text", text}}).dump());
  ASSERT_TRUE(refused->wait());
  EXPECT_EQ(refused->response.status, 413);
  for (const Json &bad : {Json({{"text", ""}}), Json({{"text", 3}}), Json({{"text", "a"}, {"method", "lift"}}), Json({{"text", "a"}, {"ttl", -1}}),
                          Json({{"file", "/etc/passwd"}}), Json::object(), Json({{"text", "a"}, {"name", std::string(300, 'x')}})}) {
    auto reply = ask("/v1/documents", bad.dump());
    ASSERT_TRUE(reply->wait());
    EXPECT_EQ(reply->response.status, 400) << bad;
  }
  for (const char *name : {"..", "%2e%2e", "doc_", "doc_0000", "x/../y"}) {
    auto reply = ask(std::string("/v1/documents/") + name, "", "", "GET");
    ASSERT_TRUE(reply->wait());
    EXPECT_EQ(reply->response.status, 404) << name;
  }
}

TEST_F(Documents, CitationsArePlacesInTheText) {
  const std::string id = readText(text);
  Json body = {{"messages", {{{"role", "user"}, {"content", "where is the word?"}}}}, {"max_tokens", 1}, {"documents", {id}}, {"citations", true}};
  Json json = answered("/v1/chat/completions", body);
  ASSERT_FALSE(json["citations"].empty()) << json;
  const size_t begin = json["citations"][0]["start"], end = json["citations"][0]["end"];
  EXPECT_NE(text.substr(begin, end - begin).find("the word is here"), std::string::npos);
  EXPECT_EQ(json["citations"][0]["text"], text.substr(begin, end - begin));
}

// Answers go on while a long document is read.
TEST_F(Documents, ReadingHoldsNobody) {
  Json added = add({{"text", std::string(400'000, 'z')}});
  EXPECT_EQ(answered("/v1/completions", {{"prompt", "aab"}, {"max_tokens", 4}, {"temperature", 0}})["choices"][0]["text"], "aaaa");
  EXPECT_EQ(answer({added["id"]}, "ab", 409)["error"]["code"], "document_not_ready");
  EXPECT_EQ(show(added["id"])["status"], "ingesting");
  auto deleted = ask("/v1/documents/" + added["id"].get<std::string>(), "", "", "DELETE");
  ASSERT_TRUE(deleted->wait());
}

} // namespace
} // namespace longc
