// Documents of a server: read once, named, kept, ended.
#include "test/runtime/Serving.h"

#include <filesystem>
#include <future>
#include <set>

namespace longc {
namespace {

using namespace fake;

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
  int64_t usedPages() { // as the engine's thread, whose they are, knows it
    std::promise<int64_t> pages;
    scheduler->post([&] { pages.set_value(scheduler->store()->pages().usedPages()); });
    return pages.get_future().get();
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
  EXPECT_EQ(usedPages(), 0);
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
  for (const Json &bad : {Json({{"text", ""}}), Json({{"text", 3}}), Json({{"text", "a"}, {"method", "soft"}}), Json({{"text", "a"}, {"ttl", -1}}),
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

// A token has a page of memory if it is alone.
TEST_F(Documents, SmallOnesCountAsTheirPages) {
  open();
  shelving.quotaBytes = 3.5 * pageRows * static_cast<double>(engine->memoryBytesPerToken());
  close();
  open();
  for (const char *small : {"a", "b", "c"})
    readText(small);
  auto refused = ask("/v1/documents", Json({{"text", "d"}}).dump());
  ASSERT_TRUE(refused->wait());
  EXPECT_EQ(refused->response.status, 413);
  EXPECT_EQ(usedPages(), 3);
}

// A full disk: what cannot be kept is no document, and takes no memory.
TEST_F(Documents, WhatCannotBeWrittenFails) {
  shelving.folder = fake::temporaryPath("shelf-full");
  std::filesystem::remove_all(shelving.folder);
  open();
  fake::writeTemporary("shelf-full/public", "no folder");
  Json added = add({{"text", text}});
  auto events = ask("/v1/documents/" + added["id"].get<std::string>() + "/events", "", "", "GET");
  ASSERT_TRUE(events->wait());
  Json failed = show(added["id"]);
  EXPECT_EQ(failed["status"], "failed");
  EXPECT_NE(failed["error"].get<std::string>().find("cannot write"), std::string::npos) << failed;
  EXPECT_EQ(failed["error"].get<std::string>().find(shelving.folder), std::string::npos) << failed; // no affair of clients
  EXPECT_EQ(answer({added["id"]}, "ab", 422)["error"]["code"], "document_failed");
  for (int i = 0; i < 3000 && usedPages() > 0; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_EQ(metrics.memoryEntries, 0);
  EXPECT_EQ(usedPages(), 0);
  std::filesystem::remove_all(shelving.folder); // there is room again
  readText(text);
}

// What a server leaves that was killed while it wrote: nothing of it is a document, and none outlives its end.
TEST_F(Documents, WhatAKilledServerLeavesGoes) {
  shelving.folder = fake::temporaryPath("shelf-killed");
  std::filesystem::remove_all(shelving.folder);
  const std::string id = readText(text), folder = shelving.folder + "/public/";
  auto about = ask("/v1/documents/" + id, R"({"ttl": 1000})", "", "PATCH");
  ASSERT_TRUE(about->wait());
  close();
  auto file = FileBytes::open(folder + id + ".document");
  std::string bytes(file->size(), 0);
  ASSERT_TRUE(file->read(0, bytes));
  const std::string other = "doc_00000000000000000000000000000000";
  for (const char *left : {"import-7.partial", "doc_1.document.0123456789abcdef.partial", "doc_2.json"})
    fake::writeTemporary(std::string("shelf-killed/public/") + left, "x");
  fake::writeTemporary("shelf-killed/public/notes.json", "somebody's");
  fake::writeTemporary("shelf-killed/public/" + other + ".document", bytes.substr(0, bytes.size() / 2));
  open();
  EXPECT_EQ(show(id)["status"], "ready");
  EXPECT_FALSE(show(id)["expires_at"].is_null());
  EXPECT_EQ(show(other)["status"], "failed");
  EXPECT_EQ(answer({other}, "ab", 422)["error"]["code"], "document_failed");
  std::set<std::string> names;
  for (const auto &entry : std::filesystem::directory_iterator(folder))
    names.insert(entry.path().filename());
  EXPECT_EQ(names, (std::set<std::string>{id + ".document", id + ".json", other + ".document", "notes.json"}));
}

TEST_F(Documents, AFolderIsOfOneServer) {
  shelving.folder = fake::temporaryPath("shelf-locked");
  std::filesystem::remove_all(shelving.folder);
  open();
  const auto second = DocumentShelf::open(shelving, *scheduler, *tokenizer, metrics);
  EXPECT_EQ(second.status().code(), 7504);
  EXPECT_NE(second.status().message().find("another server"), std::string::npos) << second.status().text();
  readText(text); // the first is none the worse for it
  close();
  open();
}

// The server ends while documents are read and written.
TEST_F(Documents, TheEndMayComeAtAnyTime) {
  shelving.folder = fake::temporaryPath("shelf-ending");
  for (int moment = 0; moment < 12; ++moment) {
    std::filesystem::remove_all(shelving.folder);
    open();
    Json added = add({{"text", std::string(20'000 + static_cast<size_t>(moment), 'z')}});
    auto events = ask("/v1/documents/" + added["id"].get<std::string>() + "/events", "", "", "GET");
    show(added["id"]); // behind it
    std::this_thread::sleep_for(std::chrono::milliseconds(moment * 3));
    close();
    ASSERT_TRUE(events->wait()) << moment;
    open(); // it is there as a whole, or not at all
    const Json kept = ask("/v1/documents", "", "", "GET")->wait() ? show(added["id"]) : Json();
    EXPECT_TRUE(kept.contains("error") && (kept["error"].is_null() ? kept["status"] == "ready" : kept["error"]["code"] == "document_not_found")) << kept;
    close();
  }
}

TEST_F(Documents, CitationsArePlacesInTheText) {
  const std::string id = readText(text);
  Json body = {{"messages", {{{"role", "user"}, {"content", "where is the word?"}}}}, {"max_tokens", 1}, {"documents", {id}}, {"citations", true}};
  Json json = answered("/v1/chat/completions", body);
  const auto found = std::ranges::find_if(json["citations"], [](const Json &citation) { return citation["by"] == "words"; });
  ASSERT_NE(found, json["citations"].end()) << json;
  const size_t begin = (*found)["start"], end = (*found)["end"];
  EXPECT_NE(text.substr(begin, end - begin).find("the word is here"), std::string::npos);
  EXPECT_EQ((*found)["text"], text.substr(begin, end - begin));
}

// Twenty pages, each with one letter most of all. Those of the answer, which is the most frequent one, fill the eighth.
TEST_F(Documents, CitationsAreWhatAnAnswerRestsOn) {
  std::string pages;
  for (char letter = 'a'; letter < 'u'; ++letter)
    pages += std::string(pageRows, letter);
  pages.replace(7 * pageRows, pageRows + 44, pageRows + 44, 'z');
  const std::string id = readText(pages), other = readText(std::string(70, 'y'));
  for (const bool streams : {false, true}) {
    auto reply = ask("/v1/completions", Json({{"prompt", "ab"}, {"max_tokens", 4}, {"temperature", 0}, {"documents", {other, id}}, {"citations", true}, {"n", 2},
                                              {"stream", streams}}).dump());
    ASSERT_TRUE(reply->wait());
    const std::vector<Json> events = streams ? reply->events() : std::vector<Json>{reply->json(), "[DONE]"};
    const Json &json = events[events.size() - 2];
    ASSERT_EQ(json["citations"].size(), 1u) << json;
    const Json &citation = json["citations"][0];
    EXPECT_EQ(citation["by"], "memory");
    EXPECT_EQ(citation["document"], id);
    EXPECT_EQ(citation["start"], 7 * pageRows);
    EXPECT_EQ(citation["end"], 8 * pageRows);
    EXPECT_EQ(citation["text"], std::string(pageRows, 'z'));
    EXPECT_GT(citation["score"], 4);
  }
  EXPECT_EQ(usedPages(), 21); // of the documents alone
  EXPECT_FALSE(answer({id}).contains("citations"));
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
