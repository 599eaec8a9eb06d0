// A server without its network, on the fake program.
#pragma once

#include "test/runtime/FakeProgram.h"
#include "test/runtime/RecordedReply.h"

#include "runtime/http/Service.h"
#include "runtime/serve/ProgramTokenizer.h"

#include <future>
#include <gtest/gtest.h>
#include <thread>

namespace longc::fake {

using Json = nlohmann::json;

inline const char *const chatml = "{% for m in messages %}<|start|>{{ m.role }}\n{{ m.content }}<|end|>\n{% endfor %}"
                                  "{% if tools %}{{ tools | tojson }}<tool_call>{% endif %}"
                                  "{% if add_generation_prompt %}<|start|>assistant\n{% endif %}";

struct Serving : testing::Test {
  Serving() {
    auto file = writeTemporary("serve-program", programFile("x", fake::program(), fake::weights()));
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
    std::promise<void> behind; // the call that ended last, which lets go of its task after telling
    scheduler->post([&] { behind.set_value(); });
    behind.get_future().wait();
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

} // namespace longc::fake
