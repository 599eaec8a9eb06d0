// Routes, and the answers that need no engine.
#include "runtime/http/Service.h"

#include "runtime/core/Format.h"
#include "runtime/core/Json.h"
#include "runtime/core/Log.h"
#include "runtime/http/OpenApi.h"
#include "runtime/http/Page.h"
#include "runtime/text/GrowingText.h"

#include <chrono>
#include <exception>

namespace longc {

const std::vector<Service::Route> Service::routes = {
    {"GET", "/", &Service::page, true, true},
    {"GET", "/openapi.json", &Service::openApi, true, true},
    {"GET", "/health", &Service::health, true, true},
    {"GET", "/v1/health", &Service::health, true, true},
    {"GET", "/ready", &Service::ready, true, true},
    {"GET", "/metrics", &Service::metrics, false, true},
    {"GET", "/v1/models", &Service::models, false, true},
    {"GET", "/v1/models/*", &Service::oneModel, false, true},
    {"POST", "/v1/chat/completions", &Service::chat, false, false},
    {"POST", "/v1/completions", &Service::complete, false, false},
    {"POST", "/v1/embeddings", &Service::embed, false, false},
    {"POST", "/v1/documents", &Service::addDocument, false, false},
    {"GET", "/v1/documents", &Service::listDocuments, false, false},
    {"POST", "/v1/documents/import", &Service::importDocument, false, false},
    {"GET", "/v1/documents/*", &Service::showDocument, false, false},
    {"PATCH", "/v1/documents/*", &Service::changeDocument, false, false},
    {"DELETE", "/v1/documents/*", &Service::deleteDocument, false, false},
    {"GET", "/v1/documents/*/events", &Service::watchDocument, false, false},
    {"POST", "/v1/documents/*/export", &Service::exportDocument, false, false},
    {"POST", "/tokenize", &Service::tokenize, false, false},
    {"POST", "/detokenize", &Service::detokenize, false, false},
    {"POST", "/apply-template", &Service::applyTemplate, false, false},
};

namespace {

constexpr size_t mostValues = 4'000'000; // of a body: some hundred megabytes
constexpr size_t shortBody = 256 << 10;  // bytes that are read and made tokens in some hundredths of a second

// Pages of this machine: http://localhost:5173.
bool isLocal(const std::string &origin) {
  const size_t host = origin.find("://");
  if (host == std::string::npos || (origin.substr(0, host) != "http" && origin.substr(0, host) != "https"))
    return false;
  std::string rest = origin.substr(host + 3);
  for (const char *name : {"localhost", "127.0.0.1", "[::1]"})
    if (rest.starts_with(name) && (rest.size() == std::string_view(name).size() || rest[std::string_view(name).size()] == ':'))
      return true;
  return false;
}

// What stands for the * of `known`, nothing where it has none; none where the path is another.
std::optional<std::string> partOf(std::string_view path, std::string_view known) {
  const size_t star = known.find('*');
  if (star == std::string_view::npos)
    return path == known ? std::optional<std::string>("") : std::nullopt;
  const std::string_view before = known.substr(0, star), behind = known.substr(star + 1);
  if (path.size() <= before.size() + behind.size() || !path.starts_with(before) || !path.ends_with(behind))
    return std::nullopt;
  const std::string part(path.substr(before.size(), path.size() - before.size() - behind.size()));
  return part.find('/') == std::string::npos ? std::optional(part) : std::nullopt;
}

} // namespace

std::string Service::allowedOrigin(const std::string &origin) const {
  if (origin.empty())
    return {};
  if (options_.corsOrigin == "*")
    return "*";
  return origin == options_.corsOrigin || isLocal(origin) ? origin : std::string();
}

const Service::Route *Service::find(Call &call, std::string &methods) const {
  const std::string method = call.request.method == "HEAD" ? "GET" : call.request.method;
  for (const Route &route : routes) {
    const auto part = partOf(call.request.path, route.path);
    if (!part)
      continue;
    if (method == route.method) {
      call.part = *part;
      return &route;
    }
    methods += (methods.empty() ? "" : ", ") + std::string(route.method);
  }
  return nullptr;
}

void Service::handle(HttpRequest request, std::shared_ptr<HttpReply> reply) {
  Call call{std::move(request), std::move(reply), {}, {}, {}, {}};
  call.about.method = call.request.method;
  call.about.path = call.request.path.substr(0, 256);
  if (const std::string origin = allowedOrigin(call.request.origin); !origin.empty())
    call.headers = {{"Access-Control-Allow-Origin", origin}, {"Vary", "Origin"}};
  std::string methods;
  const Route *route = find(call, methods);
  if (call.request.method == "OPTIONS")
    return preflight(call);
  const auto owner = options_.keys.ownerOf(call.request.authorization);
  if (!owner && !(route && route->isOpen)) {
    call.headers.emplace_back("WWW-Authenticate", "Bearer");
    return refuse(call, {401, "this server asks for an API key: Authorization: Bearer KEY", "invalid_api_key"});
  }
  call.owner = call.about.owner = owner.value_or("");
  if (!route && methods.empty())
    return refuse(call, {404, "there is nothing at " + quoted(call.request.path), "not_found"});
  if (!route) {
    call.headers.emplace_back("Allow", methods);
    return refuse(call, {405, call.request.path + " takes " + methods, "method_not_allowed"});
  }
  if (draining_ && !route->isOpen)
    return refuse(call, {503, "the server is shutting down", "overloaded", {}, 10});
  if (route->isQuick)
    return run(*route, std::move(call));
  auto shared = std::make_shared<Call>(std::move(call)); // a std::function copies what it holds
  const bool isLong = shared->request.upload || shared->request.body.size() > shortBody; // short ones do not wait for it
  (isLong ? longWork_ : work_).add([this, route, shared] { run(*route, std::move(*shared)); });
}

std::string Service::uploadPath(const HttpRequest &head) const {
  const auto owner = options_.keys.ownerOf(head.authorization);
  return shelf_ && owner && !draining_ && head.method == "POST" && head.path == "/v1/documents/import" ? shelf_->uploadPath(*owner) : "";
}

void Service::run(const Route &route, Call call) {
  if (call.reply->isGone()) {
    ++metrics_.aborted;
    return;
  }
  try {
    (this->*route.run)(call);
  } catch (const std::bad_alloc &) {
    refuse(call, {503, "the memory of this machine is full: try again later", "overloaded", {}, 5});
  } catch (const std::exception &error) {
    refuse(call, ApiError::of(Status::error(9001, std::string("internal error: ") + error.what())));
  }
}

void Service::answer(Call &call, HttpResponse response) const {
  response.headers.insert(response.headers.end(), call.headers.begin(), call.headers.end());
  call.about.status = response.status;
  call.reply->send(std::move(response));
  log_.add(call.about);
}

void Service::refuse(Call &call, const ApiError &error) const {
  call.about.error = error.message;
  answer(call, error.response());
}

// JSON or nothing: then the error is told.
std::optional<JsonValue> Service::readBody(Call &call) const {
  const std::string type = mediaType(call.request.contentType);
  if (!type.empty() && type != "application/json") {
    refuse(call, {415, "expected Content-Type: application/json, got " + quoted(type), "unsupported_media_type"});
    return std::nullopt;
  }
  auto body = JsonValue::read(call.request.body, mostValues);
  if (!body.ok()) {
    refuse(call, ApiError::invalid("", "the body is no JSON: " + body.status().message(), "invalid_json"));
    return std::nullopt;
  }
  call.request.body = {};
  return std::move(*body);
}

void Service::preflight(Call &call) {
  if (!call.headers.empty()) {
    call.headers.emplace_back("Access-Control-Allow-Methods", "GET, POST, PATCH, DELETE, OPTIONS");
    call.headers.emplace_back("Access-Control-Allow-Headers", "Authorization, Content-Type");
    call.headers.emplace_back("Access-Control-Max-Age", "600");
  }
  answer(call, {204, ""});
}

void Service::health(Call &call) { call.reply->send({200, "{\"status\":\"ok\"}", "application/json", call.headers}); }

void Service::ready(Call &call) {
  const bool alive = !scheduler_ || scheduler_->isAlive(options_.silentSeconds);
  if (alive && !draining_)
    return call.reply->send({200, "{\"status\":\"ok\"}", "application/json", call.headers});
  refuse(call, {503, draining_ ? "the server is shutting down"
                               : formatText("the engine has finished no call for %g seconds", options_.silentSeconds), "unavailable", {}, 5});
}

// Nothing of it comes from elsewhere, and nothing else may show it in a frame.
void Service::page(Call &call) {
  call.reply->send({200, std::string(pageText()), "text/html; charset=utf-8",
                    {{"Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"},
                     {"X-Content-Type-Options", "nosniff"}}});
}

void Service::openApi(Call &call) { call.reply->send({200, std::string(openApiText()), "application/json", call.headers}); }

void Service::metrics(Call &call) {
  call.reply->send({200, metrics_.text(), "text/plain; version=0.0.4; charset=utf-8", call.headers});
}

namespace {

void writeModel(JsonWriter &json, const ServedModel &model, int64_t created) {
  json.beginObject();
  json.key("id").text(model.name).key("object").text("model").key("created").integer(created).key("owned_by").text("longc");
  json.key("context_window").integer(model.session.policy.window);
  json.key("memory").boolean(model.hasMemory && model.session.policy.memory);
  json.endObject();
}

} // namespace

void Service::models(Call &call) {
  JsonWriter json;
  json.beginObject().key("object").text("list").key("data").beginArray();
  writeModel(json, model_, created_);
  answer(call, {200, json.endArray().endObject().str()});
}

void Service::oneModel(Call &call) {
  if (call.part != model_.name)
    return refuse(call, {404, "model " + quoted(call.part) + " is not served here", "model_not_found", "model"});
  JsonWriter json;
  writeModel(json, model_, created_);
  answer(call, {200, json.str()});
}

void Service::chat(Call &call) { answerText(call, readChatRequest); }
void Service::complete(Call &call) { answerText(call, readCompletionRequest); }

void Service::answerText(Call &call, std::variant<TextRequest, ApiError> (*read)(const JsonValue &, const ServedModel &)) {
  if (!scheduler_)
    return refuse(call, {400, "this program is an encoder: it offers /v1/embeddings", "not_supported"});
  auto body = readBody(call);
  if (!body)
    return;
  auto read_ = read(*body, model_);
  if (const ApiError *error = std::get_if<ApiError>(&read_))
    return refuse(call, *error);
  TextRequest &request = std::get<TextRequest>(read_);
  if (auto error = useDocuments(call, request))
    return refuse(call, *error);
  auto answer = std::make_shared<Answer>(*model_.tokenizer, std::move(request.plan), call.reply, call.headers, metrics_, log_, call.about);
  for (const auto &task : request.tasks) {
    task->owner = call.owner;
    task->listener = answer;
  }
  if (auto error = scheduler_->submit(std::move(request.tasks)))
    answer->refuse(*error);
}

void Service::embed(Call &call) {
  if (!embedder_)
    return refuse(call, {400, "this program generates text and makes no embeddings: compile an encoder", "not_supported"});
  auto body = readBody(call);
  if (!body)
    return;
  auto read = embedder_->read(*body);
  if (const ApiError *error = std::get_if<ApiError>(&read))
    return refuse(call, *error);
  auto shared = std::make_shared<Call>(std::move(call));
  embedder_->run(std::move(std::get<EmbeddingRequest>(read)), [shared] { return !shared->reply->isGone(); },
                 [this, shared](std::variant<std::string, ApiError> done) {
                   if (const ApiError *error = std::get_if<ApiError>(&done))
                     return refuse(*shared, *error);
                   answer(*shared, {200, std::move(std::get<std::string>(done))});
                 });
}

void Service::tokenize(Call &call) {
  auto body = readBody(call);
  if (!body)
    return;
  RequestFields fields(*body);
  const std::string *content = fields.text("content");
  const bool special = fields.boolean("add_special").value_or(false), pieces = fields.boolean("with_pieces").value_or(false);
  const bool parse = fields.boolean("parse_special").value_or(true);
  if (!fields.failed() && !content)
    fields.fail("content", "content is missing: expected text");
  if (fields.failed())
    return refuse(call, *fields.error());
  std::vector<int32_t> ids = model_.tokenizer->encode(*content, parse);
  if (special)
    model_.tokenizer->beginText(ids);
  JsonWriter json;
  json.beginObject().key("tokens");
  if (!pieces)
    json.integers(ids);
  else {
    json.beginArray();
    for (int32_t id : ids)
      json.beginObject().key("id").integer(id).key("piece").text(model_.tokenizer->bytes(id)).endObject();
    json.endArray();
  }
  answer(call, {200, json.endObject().str()});
}

void Service::detokenize(Call &call) {
  auto body = readBody(call);
  if (!body)
    return;
  RequestFields fields(*body);
  const JsonValue::Array *tokens = fields.array("tokens", SIZE_MAX);
  if (!fields.failed() && !tokens)
    fields.fail("tokens", "tokens is missing: expected token ids");
  std::vector<int32_t> ids;
  for (size_t index = 0; tokens && index < tokens->size() && !fields.failed(); ++index) {
    const int64_t *id = (*tokens)[index].integer();
    if (id && *id >= 0 && *id < model_.tokenizer->size())
      ids.push_back(static_cast<int32_t>(*id));
    else
      fields.fail("tokens", "tokens: expected token ids, got " + (*tokens)[index].describe());
  }
  if (fields.failed())
    return refuse(call, *fields.error());
  auto text = model_.tokenizer->decode(ids, false);
  if (!text.ok())
    return refuse(call, ApiError::of(text.status()));
  JsonWriter json;
  answer(call, {200, json.beginObject().key("content").text(*text).endObject().str()});
}

void Service::applyTemplate(Call &call) {
  auto body = readBody(call);
  if (!body)
    return;
  RequestFields fields(*body);
  const std::vector<ChatMessage> messages = readMessages(fields);
  std::string prompt;
  if (!fields.failed())
    prompt = renderMessages(fields, model_, messages, fields.value("tools"));
  if (fields.failed())
    return refuse(call, *fields.error());
  JsonWriter json;
  answer(call, {200, json.beginObject().key("prompt").text(prompt).endObject().str()});
}

} // namespace longc
