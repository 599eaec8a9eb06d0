// What the server answers about documents.
#include "runtime/core/Format.h"
#include "runtime/core/Json.h"
#include "runtime/http/Service.h"
#include "runtime/lift/Prompt.h"
#include "runtime/text/Utf8.h"

#include <cerrno>
#include <charconv>
#include <cstring>

namespace longc {
namespace {

constexpr int64_t longestLife = int64_t(100) * 365 * 24 * 3600; // seconds
constexpr double longestLearning = 1e6; // seconds
constexpr size_t longestName = 256;

constexpr const char *noDocuments = "this program keeps no documents: compile it with --method fot (memory), --method e2llm (soft tokens), or --train --lora "
                                    "(adapters)";

NewDocument readNew(RequestFields &fields) {
  NewDocument document;
  for (const char *other : {"file", "tokens"})
    if (fields.value(other))
      fields.fail(other, std::string(other) + ": give the document as text");
  const std::string *text = fields.text("text"), *name = fields.text("name"), *method = fields.text("method");
  document.method = method ? *method : Document::fot;
  if (!fields.failed() && !text)
    fields.fail("text", "text is missing: expected the document");
  if (name && name->size() > longestName)
    fields.fail("name", formatText("name: expected at most %zu bytes", longestName));
  document.life = fields.integer("ttl", 0, longestLife).value_or(0);
  const auto learning = fields.number("seconds", 0, longestLearning);
  if (learning && document.method != Document::lift)
    fields.fail("seconds", "seconds: of documents of method lift alone");
  document.learnSeconds = learning.value_or(0);
  if (!fields.failed()) {
    document.text = *text;
    document.name = name ? *name : "";
  }
  return document;
}

// The same in the body and the query of a request: a file as it is.
NewDocument readPlain(RequestFields &fields, HttpRequest &request) {
  const std::string_view method = request.parameter("method");
  NewDocument document{decodePath(request.parameter("name")), std::move(request.body), std::string(method.empty() ? Document::fot : method)};
  if (toValidUtf8(document.text) != document.text)
    fields.fail("", "the document is no text in UTF-8");
  if (document.name.size() > longestName)
    fields.fail("name", formatText("name: expected at most %zu bytes", longestName));
  const std::string_view life = request.parameter("ttl");
  if (!life.empty() && (std::from_chars(life.data(), life.data() + life.size(), document.life).ptr != life.data() + life.size() ||
                        document.life < 0 || document.life > longestLife))
    fields.fail("ttl", "ttl: expected whole seconds");
  return document;
}

// Why a request cannot know this document; none if it can.
std::optional<ApiError> refusalOf(const KeptDocument &document, const TextRequest &request) {
  const KeptDocument::State state = document.currentState();
  if (state == KeptDocument::State::ingesting)
    return ApiError{409, "the document " + document.id + " is still being read: wait until its status is ready", "document_not_ready", "documents", 1};
  if (state == KeptDocument::State::failed)
    return ApiError{422, "the document " + document.id + " could not be used: see its error", "document_failed", "documents"};
  const auto &known = request.plan.documents;
  for (const auto &other : known)
    if (other->id == document.id)
      return ApiError::invalid("documents", "documents: " + document.id + " is there twice");
  if (!known.empty() && (document.isAdapter() || known.front()->isAdapter()))
    return ApiError::invalid("documents", "documents: what was learnt as an adapter (method lift) is asked alone");
  const PromptTask &task = *request.tasks.front();
  if (document.isAdapter() && task.adapter)
    return ApiError::invalid("adapter", "adapter: the document " + document.id + " is an adapter itself (method lift)");
  if (document.isMemory() && !task.session.policy.memory)
    return ApiError::invalid("documents", "documents: they are memory, and this request says \"memory\": \"off\"");
  if (document.isSoft() && !request.plan.chat)
    return ApiError::invalid("documents", "documents: soft tokens (method e2llm) are asked by /v1/chat/completions");
  if (document.isMemory() && task.adapter)
    return ApiError::invalid("adapter", "adapter: documents are read with the first adapter, and known to it alone");
  return std::nullopt;
}

// An adapter was trained on questions in a form of their own (runtime/lift/Prompt.h): that of a chat's last message.
void askAdapter(TextRequest &request, const ServedModel &model) {
  PromptTask &task = *request.tasks.front();
  task.tokens = questionTokens(*model.tokenizer, request.plan.question, /*isBehindDocument=*/false);
  request.plan.promptTokens = static_cast<int64_t>(task.tokens.size());
  if (request.messages > 1)
    request.plan.warnings.push_back("an adapter (method lift) is asked by the last message alone");
}

} // namespace

// The last message as a question behind the documents' soft tokens, in the prompt that the model was trained on.
std::optional<ApiError> Service::askSoft(TextRequest &request) const {
  PromptTask &task = *request.tasks.front();
  int64_t chunks = 0;
  for (const auto &document : request.plan.documents)
    chunks += document->softTokens;
  auto ids = soft_->ask(chunks, request.plan.question);
  if (!ids.ok())
    return ApiError::of(ids.status());
  const auto count = static_cast<int64_t>(ids->size()), window = task.session.policy.window;
  if (count > window)
    return ApiError{400, formatText("the prompt has %lld tokens, %lld of them soft, and the window has %lld: name fewer documents", static_cast<long long>(count),
                                    static_cast<long long>(chunks), static_cast<long long>(window)), "context_length_exceeded", "documents"};
  task.tokens = std::move(*ids);
  task.maxTokens = std::min(task.maxTokens, window - count + 1);
  request.plan.promptTokens = count;
  if (request.messages > 1)
    request.plan.warnings.push_back("soft tokens (method e2llm) are asked by the last message alone");
  return std::nullopt;
}

std::optional<ApiError> Service::useDocuments(const Call &call, TextRequest &request) {
  for (const std::string &id : request.documents) {
    auto found = shelf_ ? shelf_->find(call.owner, id) : ApiError{404, "this program keeps no documents", "document_not_found"};
    if (ApiError *error = std::get_if<ApiError>(&found)) {
      error->param = "documents";
      return *error;
    }
    const auto &document = std::get<std::shared_ptr<KeptDocument>>(found);
    if (auto refusal = refusalOf(*document, request))
      return refusal;
    request.plan.documents.push_back(document);
  }
  if (const auto &known = request.plan.documents; request.plan.chat && !known.empty() && known.front()->isAdapter())
    askAdapter(request, model_);
  else if (!known.empty() && known.front()->isSoft())
    if (auto error = askSoft(request))
      return error;
  for (const auto &task : request.tasks)
    task->documents = request.plan.documents;
  if (const auto &known = request.plan.documents; request.plan.cites && !known.empty() && known.front()->isMemory())
    request.tasks.front()->cites = request.plan.awaitsEvidence = true;
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
    return refuse(call, {400, noDocuments, "not_supported"});
  const bool isPlain = mediaType(call.request.contentType) == "text/plain";
  std::optional<JsonValue> body = isPlain ? JsonValue(JsonValue::Object()) : readBody(call);
  if (!body)
    return;
  RequestFields fields(*body);
  NewDocument document = isPlain ? readPlain(fields, call.request) : readNew(fields);
  if (fields.failed())
    return refuse(call, *fields.error());
  auto added = shelf_->add(call.owner, std::move(document));
  if (const ApiError *error = std::get_if<ApiError>(&added))
    return refuse(call, *error);
  const auto &kept = std::get<std::shared_ptr<KeptDocument>>(added);
  answer(call, {kept->currentState() == KeptDocument::State::ready ? 200 : 202, shelf_->toJson(*kept, fields.warnings())});
}

void Service::importDocument(Call &call) {
  if (!shelf_)
    return refuse(call, {400, noDocuments, "not_supported"});
  auto upload = std::move(call.request.upload);
  if (const std::string path = upload ? "" : shelf_->uploadPath(call.owner); !path.empty()) { // a body that came in memory
    upload = UploadedFile::create(path);
    if (!upload || !upload->append(call.request.body.data(), call.request.body.size()))
      return refuse(call, {507, "the document cannot be written: " + std::string(std::strerror(errno)), "storage_full"});
  }
  if (!upload)
    return refuse(call, {400, "this server keeps no files: start it with --documents DIR to import documents", "not_supported"});
  auto imported = shelf_->import(call.owner, *upload);
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
  auto file = shelf_->exported(*document);
  if (!file)
    return refuse(call, {409, "this document is not in a file yet: start the server with --documents DIR, and wait until it is ready", "not_ready"});
  answer(call, {200, "", "application/octet-stream", {{"Content-Disposition", "attachment; filename=\"" + document->id + ".document\""}}, std::move(file)});
}

} // namespace longc
