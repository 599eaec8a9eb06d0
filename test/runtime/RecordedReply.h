// An answer over HTTP as it would have travelled, for tests without a network.
#pragma once

#include "runtime/http/HttpMessage.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace longc::fake {

class RecordedReply : public HttpReply {
public:
  void send(HttpResponse response) override {
    note([&] {
      this->response = std::move(response);
      body = this->response.body;
      if (const auto &file = this->response.file) {
        body.resize(file->size());
        if (!file->read(0, body))
          body.clear();
      }
      done = true;
    });
  }
  void begin(HttpResponse response, std::string) override {
    note([&] { this->response = std::move(response); });
  }
  void write(std::string piece) override {
    note([&] { body += piece; });
    if (onWrite)
      onWrite(body);
  }
  void end() override {
    note([&] { done = true; });
  }
  bool isGone() const override { return gone; }

  /// False if the answer is not over within half a minute.
  bool wait() {
    std::unique_lock lock(mutex);
    return wake.wait_for(lock, std::chrono::seconds(30), [this] { return done; });
  }
  nlohmann::json json() { return nlohmann::json::parse(body, nullptr, false); }
  /// The events of a stream; the last is the text [DONE].
  std::vector<nlohmann::json> events() {
    std::vector<nlohmann::json> events;
    for (size_t begin = 0; begin < body.size();) {
      size_t end = body.find("\n\n", begin);
      std::string event = body.substr(begin, end - begin);
      begin = end == std::string::npos ? body.size() : end + 2;
      if (event.rfind("data: ", 0) == 0)
        events.push_back(event == "data: [DONE]" ? nlohmann::json("[DONE]") : nlohmann::json::parse(event.substr(6), nullptr, false));
    }
    return events;
  }

  HttpResponse response;
  std::string body;
  bool done = false;
  std::atomic<bool> gone{false};
  std::function<void(const std::string &body)> onWrite;

private:
  template <typename Change> void note(Change change) {
    std::lock_guard lock(mutex);
    change();
    wake.notify_all();
  }
  std::mutex mutex;
  std::condition_variable wake;
};

} // namespace longc::fake
