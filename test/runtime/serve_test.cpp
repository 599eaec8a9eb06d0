// The server without its network, on the fake program: bodies and events, limits, places, who leaves.
#include "test/runtime/Serving.h"

#include <future>
#include <set>

namespace longc {
namespace {

using namespace fake;

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
  EXPECT_GT(json["timings"]["prompt_ms"], 0); // of an answer whose first token is the end, too
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

TEST_F(Serving, WhereNoTokenIsMadeNoneHasATime) {
  auto counted = [&](const char *count) { return ask("/metrics", "", "", "GET")->body.find(std::string("longc:time_to_first_token_seconds_count ") + count + "\n") != std::string::npos; };
  const Json none = answered("/v1/completions", {{"prompt", "aab"}, {"max_tokens", 0}, {"echo", true}});
  EXPECT_EQ(none["choices"][0]["text"], "aab");
  EXPECT_EQ(none["timings"]["predicted_ms"], 0);
  EXPECT_GT(none["timings"]["prompt_ms"], 0);
  EXPECT_TRUE(counted("0"));
  answered("/v1/completions", {{"prompt", "aab"}, {"max_tokens", 1}});
  EXPECT_TRUE(counted("1"));
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
  body = {{"prompt", "aaaaaaaaaa"}, {"max_tokens", 4}, {"temperature", 0}, {"logprobs", 1}, {"ignore_eos", true}};
  EXPECT_EQ(answered("/v1/completions", body)["choices"][0]["text"], "aaaa");
  for (bool isPlain : {true, false}) { // alone, and beside what else changes logits
    body["logit_bias"] = isPlain ? Json::object() : Json({{"122", -1}});
    body["repetition_penalty"] = 100;
    json = answered("/v1/completions", body);
    std::set<std::string> tokens{"a"}; // none of the prompt's, none twice
    for (const Json &token : json["choices"][0]["logprobs"]["tokens"])
      EXPECT_TRUE(tokens.insert(token).second) << json;
    EXPECT_EQ(tokens.size(), 5u) << json;
    body["repetition_penalty"] = 0.01; // rewards what was there
    EXPECT_EQ(answered("/v1/completions", body)["choices"][0]["text"], "aaaa");
  }
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
      {"presence_penalty", 3}, {"repetition_penalty", 0}, {"logprobs", 21}, {"prompt", ""}, {"prompt", Json::array()}, {"prompt", {1, -1}}, {"prompt", {258}},
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

// Many times its body is what a body of many values takes, and what is told of unknown fields.
TEST_F(Serving, WideBodiesAreBounded) {
  std::string zeros = "{\"prompt\":[0";
  for (int i = 0; i < 4'000'000; ++i)
    zeros += ",0";
  auto reply = ask("/v1/completions", zeros + "]}");
  ASSERT_TRUE(reply->wait());
  EXPECT_EQ(reply->response.status, 400);
  EXPECT_EQ(reply->json()["error"]["code"], "invalid_json");
  Json body = {{"prompt", "a"}, {"max_tokens", 1}};
  for (int i = 0; i < 1000; ++i)
    body["unknown " + std::to_string(i)] = i;
  const Json warnings = answered("/v1/completions", body)["warnings"];
  EXPECT_EQ(warnings.size(), 17);
  EXPECT_EQ(warnings.back(), "984 more unknown fields were ignored");
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
  auto spelt = std::make_shared<RecordedReply>();
  service->handle({"POST", "/v1/completions", "", "", "Application/JSON ; charset=utf-8", "", "{\"prompt\":\"a\",\"max_tokens\":1}"}, spelt);
  ASSERT_TRUE(spelt->wait());
  EXPECT_EQ(spelt->response.status, 200);
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

// Each adapter is asked as it says, whoever else is in the call.
TEST_F(Serving, EveryAdapterHasItsOwnTemperature) {
  const Json body = {{"prompt", std::string(200, 'a') + "bcd"}, {"max_tokens", 1}, {"temperature", 0}, {"logprobs", 2}};
  const auto told = [&](Json asked) { return answered("/v1/completions", asked)["choices"][0]["logprobs"]["token_logprobs"]; };
  std::vector<SessionOptions> sessions(2, model.session);
  sessions[0].temperature.fixed = 1e-5;
  sessions[1].temperature.fixed = 3e-5;
  std::vector<Json> alone;
  for (const SessionOptions &session : sessions) {
    model.session = session;
    alone.push_back(told(body));
    close();
  }
  ASSERT_NE(alone[0], alone[1]);
  model.session = sessions[0];
  model.adapters = {"one", "other"};
  model.adapterValues = {std::make_shared<const ParameterArray>(), std::make_shared<const ParameterArray>()};
  model.adapterSessions = sessions;
  for (size_t adapter : {0u, 1u}) {
    Json asked = body;
    asked["adapter"] = model.adapters[adapter];
    EXPECT_EQ(told(asked), alone[adapter]);
  }
  EXPECT_EQ(told(body), alone[0]);
}

// Choices of one prompt are forks of it, and have its adapter; nobody holds it once they have ended.
TEST_F(Serving, ForksShareTheirAdapter) {
  model.adapters = {"one", "other"};
  model.adapterValues = {nullptr, std::make_shared<const ParameterArray>()};
  model.adapterSessions = {model.session, model.session};
  const std::shared_ptr<const ParameterArray> &adapter = model.adapterValues[1];
  long mostHolders = 0;
  int calls = 0, others = 0;
  scheduling.useAdapter = [&](const ParameterArray *used) {
    calls += used == adapter.get();
    others += used && used != adapter.get();
    mostHolders = std::max(mostHolders, adapter.use_count());
    return Status();
  };
  Json body = {{"prompt", "aab"}, {"max_tokens", 4}, {"temperature", 0}, {"n", 3}, {"adapter", "other"}};
  ask("/v1/completions", "{}")->wait(); // the service has its own copy of the model from here on
  const long before = adapter.use_count();
  const Json choices = answered("/v1/completions", body)["choices"];
  ASSERT_EQ(choices.size(), 3u);
  for (const Json &choice : choices)
    EXPECT_EQ(choice["text"], "aaaa");
  waitIdle();
  EXPECT_GE(calls, 4); // one for each token of all choices together
  EXPECT_EQ(others, 0);
  EXPECT_GT(mostHolders, before);
  EXPECT_EQ(adapter.use_count(), before);
}

// What a call that failed took of an adapter is off again, for work between calls and for who asks next.
TEST_F(Serving, NoAdapterIsLeftByACallThatFailed) {
  model.adapters = {"one", "other"};
  model.adapterValues = {std::make_shared<const ParameterArray>(), std::make_shared<const ParameterArray>()};
  model.adapterSessions = {model.session, model.session};
  const ParameterArray *other = model.adapterValues[1].get(); // the first is what the model is anyway
  std::vector<const ParameterArray *> used;
  bool fails = true;
  scheduling.useAdapter = [&](const ParameterArray *adapter) {
    used.push_back(adapter);
    return adapter == other && fails ? Status::error(7001, "out of memory") : Status();
  };
  const Json asked = {{"prompt", "ab"}, {"adapter", "other"}, {"max_tokens", 1}, {"temperature", 0}};
  auto failed = ask("/v1/completions", asked.dump());
  ASSERT_TRUE(failed->wait());
  EXPECT_GE(failed->response.status, 500) << failed->body;
  waitIdle();
  EXPECT_EQ(used, (std::vector<const ParameterArray *>{other, nullptr}));
  answered("/v1/completions", {{"prompt", "ab"}, {"max_tokens", 1}});
  fails = false;
  answered("/v1/completions", asked);
  waitIdle();
  EXPECT_EQ(used, (std::vector<const ParameterArray *>{other, nullptr, other, nullptr}));
}

// One prompt fits into the pages that are left but for what its windows see before them: it is refused, and the other is answered.
TEST_F(Serving, OnePromptThatDoesNotFitFailsAlone) {
  model.session.ingest = IngestMode::window;
  model.session.overlap = 16;
  open();
  std::promise<void> blocked, goesOn;
  std::vector<int32_t> taken;
  scheduler->post([&] {
    PagePool &pages = scheduler->store()->pages();
    while (pages.freePages() > 1 + 2) // of one token more than a page, and of the other prompt
      taken.push_back(*pages.take());
    blocked.set_value();
    goesOn.get_future().wait();
  });
  blocked.get_future().wait();
  auto small = ask("/v1/completions", Json({{"prompt", "aab"}, {"max_tokens", 4}, {"temperature", 0}}).dump());
  auto large = ask("/v1/completions", Json({{"prompt", std::string(256 + fake::lastContext + 1, 'q')}, {"max_tokens", 4}}).dump());
  goesOn.set_value();
  ASSERT_TRUE(small->wait() && large->wait());
  EXPECT_EQ(small->json()["choices"][0]["text"], "aaaa");
  EXPECT_EQ(large->response.status, 503) << large->body;
  EXPECT_EQ(large->json()["error"]["code"], "overloaded");
  waitIdle();
  scheduler->post([&] {
    for (int32_t page : taken)
      scheduler->store()->pages().release(page);
  });
  EXPECT_EQ(answered("/v1/completions", {{"prompt", std::string(256 + fake::lastContext + 1, 'q')}, {"max_tokens", 4}, {"temperature", 0}})["choices"][0]["text"], "qqqq");
}

// What takes longest gives way to what takes long, and that to answers.
TEST_F(Serving, LongWorkIsDoneWithinTheLongest) {
  open();
  std::atomic<bool> isOtherDone{false};
  std::promise<void> begun;
  std::promise<bool> ended;
  scheduler->postLongest([&] {
    begun.set_value();
    for (int i = 0; i < 3000 && !isOtherDone; ++i) {
      scheduler->serveOthers();
      scheduler->doLong();
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    ended.set_value(isOtherDone);
  });
  begun.get_future().wait();
  EXPECT_EQ(answered("/v1/completions", {{"prompt", "aab"}, {"max_tokens", 4}, {"temperature", 0}})["choices"][0]["text"], "aaaa");
  scheduler->postLong([&] { isOtherDone = true; });
  EXPECT_TRUE(ended.get_future().get());
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

// A chat's next turn goes on from its last one: the same answer, with less to read. Others' turns are not known.
TEST_F(Serving, ChatsGoOn) {
  keys = ApiKeys({"mine", "other"});
  scheduling.prefixes = 2;
  model.session.policy.memory = false;
  model.chatTemplate = std::move(*ChatTemplate::parse("{% for m in messages %}{{ m.content }}|{% endfor %}"));
  const auto chat = [&](const Json &messages, const std::string &key) {
    auto reply = ask("/v1/chat/completions", Json({{"messages", messages}, {"max_tokens", 5}, {"temperature", 0}, {"logprobs", true}}).dump(), key);
    EXPECT_TRUE(reply->wait());
    EXPECT_EQ(reply->response.status, 200) << reply->body;
    return reply->json();
  };
  Json messages = {{{"role", "user"}, {"content", "aaaaaaaaaaaaaaaaaaaab"}}};
  const Json first = chat(messages, "mine");
  EXPECT_EQ(first["usage"]["prompt_tokens_details"]["cached_tokens"], 0);
  messages.push_back(first["choices"][0]["message"]);
  messages.push_back({{"role", "user"}, {"content", "c"}});
  const Json other = chat(messages, "other"), second = chat(messages, "mine");
  EXPECT_EQ(other["usage"]["prompt_tokens_details"]["cached_tokens"], 0);
  EXPECT_EQ(second["usage"]["prompt_tokens_details"]["cached_tokens"], first["usage"]["prompt_tokens"]);
  EXPECT_EQ(second["choices"], other["choices"]);
  EXPECT_EQ(metrics.prefixHits, 1);
}

TEST_F(Serving, ToolsAreTheTemplates) {
  const std::string call = "<tool_call>\n{\"name\": \"weather\", \"arguments\": {\"city\": \"Paris\"}}\n</tool_call>";
  Json body = {{"messages", {{{"role", "user"}, {"content", "qqqq"}}}}, {"max_tokens", 1}, {"temperature", 0},
               {"tools", {{{"type", "function"}, {"function", {{"name", "weather"}}}}}}};
  answered("/v1/chat/completions", body);
  auto prompt = answered("/apply-template", {{"messages", body["messages"]}, {"tools", body["tools"]}})["prompt"].get<std::string>();
  EXPECT_NE(prompt.find("\"weather\""), std::string::npos);
  for (const Json &bad : {Json("maybe"), Json(3), Json::object(), Json({{"type", "function"}, {"function", {{"name", "other"}}}})}) {
    body["tool_choice"] = bad;
    EXPECT_EQ(answered("/v1/chat/completions", body, 400)["error"]["param"], "tool_choice") << bad;
  }
  EXPECT_EQ(answered("/v1/chat/completions", {{"messages", body["messages"]}, {"tool_choice", "required"}}, 400)["error"]["param"], "tool_choice");
  close();
  model.templateSource = "no place";
  body.erase("tool_choice");
  answered("/v1/chat/completions", body, 400);
}

// Whatever the model would rather say, the answer is a call of the tool, with arguments of its schema.
TEST_F(Serving, ToolsAreCalledWhereThatIsAskedFor) {
  const Json weather = {{"type", "function"}, {"function", {{"name", "weather"}, {"parameters", {{"type", "object"}, {"required", {"city"}},
                        {"properties", {{"city", {{"enum", {"Paris", "Rome"}}}}}}, {"additionalProperties", false}}}}}};
  const Json clock = {{"type", "function"}, {"function", {{"name", "clock"}, {"parameters", {{"type", "object"}, {"additionalProperties", false}}}}}};
  Json body = {{"messages", {{{"role", "user"}, {"content", "qqqq"}}}}, {"max_tokens", 200}, {"seed", 3}, {"n", 4}, {"tools", {weather, clock}}};
  body["tool_choice"] = {{"type", "function"}, {"function", {{"name", "weather"}}}};
  const Json named = answered("/v1/chat/completions", body);
  for (const Json &choice : named["choices"]) {
    ASSERT_EQ(choice["message"]["tool_calls"].size(), 1) << choice;
    const Json call = choice["message"]["tool_calls"][0]["function"];
    EXPECT_EQ(call["name"], "weather");
    EXPECT_TRUE(Json::parse(call["arguments"].get<std::string>())["city"].get<std::string>().find_first_of("PR") == 0) << call;
    EXPECT_EQ(choice["finish_reason"], "tool_calls");
  }
  body["tool_choice"] = "required";
  const Json any = answered("/v1/chat/completions", body);
  for (const Json &choice : any["choices"])
    EXPECT_EQ(choice["message"]["tool_calls"].size(), 1) << choice;
  body["response_format"] = {{"type", "json_object"}};
  EXPECT_EQ(answered("/v1/chat/completions", body, 400)["error"]["param"], "tool_choice");
}

} // namespace
} // namespace longc
