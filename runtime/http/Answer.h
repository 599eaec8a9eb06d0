// The answer to one request for text: choices that grow side by side, told whole or as events while they grow.
#pragma once

#include "runtime/core/Json.h"
#include "runtime/http/AnswerText.h"
#include "runtime/http/HttpMessage.h"
#include "runtime/http/RequestLog.h"
#include "runtime/http/Scheduler.h"

#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace longc {

/// What of a request its answer depends on.
struct AnswerPlan {
  bool chat = true, streams = false, includesUsage = false, tellsProgress = false;
  bool findsToolCalls = false, cites = false;
  bool awaitsEvidence = false; // one that cites documents that are memories
  int alternatives = -1; // as in TokenRules
  int choices = 1;       // of all prompts
  int64_t promptTokens = 0;
  int64_t topK = 0; // entries of memory that a query reads; 0: all
  std::string model, fingerprint, adapter, question;
  std::vector<std::shared_ptr<KeptDocument>> documents;
  std::vector<std::string> stops, warnings;
  std::vector<std::string> echoes; // by choice: the prompt, where it is to be repeated; or empty
};

class Answer : public AnswerListener {
public:
  /// `tokenizer`, `metrics` and `log` outlive this.
  /// `headers` are sent with it.
  Answer(const Tokenizer &tokenizer, AnswerPlan plan, std::shared_ptr<HttpReply> reply,
         std::vector<std::pair<std::string, std::string>> headers, Metrics &metrics, RequestLog &log, LoggedRequest about);

  /// Instead of an answer, before there was any.
  void refuse(const ApiError &error);

  bool isWanted() const override { return !reply_->isGone() && !over_; }
  void onAccepted() override;
  void onBegun(int64_t known) override;
  void onRead(int64_t done, int64_t total) override;
  bool onToken(int choice, const ChosenToken &token) override;
  void onEnd(const EndedChoice &ended) override;
  void onFailed(const Status &status) override;
  void onEvidence(const std::vector<Evidence> &evidence) override;

private:
  using Clock = std::chrono::steady_clock;
  struct Choice {
    std::optional<AnswerText> text;
    std::string content;                // all of it
    std::string finish;                 // empty: not over
    std::vector<ChosenToken> tokens;    // with log-probabilities: those not told yet
    std::vector<size_t> offsets;        // of those in the text
    bool begun = false;
    Clock::time_point last;
  };

  void noteFirstToken();
  void tell(int index, const std::string &text, bool isLast);
  void finish();
  void writeHead(JsonWriter &json, const char *object) const;
  void writeMessage(JsonWriter &json, Choice &choice);
  void writeTokens(JsonWriter &json, Choice &choice);
  void writeEnd(JsonWriter &json) const;
  void writeCitations(JsonWriter &json) const;
  int64_t documentTokens() const;
  std::string usage() const;
  std::string piece(int32_t token) const;
  double since(Clock::time_point start) const { return std::chrono::duration<double>(Clock::now() - start).count(); }

  const Tokenizer &tokenizer_;
  AnswerPlan plan_;
  std::shared_ptr<HttpReply> reply_;
  Metrics &metrics_;
  RequestLog &log_;
  LoggedRequest about_;
  std::string id_;
  int64_t created_;
  std::vector<std::pair<std::string, std::string>> headers_;
  std::vector<Choice> choices_;
  int ended_ = 0;
  std::vector<Evidence> evidence_;
  int64_t known_ = 0; // tokens of prompts that were read before
  int64_t made_ = 0, inWindow_ = 0, inMemory_ = 0, dropped_ = 0;
  std::atomic<bool> over_{false};
  Clock::time_point start_ = Clock::now(), lastProgress_;
  double firstTokenSeconds_ = -1, queueSeconds_ = -1;
};

} // namespace longc
