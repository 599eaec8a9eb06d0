// A request for text: the bodies of /v1/chat/completions and /v1/completions, read, checked and made tokens.
#pragma once

#include "runtime/http/Answer.h"
#include "runtime/http/RequestFields.h"
#include "runtime/text/ChatTemplate.h"

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace longc {

/// What a server answers with.
struct ServedModel {
  std::string name, fingerprint;
  const Tokenizer *tokenizer = nullptr;
  std::optional<ChatTemplate> chatTemplate; // none: no chats
  std::string templateSource;
  std::string templateRefusal;              // why there is none although the model has one
  SessionOptions session;                   // what requests do not say otherwise
  int64_t contextLength = 0, vocabulary = 0;
  bool hasMemory = false; // layers with memory
  int64_t topK = 0;       // entries of memory that a query reads; 0: all
  std::vector<std::string> adapters; // names; the first is the one of requests that name none
  std::vector<std::shared_ptr<const ParameterArray>> adapterValues; // of each
  std::vector<SessionOptions> adapterSessions;                      // what requests that name it do not say otherwise
};

struct TextRequest {
  std::vector<std::shared_ptr<PromptTask>> tasks; // without owner and listener
  AnswerPlan plan;
  std::vector<std::string> documents; // their ids
  size_t messages = 0;                // of a chat
};

/// The error says what is wrong with the body.
std::variant<TextRequest, ApiError> readChatRequest(const JsonValue &body, const ServedModel &model);
std::variant<TextRequest, ApiError> readCompletionRequest(const JsonValue &body, const ServedModel &model);

/// Messages of a body; none where `fields` has failed.
std::vector<ChatMessage> readMessages(RequestFields &fields);

/// A prompt as the model's chat template writes it; `fields` fails where it cannot.
std::string renderMessages(RequestFields &fields, const ServedModel &model, const std::vector<ChatMessage> &messages,
                           const JsonValue *tools);

} // namespace longc
