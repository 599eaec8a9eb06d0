// What the server answers about documents.
#include "runtime/core/Format.h"
#include "runtime/core/Json.h"
#include "runtime/http/Service.h"
#include "runtime/text/Utf8.h"

#include <charconv>

namespace longc {
namespace {

constexpr int64_t longestLife = int64_t(100) * 365 * 24 * 3600; // seconds
constexpr size_t longestName = 256;

struct NewDocument {
  std::string name, text;
  int64_t seconds = 0;
};

NewDocument readNew(RequestFields &fields) {
  NewDocument document;
  for (const char *other : {"file", "tokens"})
    if (fields.value(other))
      fields.fail(other, std::string(other) + ": give the document as text");
  const std::string *text = fields.text("text"), *name = fields.text("name"), *method = fields.text("method");
  if (!fields.failed() && !text)
    fields.fail("text", "text is missing: expected the document");
  if (method && *method != Document::fot)
    fields.fail("method", "method " + quoted(*method) + " is not done by this server: it knows fot");
  if (name && name->size() > longestName)
    fields.fail("name", formatText("name: expected at most %zu bytes", longestName));
  document.seconds = fields.integer("ttl", 0, longestLife).value_or(0);
  if (!fields.failed()) {
    document.text = *text;
    document.name = name ? *name : "";
  }
  return document;
}

// The same in the body and the query of a request: a file as it is.
NewDocument readPlain(RequestFields &fields, HttpRequest &request) {
  NewDocument document{decodePath(request.parameter("name")), std::move(request.body), 0};
  if (toValidUtf8(document.text) != document.text)
    fields.fail("", "the document is no text in UTF-8");
  if (document.name.size() > longestName)
    fields.fail("name", formatText("name: expected at most %zu bytes", longestName));
  const std::string_view life = request.parameter("ttl");
  if (!life.empty() && (std::from_chars(life.data(), life.data() + life.size(), document.seconds).ptr != life.data() + life.size() ||
                        document.seconds < 0 || document.seconds > longestLife))
    fields.fail("ttl", "ttl: expected whole seconds");
  return document;
}

} // namespace

std::optional<ApiError> Service::useDocuments(const Call &call, TextRequest &request) {
  for (const std::string &id : request.documents) {
    auto found = shelf_ ? shelf_->find(call.owner, id) : ApiError{404, "this program keeps no documents", "document_not_found"};
    if (ApiError *error = std::get_if<ApiError>(&found)) {
      error->param = "documents";
      return *error;
    }
    const auto &document = std::get<std::shared_ptr<KeptDocument>>(found);
    const KeptDocument::State state = document->currentState();
    if (state == KeptDocument::State::ingesting)
      return ApiError{409, "the document " + id + " is still being read: wait until its status is ready", "document_not_ready", "documents", 1};
    if (state == KeptDocument::State::failed)
      return ApiError{422, "the document " + id + " could not be used: see its error", "document_failed", "documents"};
    for (const auto &known : request.plan.documents)
      if (known == document)
        return ApiError::invalid("documents", "documents: " + id + " is there twice");
    request.plan.documents.push_back(document);
  }
  for (const auto &task : request.tasks)
    task->documents = request.plan.documents;
  return std::nullopt;
}

std::shared_ptr<KeptDocument> Service::findDocument(Call &call) {
  auto found = shelf_ ? shelf_->find(call.owner, call.part) : ApiError{404, "this program keeps no documents", "document_not_found"};
  if (const ApiError *error = std::get_if<ApiError>(&found)) {
    refuse(call, *error);
    return nullptr;
  }
  return std::get<std::shared_ptr<KeptDocument>>(found);
}

void Service::addDocument(Call &call) {
  if (!shelf_)
    return refuse(call, {400, "this program was compiled without memory: it keeps no documents (--method fot)", "not_supported"});
  const bool isPlain = call.request.contentType.starts_with("text/plain");
  std::optional<JsonValue> body = isPlain ? JsonValue(JsonValue::Object()) : readBody(call);
  if (!body)
    return;
  RequestFields fields(*body);
  NewDocument document = isPlain ? readPlain(fields, call.request) : readNew(fields);
  if (fields.failed())
    return refuse(call, *fields.error());
  auto added = shelf_->add(call.owner, document.name, std::move(document.text), document.seconds);
  if (const ApiError *error = std::get_if<ApiError>(&added))
    return refuse(call, *error);
  const auto &kept = std::get<std::shared_ptr<KeptDocument>>(added);
  answer(call, {kept->currentState() == KeptDocument::State::ready ? 200 : 202, shelf_->toJson(*kept)});
}

void Service::importDocument(Call &call) {
  if (!shelf_)
    return refuse(call, {400, "this program was compiled without memory: it keeps no documents (--method fot)", "not_supported"});
  auto imported = shelf_->import(call.owner, call.request.body);
  if (const ApiError *error = std::get_if<ApiError>(&imported))
    return refuse(call, *error);
  answer(call, {200, shelf_->toJson(*std::get<std::shared_ptr<KeptDocument>>(imported))});
}

void Service::listDocuments(Call &call) {
  JsonWriter json;
  json.beginObject().key("object").text("list").key("data").beginArray();
  if (shelf_)
    for (const auto &document : shelf_->list(call.owner))
      json.raw(shelf_->toJson(*document));
  answer(call, {200, json.endArray().endObject().str()});
}

void Service::showDocument(Call &call) {
  if (auto document = findDocument(call))
    answer(call, {200, shelf_->toJson(*document)});
}

void Service::watchDocument(Call &call) {
  auto document = findDocument(call);
  if (!document)
    return;
  HttpResponse head{200, "", "text/event-stream", call.headers};
  head.headers.emplace_back("Cache-Control", "no-cache");
  call.reply->begin(std::move(head), ": keep-alive\n\n");
  log_.add(call.about);
  shelf_->watch(*document, call.reply);
}

void Service::changeDocument(Call &call) {
  auto document = findDocument(call);
  auto body = document ? readBody(call) : std::nullopt;
  if (!body)
    return;
  RequestFields fields(*body);
  const auto seconds = fields.integer("ttl", 0, longestLife);
  if (!fields.failed() && !seconds)
    fields.fail("ttl", "ttl is missing: expected the seconds to live from now on, 0 for ever");
  if (fields.failed())
    return refuse(call, *fields.error());
  if (Status status = shelf_->setLife(*document, *seconds); !status.ok())
    return refuse(call, ApiError::of(status));
  answer(call, {200, shelf_->toJson(*document)});
}

void Service::deleteDocument(Call &call) {
  auto document = findDocument(call);
  if (!document)
    return;
  shelf_->remove(document);
  JsonWriter json;
  json.beginObject().key("id").text(document->id).key("object").text("document").key("deleted").boolean(true);
  answer(call, {200, json.endObject().str()});
}

void Service::exportDocument(Call &call) {
  auto document = findDocument(call);
  if (!document)
    return;
  auto bytes = shelf_->exported(*document);
  if (const ApiError *error = std::get_if<ApiError>(&bytes))
    return refuse(call, *error);
  answer(call, {200, std::move(std::get<std::string>(bytes)), "application/octet-stream",
                {{"Content-Disposition", "attachment; filename=\"" + document->id + ".document\""}}});
}

} // namespace longc
