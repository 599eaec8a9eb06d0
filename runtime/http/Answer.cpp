// Bodies and events of answers, as the official clients read them.
#include "runtime/http/Answer.h"

#include "runtime/core/Format.h"
#include "runtime/core/Json.h"
#include "runtime/http/Passages.h"
#include "runtime/http/RandomId.h"
#include "runtime/http/ToolCalls.h"
#include "runtime/text/Utf8.h"

#include <ctime>
#include <functional>

namespace longc {
namespace {

constexpr double progressSeconds = 0.5;

const char *finishReason(Finish finish) { return finish == Finish::stop ? "stop" : "length"; }

} // namespace

Answer::Answer(const Tokenizer &tokenizer, AnswerPlan plan, std::shared_ptr<HttpReply> reply,
               std::vector<std::pair<std::string, std::string>> headers, Metrics &metrics, RequestLog &log, LoggedRequest about)
    : tokenizer_(tokenizer), plan_(std::move(plan)), reply_(std::move(reply)), metrics_(metrics), log_(log),
      about_(std::move(about)), id_(randomId(plan_.chat ? "chatcmpl-" : "cmpl-")), created_(std::time(nullptr)),
      headers_(std::move(headers)), choices_(static_cast<size_t>(plan_.choices)) {
  about_.promptTokens = plan_.promptTokens;
  for (Choice &choice : choices_)
    choice.text.emplace(tokenizer_, plan_.stops);
}

// The head of a stream: until here a refusal has a status of its own.
void Answer::onAccepted() {
  if (!plan_.streams)
    return;
  HttpResponse head{200, "", "text/event-stream", headers_};
  head.headers.emplace_back("Cache-Control", "no-cache");
  reply_->begin(std::move(head), ": keep-alive\n\n");
}

void Answer::refuse(const ApiError &error) {
  over_ = true;
  HttpResponse response = error.response();
  response.headers.insert(response.headers.end(), headers_.begin(), headers_.end());
  reply_->send(std::move(response));
  about_.status = error.status;
  about_.error = error.message;
  about_.seconds = since(start_);
  log_.add(about_);
}

void Answer::onBegun(int64_t known) {
  known_ += known;
  if (queueSeconds_ < 0)
    metrics_.queued.add(queueSeconds_ = since(start_));
}

void Answer::onRead(int64_t done, int64_t total) {
  if (!plan_.streams || !plan_.tellsProgress || (done < total && since(lastProgress_) < progressSeconds))
    return;
  lastProgress_ = Clock::now();
  JsonWriter json;
  writeHead(json, plan_.chat ? "chat.completion.chunk" : "text_completion");
  json.key("choices").beginArray().endArray();
  json.key("prompt_progress").beginObject();
  json.key("total").integer(total).key("cache").integer(known_).key("processed").integer(done);
  json.key("time_ms").integer(static_cast<int64_t>(since(start_) * 1000)).endObject();
  reply_->write("data: " + json.endObject().str() + "\n\n");
}

// What the client knows the token by: bytes that are no whole characters are shown as such.
std::string Answer::piece(int32_t token) const { return std::string(tokenizer_.contains(token) ? tokenizer_.bytes(token) : ""); }

void Answer::noteFirstToken() {
  if (firstTokenSeconds_ < 0)
    metrics_.firstToken.add(firstTokenSeconds_ = since(start_));
}

bool Answer::onToken(int index, const ChosenToken &token) {
  Choice &choice = choices_[static_cast<size_t>(index)];
  noteFirstToken();
  if (choice.last != Clock::time_point())
    metrics_.betweenTokens.add(since(choice.last));
  choice.last = Clock::now();
  if (plan_.alternatives >= 0) {
    choice.tokens.push_back(token);
    choice.offsets.push_back(choice.content.size());
  }
  const std::string text = choice.text->push(token.id);
  choice.content += text;
  if (plan_.streams && (!text.empty() || !choice.begun) && !plan_.findsToolCalls)
    tell(index, text, false);
  return !choice.text->isStopped();
}

void Answer::onEnd(const EndedChoice &ended) {
  Choice &choice = choices_[static_cast<size_t>(ended.choice)];
  if (ended.tokens > 0)
    noteFirstToken(); // which may have been the end
  const std::string rest = choice.text->flush();
  choice.content += rest;
  choice.finish = finishReason(ended.finish);
  made_ += ended.tokens;
  inWindow_ = std::max(inWindow_, ended.inWindow);
  inMemory_ = std::max(inMemory_, ended.inMemory);
  dropped_ = std::max(dropped_, ended.dropped);
  if (plan_.streams)
    tell(ended.choice, plan_.findsToolCalls ? choice.content : rest, true);
  if (++ended_ == plan_.choices && !plan_.awaitsEvidence)
    finish();
}

void Answer::onEvidence(const std::vector<Evidence> &evidence) {
  evidence_ = evidence;
  plan_.awaitsEvidence = false;
  if (ended_ == plan_.choices)
    finish();
}

void Answer::onFailed(const Status &status) {
  if (over_.exchange(true))
    return;
  ++metrics_.failed;
  metrics_.nanEvents += status.code() == Sampler::badLogits;
  const bool stopped = status.code() == cancelledCode;
  const ApiError error = stopped ? ApiError{503, status.message(), "overloaded", {}, 10} : ApiError::of(status);
  if (plan_.streams) {
    reply_->write("data: {\"error\":" + error.object() + "}\n\n");
    reply_->end();
  } else {
    HttpResponse response = error.response();
    response.headers.insert(response.headers.end(), headers_.begin(), headers_.end());
    reply_->send(std::move(response));
  }
  about_.status = reply_->isGone() ? 499 : error.status;
  about_.error = status.message();
  about_.generatedTokens = made_;
  about_.seconds = since(start_);
  log_.add(about_);
}

void Answer::writeHead(JsonWriter &json, const char *object) const {
  json.beginObject();
  json.key("id").text(id_);
  json.key("object").text(object);
  json.key("created").integer(created_);
  json.key("model").text(plan_.model);
  json.key("system_fingerprint").text(plan_.fingerprint);
}

// An event with one choice: its new text, and how it ended.
void Answer::tell(int index, const std::string &text, bool isLast) {
  Choice &choice = choices_[static_cast<size_t>(index)];
  std::string out;
  const auto event = [&](const std::function<void(JsonWriter &)> &content, bool ends) {
    JsonWriter json;
    writeHead(json, plan_.chat ? "chat.completion.chunk" : "text_completion");
    json.key("choices").beginArray().beginObject();
    json.key("index").integer(index);
    content(json);
    ends ? json.key("finish_reason").text(choice.finish) : json.key("finish_reason").null();
    json.endObject().endArray();
    if (plan_.includesUsage)
      json.key("usage").null();
    out += "data: " + json.endObject().str() + "\n\n";
  };
  if (!plan_.chat) {
    const std::string &echo = plan_.echoes[static_cast<size_t>(index)];
    const std::string whole = choice.begun ? text : echo + text;
    choice.begun = true;
    event([&](JsonWriter &json) {
      json.key("text").text(whole).key("logprobs");
      writeTokens(json, choice);
    }, isLast);
    return reply_->write(std::move(out));
  }
  if (!std::exchange(choice.begun, true))
    event([](JsonWriter &json) {
      json.key("delta").beginObject().key("role").text("assistant").key("content").text("").endObject().key("logprobs").null();
    }, false);
  const ToolCalls calls = plan_.findsToolCalls ? findToolCalls(text) : ToolCalls{text, {}};
  if (!calls.calls.empty())
    choice.finish = "tool_calls";
  if (!calls.content.empty() || isLast || !choice.tokens.empty())
    event([&](JsonWriter &json) {
      json.key("delta").beginObject();
      if (!calls.content.empty())
        json.key("content").text(calls.content);
      if (!calls.calls.empty())
        json.key("tool_calls").raw(toolCallsJson(calls.calls, true));
      json.endObject().key("logprobs");
      writeTokens(json, choice);
    }, isLast);
  reply_->write(std::move(out));
}

// Log-probabilities of what was not told yet; null without.
void Answer::writeTokens(JsonWriter &json, Choice &choice) {
  if (plan_.alternatives < 0) {
    json.null();
    return;
  }
  const auto tokens = std::exchange(choice.tokens, {});
  const auto offsets = std::exchange(choice.offsets, {});
  json.beginObject();
  if (plan_.chat) {
    const auto entry = [&](int32_t id, float logProbability) {
      const std::string bytes = piece(id);
      json.beginObject().key("token").text(bytes).key("logprob").number(logProbability, 9).key("bytes").beginArray();
      for (unsigned char byte : bytes)
        json.integer(byte);
      json.endArray();
    };
    json.key("content").beginArray();
    for (const ChosenToken &token : tokens) {
      entry(token.id, token.logProbability);
      json.key("top_logprobs").beginArray();
      for (auto [id, logProbability] : token.best) {
        entry(id, logProbability);
        json.endObject();
      }
      json.endArray().endObject();
    }
    json.endArray().key("refusal").null();
  } else {
    json.key("tokens").beginArray();
    for (const ChosenToken &token : tokens)
      json.text(piece(token.id));
    json.endArray().key("token_logprobs").beginArray();
    for (const ChosenToken &token : tokens)
      json.number(token.logProbability, 9);
    json.endArray().key("top_logprobs").beginArray();
    for (const ChosenToken &token : tokens) {
      json.beginObject();
      std::vector<std::string> names; // two tokens may look alike: the better one stands
      for (auto [id, logProbability] : token.best)
        if (const std::string name = toValidUtf8(piece(id)); std::find(names.begin(), names.end(), name) == names.end()) {
          names.push_back(name);
          json.key(name).number(logProbability, 9);
        }
      json.endObject();
    }
    json.endArray().key("text_offset").beginArray();
    for (size_t offset : offsets)
      json.integer(static_cast<int64_t>(offset));
    json.endArray();
  }
  json.endObject();
}

int64_t Answer::documentTokens() const {
  int64_t tokens = 0;
  for (const auto &document : plan_.documents)
    tokens += document->tokens;
  return tokens;
}

// Passages that speak of what the first answer says, found by their words; then what it rests on in memory.
void Answer::writeCitations(JsonWriter &json) const {
  constexpr size_t each = 3;
  const auto write = [&](const KeptDocument &document, const Passage &passage, const char *by) {
    json.beginObject().key("document").text(document.id);
    json.key("start").integer(static_cast<int64_t>(passage.begin)).key("end").integer(static_cast<int64_t>(passage.end));
    json.key("by").text(by).key("score").number(passage.score);
    json.key("text").text(document.text.substr(passage.begin, passage.end - passage.begin)).endObject();
  };
  json.key("citations").beginArray();
  for (const auto &document : plan_.documents)
    for (const Passage &passage : findPassages(document->text, plan_.question + "\n" + choices_[0].content, each))
      write(*document, passage, "words");
  for (const Evidence &evidence : evidence_)
    write(*plan_.documents[evidence.document], {evidence.begin, evidence.end, evidence.gain}, "memory");
  json.endArray();
}

std::string Answer::usage() const {
  JsonWriter json;
  json.beginObject();
  json.key("prompt_tokens").integer(plan_.promptTokens);
  json.key("completion_tokens").integer(made_);
  json.key("total_tokens").integer(plan_.promptTokens + made_);
  json.key("prompt_tokens_details").beginObject().key("cached_tokens").integer(known_).endObject();
  json.key("longc").beginObject();
  json.key("tokens_in_window").integer(inWindow_).key("tokens_in_memory").integer(inMemory_);
  json.key("tokens_dropped").integer(dropped_);
  json.key("document_tokens").integer(documentTokens());
  json.key("memory_hits").integer(plan_.topK > 0 ? std::min(plan_.topK, inMemory_) : inMemory_); // entries that a query read
  plan_.topK > 0 ? json.key("top_k").integer(plan_.topK) : json.key("top_k").null();
  plan_.adapter.empty() ? json.key("adapter").null() : json.key("adapter").text(plan_.adapter);
  return json.endObject().endObject().str();
}

void Answer::writeEnd(JsonWriter &json) const {
  json.key("usage").raw(usage());
  json.key("longc").beginObject().key("memory").beginObject();
  json.key("tokens_in_window").integer(inWindow_).key("tokens_in_memory").integer(inMemory_).endObject().endObject();
  const double now = since(start_), first = firstTokenSeconds_ < 0 ? now : firstTokenSeconds_; // there may be none
  const double reading = std::max(0.0, first - std::max(0.0, queueSeconds_));
  json.key("timings").beginObject();
  json.key("cache_n").integer(documentTokens() + known_).key("prompt_n").integer(plan_.promptTokens - known_);
  json.key("prompt_ms").number(reading * 1000);
  json.key("predicted_n").integer(made_);
  json.key("predicted_ms").number((now - first) * 1000).endObject();
  if (plan_.cites)
    writeCitations(json);
  if (plan_.warnings.empty())
    return;
  json.key("warnings").beginArray();
  for (const std::string &warning : plan_.warnings)
    json.text(warning);
  json.endArray();
}

void Answer::writeMessage(JsonWriter &json, Choice &choice) {
  const ToolCalls calls = plan_.findsToolCalls ? findToolCalls(choice.content) : ToolCalls{choice.content, {}};
  json.key("message").beginObject().key("role").text("assistant");
  if (calls.calls.empty() || !calls.content.empty())
    json.key("content").text(calls.content);
  else
    json.key("content").null();
  json.key("refusal").null();
  if (!calls.calls.empty()) {
    choice.finish = "tool_calls";
    json.key("tool_calls").raw(toolCallsJson(calls.calls, false));
  }
  json.endObject();
}

void Answer::finish() {
  if (over_.exchange(true))
    return;
  JsonWriter json;
  if (plan_.streams) {
    if (plan_.includesUsage || plan_.cites) {
      writeHead(json, plan_.chat ? "chat.completion.chunk" : "text_completion");
      json.key("choices").beginArray().endArray();
      writeEnd(json);
      reply_->write("data: " + json.endObject().str() + "\n\n");
    }
    reply_->write("data: [DONE]\n\n");
    reply_->end();
  } else {
    writeHead(json, plan_.chat ? "chat.completion" : "text_completion");
    json.key("choices").beginArray();
    for (size_t index = 0; index < choices_.size(); ++index) {
      Choice &choice = choices_[index];
      json.beginObject().key("index").integer(static_cast<int64_t>(index));
      if (plan_.chat)
        writeMessage(json, choice);
      else
        json.key("text").text(plan_.echoes[index] + choice.content);
      json.key("logprobs");
      writeTokens(json, choice);
      json.key("finish_reason").text(choice.finish).endObject();
    }
    json.endArray();
    writeEnd(json);
    reply_->send({200, json.endObject().str(), "application/json", headers_});
  }
  ++metrics_.succeeded;
  metrics_.whole.add(since(start_));
  about_.generatedTokens = made_;
  about_.queueSeconds = queueSeconds_;
  about_.firstTokenSeconds = firstTokenSeconds_;
  about_.seconds = since(start_);
  log_.add(about_);
}

} // namespace longc
