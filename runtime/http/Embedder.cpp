// Bodies of requests for embeddings, and their answers.
#include "runtime/http/Embedder.h"

#include "runtime/core/Format.h"
#include "runtime/core/Json.h"
#include "runtime/http/RequestFields.h"

namespace longc {
namespace {

constexpr size_t mostTexts = 2048;

} // namespace

std::string base64(std::string_view bytes) {
  static constexpr char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (size_t at = 0; at < bytes.size(); at += 3) {
    uint32_t group = 0;
    for (size_t i = 0; i < 3; ++i)
      group = group << 8 | (at + i < bytes.size() ? static_cast<unsigned char>(bytes[at + i]) : 0);
    for (size_t i = 0; i < 4; ++i)
      text += at + i <= bytes.size() ? letters[group >> (18 - 6 * i) & 63] : '=';
  }
  return text;
}

Embedder::Embedder(Encoder &encoder, const Tokenizer &tokenizer, std::string modelName, Metrics &metrics)
    : encoder_(encoder), tokenizer_(tokenizer), options_(EmbeddingOptions::of(encoder.program())), name_(std::move(modelName)),
      metrics_(metrics) {
  tokenizer.beginText(options_.begin);
  tokenizer.endText(options_.end);
}

std::variant<EmbeddingRequest, ApiError> Embedder::read(const JsonValue &body) const {
  RequestFields fields(body);
  EmbeddingRequest request;
  if (const std::string *model = fields.text("model"); model && *model != name_)
    return ApiError{404, "model " + quoted(*model) + " is not served here; there is " + quoted(name_), "model_not_found", "model"};
  if (const std::string *format = fields.text("encoding_format")) {
    request.isBase64 = *format == "base64";
    if (!request.isBase64 && *format != "float")
      fields.fail("encoding_format", "encoding_format: expected float or base64");
  }
  if (auto width = fields.integer("dimensions", 1, INT32_MAX); width && *width != encoder_.width())
    fields.fail("dimensions", formatText("dimensions: this model's embeddings have %lld", static_cast<long long>(encoder_.width())));
  fields.ignore({"user"});
  const auto add = [&](const JsonValue &value) {
    if (value.text())
      return request.texts.push_back({tokenizer_.encode(*value.text(), /*parseSpecial=*/true), false});
    EmbeddingRequest::Text text{{}, true};
    for (size_t index = 0; value.array() && index < value.array()->size(); ++index)
      if (const int64_t *id = (*value.array())[index].integer(); id && *id >= 0 && *id < tokenizer_.size())
        text.tokens.push_back(static_cast<int32_t>(*id));
      else
        return fields.fail("input", "input: expected token ids of this model");
    if (text.tokens.empty())
      return fields.fail("input", "input: expected texts, or arrays of token ids, got " + value.describe());
    request.texts.push_back(std::move(text));
  };
  const JsonValue *input = fields.value("input");
  if (!fields.failed() && !input)
    fields.fail("input", "input is missing: expected a text, or texts");
  else if (input && input->array() && !input->array()->empty() && !input->array()->front().integer()) {
    const JsonValue::Array *values = fields.array("input", mostTexts);
    for (size_t index = 0; values && index < values->size() && !fields.failed(); ++index)
      add((*values)[index]);
  } else if (input)
    add(*input);
  if (fields.failed())
    return *fields.error();
  request.warnings = fields.warnings();
  return request;
}

void Embedder::run(EmbeddingRequest request, std::function<bool()> isWanted,
                   std::function<void(std::variant<std::string, ApiError>)> done) {
  work_.add([this, request = std::make_shared<EmbeddingRequest>(std::move(request)), isWanted = std::move(isWanted), done = std::move(done)] {
    try {
      done(answer(*request, isWanted));
    } catch (const std::bad_alloc &) {
      done(ApiError{503, "the memory of this machine is full: try again later", "overloaded", {}, 5});
    }
  });
}

std::variant<std::string, ApiError> Embedder::answer(const EmbeddingRequest &request, const std::function<bool()> &isWanted) {
  JsonWriter json;
  json.beginObject().key("object").text("list").key("data").beginArray();
  int64_t index = 0;
  EmbeddingQueue queue(encoder_, options_, [&](std::span<const float> embedding) {
    json.beginObject().key("object").text("embedding").key("index").integer(index++).key("embedding");
    if (request.isBase64)
      json.text(base64({reinterpret_cast<const char *>(embedding.data()), embedding.size_bytes()}));
    else
      json.floats(embedding);
    json.endObject();
    return Status();
  });
  for (size_t text = 0; text < request.texts.size(); ++text) {
    if (!isWanted())
      return ApiError{503, "the client left", "overloaded"};
    if (Status status = queue.add(request.texts[text].tokens, request.texts[text].whole, formatText("input[%zu]", text)); !status.ok())
      return ApiError::of(status);
  }
  if (Status status = queue.finish(); !status.ok())
    return ApiError::of(status);
  metrics_.promptTokens += queue.tokens();
  ++metrics_.succeeded;
  json.endArray().key("model").text(name_);
  json.key("usage").beginObject().key("prompt_tokens").integer(queue.tokens()).key("total_tokens").integer(queue.tokens()).endObject();
  if (!request.warnings.empty()) {
    json.key("warnings").beginArray();
    for (const std::string &warning : request.warnings)
      json.text(warning);
    json.endArray();
  }
  return json.endObject().str();
}

} // namespace longc
