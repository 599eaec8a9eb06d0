// Reading, keeping, finding and removing documents.
#include "runtime/http/DocumentShelf.h"

#include "runtime/core/Format.h"
#include "runtime/core/Json.h"
#include "runtime/core/JsonReader.h"
#include "runtime/core/Log.h"
#include "runtime/core/OutputFile.h"
#include "runtime/core/Sha256.h"
#include "runtime/http/RandomId.h"
#include "runtime/text/TokenOffsets.h"

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <future>
#include <sstream>

namespace longc {
namespace {

namespace fs = std::filesystem;

constexpr const char *ending = ".document", *aboutEnding = ".json";
constexpr uintmax_t mostExported = uintmax_t(1) << 30;

std::string idOf(std::string_view text) { return "doc_" + sha256Text(text).substr(0, 32); }

std::optional<std::string> readFile(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream bytes;
  return file && bytes << file.rdbuf() ? std::optional(bytes.str()) : std::nullopt;
}

std::time_t endOf(int64_t seconds) { return seconds > 0 ? std::time(nullptr) + seconds : 0; }

} // namespace

Result<std::unique_ptr<DocumentShelf>> DocumentShelf::open(const ShelfOptions &options, Scheduler &scheduler,
                                                           const Tokenizer &tokenizer, Metrics &metrics) {
  std::unique_ptr<DocumentShelf> shelf(new DocumentShelf(options, scheduler, tokenizer, metrics));
  if (!options.folder.empty())
    LONGC_TRY(shelf->loadFolder());
  scheduler.onHeartbeat([self = shelf.get()] { self->sweep(); });
  return shelf;
}

// Memories go where they came from: the engine's thread.
DocumentShelf::~DocumentShelf() {
  scheduler_.onHeartbeat({});
  saving_.reset();
  std::promise<void> done;
  for (auto &[key, document] : documents_)
    document->removed = true;
  scheduler_.postLong([&] { // behind the reading of any
    for (auto &[key, document] : documents_)
      document->memory.reset();
    done.set_value();
  });
  done.get_future().wait();
}

std::string DocumentShelf::path(const std::string &owner, const std::string &id, const char *end) const {
  return options_.folder + "/" + (owner.empty() ? "public" : owner) + "/" + id + end;
}

double DocumentShelf::bytesOf(int64_t tokens) const {
  return static_cast<double>(tokens) * static_cast<double>(scheduler_.engine().memoryBytesPerToken());
}

Status DocumentShelf::loadFolder() {
  std::error_code error;
  fs::create_directories(options_.folder, error);
  if (error || !fs::is_directory(options_.folder, error))
    return Status::error(7504, "cannot keep documents in " + longc::quoted(options_.folder) + ": " + (error ? error.message() : "it is no folder"),
                         "check --documents and its permissions");
  for (const auto &entry : fs::directory_iterator(options_.folder, error))
    if (entry.is_directory(error))
      LONGC_TRY(loadOwner(entry.path().filename().string()));
  return {};
}

Status DocumentShelf::loadOwner(const std::string &folder) {
  std::error_code error;
  for (const auto &entry : fs::directory_iterator(options_.folder + "/" + folder, error))
    if (entry.path().extension() == ending)
      loadFile(folder == "public" ? "" : folder, entry.path().string());
  return {};
}

// What cannot be used is told, by status and in the log, and left alone.
void DocumentShelf::loadFile(const std::string &owner, const std::string &file) {
  auto document = std::make_shared<KeptDocument>();
  document->owner = owner;
  document->id = fs::path(file).stem().string();
  document->created = std::time(nullptr);
  auto opened = Document::open(file);
  Status status = opened.status();
  if (opened.ok()) {
    document->text = std::string(opened->text());
    document->name = opened->name();
    document->tokens = static_cast<int64_t>(opened->tokens().size());
    document->bytes = bytesOf(document->tokens);
    status = idOf(document->text) == document->id ? map(document, std::move(*opened))
                                                  : Status::error(7504, longc::quoted(file) + " is named after another text", "import it instead");
  }
  readAbout(*document);
  document->read = document->tokens;
  document->state = status.ok() ? KeptDocument::State::ready : KeptDocument::State::failed;
  if (!status.ok()) {
    document->error = status.message();
    logWarning("the document " + longc::quoted(file) + " is not used: " + status.message());
  }
  documents_[{owner, document->id}] = document;
  ++metrics_.documents;
  metrics_.memoryEntries += status.ok() ? document->tokens : 0;
}

// On the engine's thread; waits for it.
Status DocumentShelf::map(const std::shared_ptr<KeptDocument> &document, Document file) {
  std::promise<Status> mapped;
  auto shared = std::make_shared<Document>(std::move(file));
  scheduler_.post([&] {
    auto memory = MemoryDocument::map(scheduler_.engine(), options_.session, scheduler_.store(), std::move(*shared));
    if (memory.ok())
      document->memory = std::move(*memory);
    mapped.set_value(memory.status());
  });
  return mapped.get_future().get();
}

// Makes it one of the owner's documents, if there is room.
std::optional<ApiError> DocumentShelf::put(const std::shared_ptr<KeptDocument> &document) {
  std::lock_guard lock(mutex_);
  double owned = document->bytes, all = document->bytes;
  for (const auto &[key, other] : documents_) {
    if (other->currentState() == KeptDocument::State::failed)
      continue;
    owned += key.first == document->owner ? other->bytes : 0;
    all += other->bytes;
  }
  const double most = options_.quotaBytes > 0 ? options_.quotaBytes : options_.memoryBytes;
  if (owned > most || all > options_.memoryBytes)
    return ApiError{413, formatText("the memory of %s tokens takes %s, and with what is kept already it would be %s of %s: delete others first",
                                    formatCount(document->tokens).c_str(), formatBytes(document->bytes).c_str(), formatBytes(owned).c_str(),
                                    formatBytes(most).c_str()),
                    "quota_exceeded", "text"};
  if (documents_.insert_or_assign({document->owner, document->id}, document).second)
    ++metrics_.documents;
  return std::nullopt;
}

DocumentShelf::Found DocumentShelf::add(const std::string &owner, const std::string &name, std::string text, int64_t seconds) {
  const std::string id = idOf(text);
  if (Found known = find(owner, id); std::holds_alternative<std::shared_ptr<KeptDocument>>(known))
    if (std::get<std::shared_ptr<KeptDocument>>(known)->currentState() != KeptDocument::State::failed)
      return known;
  auto document = std::make_shared<KeptDocument>();
  document->id = id;
  document->owner = owner;
  document->name = name;
  document->text = text;
  document->created = std::time(nullptr);
  document->expires = endOf(seconds);
  DocumentText read{name, std::move(text), {}, {}};
  read.tokens = tokenizer_.encode(read.text, /*parseSpecial=*/false);
  if (read.tokens.empty())
    return ApiError::invalid("text", "text: a document has at least one token");
  read.offsets = tokenOffsets(tokenizer_, read.text, read.tokens);
  document->tokens = static_cast<int64_t>(read.tokens.size());
  document->bytes = bytesOf(document->tokens);
  if (auto error = put(document))
    return *error;
  auto shared = std::make_shared<DocumentText>(std::move(read));
  scheduler_.postLong([this, document, shared] { this->read(document, std::move(*shared)); });
  return document;
}

// On the engine's thread, others being answered between its pieces.
void DocumentShelf::read(const std::shared_ptr<KeptDocument> &document, DocumentText text) {
  if (document->removed)
    return;
  const auto start = std::chrono::steady_clock::now();
  auto last = start, pieceBegan = start;
  auto memory = MemoryDocument::read(scheduler_.engine(), options_.session, scheduler_.store(), std::move(text), [&](int64_t done, int64_t) {
    document->read = done;
    if (auto now = std::chrono::steady_clock::now(); now - last > std::chrono::milliseconds(300)) {
      last = now;
      tellWatchers(*document);
    }
    const auto pieceEnded = std::chrono::steady_clock::now(), share = pieceEnded + (pieceEnded - pieceBegan); // answers have as long
    bool goesOn = scheduler_.serveOthers();
    while (goesOn && !scheduler_.isIdle() && !document->removed && std::chrono::steady_clock::now() < share)
      goesOn = scheduler_.serveOthers();
    pieceBegan = std::chrono::steady_clock::now();
    return goesOn && !document->removed;
  });
  metrics_.ingest.add(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  if (!memory.ok())
    return finish(document, memory.status());
  document->memory = *memory;
  metrics_.memoryEntries += document->tokens;
  if (options_.folder.empty())
    return finish(document, {});
  // A file of gigabytes takes its time: not this thread's.
  auto kept = std::make_shared<std::shared_ptr<const MemoryDocument>>(std::move(*memory));
  saving_->add([this, document, kept] {
    save(document, **kept);
    scheduler_.post([kept] { kept->reset(); });
  });
}

void DocumentShelf::save(const std::shared_ptr<KeptDocument> &document, const MemoryDocument &memory) {
  std::error_code error;
  fs::create_directories(fs::path(path(document->owner, document->id, ending)).parent_path(), error);
  Status status = memory.save(path(document->owner, document->id, ending));
  if (status.ok())
    status = writeAbout(*document);
  if (document->removed || !status.ok())
    forget(*document);
  finish(document, status);
}

void DocumentShelf::finish(const std::shared_ptr<KeptDocument> &document, const Status &status) {
  {
    std::lock_guard lock(document->mutex);
    document->state = status.ok() ? KeptDocument::State::ready : KeptDocument::State::failed;
    document->error = status.ok() ? "" : status.message();
  }
  if (!status.ok() && status.code() != cancelledCode)
    logError(status);
  tellWatchers(*document);
}

Status DocumentShelf::writeAbout(const KeptDocument &document) const {
  if (options_.folder.empty())
    return {};
  JsonWriter json;
  std::lock_guard lock(document.mutex);
  json.beginObject().key("name").text(document.name).key("created").integer(document.created).key("expires").integer(document.expires);
  return OutputFile::write(path(document.owner, document.id, aboutEnding), json.endObject().str() + "\n");
}

void DocumentShelf::readAbout(KeptDocument &document) const {
  auto bytes = readFile(path(document.owner, document.id, aboutEnding));
  auto json = bytes ? JsonValue::read(*bytes) : Status::error(7504, "there is none");
  if (!json.ok())
    return;
  const auto integer = [&](const char *name) {
    const JsonValue *value = json->find(name);
    return value && value->integer() ? static_cast<std::time_t>(*value->integer()) : 0;
  };
  document.created = integer("created");
  document.expires = integer("expires");
  if (const JsonValue *name = json->find("name"); name && name->text())
    document.name = *name->text();
}

void DocumentShelf::forget(const KeptDocument &document) {
  std::error_code ignored;
  for (const char *end : {ending, aboutEnding})
    fs::remove(path(document.owner, document.id, end), ignored);
}

DocumentShelf::Found DocumentShelf::import(const std::string &owner, const std::string &bytes) {
  if (options_.folder.empty())
    return ApiError{400, "this server keeps no files: start it with --documents DIR to import documents", "not_supported"};
  const std::string file = path(owner, "import-" + randomId(""), ".partial");
  std::error_code error;
  fs::create_directories(fs::path(file).parent_path(), error);
  if (Status status = OutputFile::write(file, bytes); !status.ok())
    return ApiError{507, "the document cannot be written: " + std::string(std::strerror(errno)), "storage_full"};
  auto opened = Document::open(file);
  if (!opened.ok()) {
    fs::remove(file, error);
    return ApiError{422, "this is no document, or a damaged one (LC" + std::to_string(opened.status().code()) + ")", "invalid_document"};
  }
  auto document = std::make_shared<KeptDocument>();
  document->text = std::string(opened->text());
  document->id = idOf(document->text);
  document->owner = owner;
  document->name = opened->name();
  document->created = std::time(nullptr);
  document->tokens = static_cast<int64_t>(opened->tokens().size());
  document->read = document->tokens;
  document->bytes = bytesOf(document->tokens);
  if (Found known = find(owner, document->id); std::holds_alternative<std::shared_ptr<KeptDocument>>(known)) {
    fs::remove(file, error);
    return known;
  }
  if (Status status = map(document, std::move(*opened)); !status.ok()) {
    fs::remove(file, error);
    return ApiError{422, "this document was made by another model or with other options (LC" + std::to_string(status.code()) + ")", "invalid_document"};
  }
  if (auto refused = put(document)) {
    fs::remove(file, error);
    scheduler_.post([document] { document->memory.reset(); });
    return *refused;
  }
  fs::rename(file, path(owner, document->id, ending), error);
  metrics_.memoryEntries += document->tokens;
  finish(document, error ? Status::error(7504, "the document cannot be kept: " + error.message()) : writeAbout(*document));
  return document;
}

DocumentShelf::Found DocumentShelf::find(const std::string &owner, const std::string &id) {
  sweep();
  std::lock_guard lock(mutex_);
  auto found = documents_.find({owner, id});
  if (found == documents_.end())
    return ApiError{404, "there is no document " + longc::quoted(id), "document_not_found"};
  return found->second;
}

std::vector<std::shared_ptr<KeptDocument>> DocumentShelf::list(const std::string &owner) {
  sweep();
  std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<KeptDocument>> documents;
  for (const auto &[key, document] : documents_)
    if (key.first == owner)
      documents.push_back(document);
  return documents;
}

void DocumentShelf::remove(const std::shared_ptr<KeptDocument> &document) {
  {
    std::lock_guard lock(mutex_);
    if (documents_.erase({document->owner, document->id}) == 0)
      return;
  }
  --metrics_.documents;
  document->removed = true;
  if (!options_.folder.empty())
    forget(*document);
  scheduler_.post([this, document] { // answers under way keep the pages that they read
    if (document->memory)
      metrics_.memoryEntries -= document->tokens;
    document->memory.reset();
  });
}

Status DocumentShelf::setLife(KeptDocument &document, int64_t seconds) {
  {
    std::lock_guard lock(document.mutex);
    document.expires = endOf(seconds);
  }
  return document.currentState() == KeptDocument::State::ready ? writeAbout(document) : Status();
}

void DocumentShelf::sweep() {
  std::vector<std::shared_ptr<KeptDocument>> over;
  {
    std::lock_guard lock(mutex_);
    for (const auto &[key, document] : documents_) {
      std::lock_guard inner(document->mutex);
      if (document->expires != 0 && document->expires <= std::time(nullptr))
        over.push_back(document);
    }
  }
  for (const auto &document : over)
    remove(document);
}

void DocumentShelf::watch(KeptDocument &document, std::shared_ptr<HttpReply> reply) {
  {
    std::lock_guard lock(document.mutex);
    document.watchers.push_back(std::move(reply));
  }
  tellWatchers(document);
}

void DocumentShelf::tellWatchers(KeptDocument &document) {
  const std::string event = "data: " + toJson(document) + "\n\n";
  std::lock_guard lock(document.mutex);
  const bool over = document.state != KeptDocument::State::ingesting;
  for (const auto &watcher : document.watchers) {
    watcher->write(event);
    if (over) {
      watcher->write("data: [DONE]\n\n");
      watcher->end();
    }
  }
  if (over)
    document.watchers.clear();
  else
    std::erase_if(document.watchers, [](const auto &watcher) { return watcher->isGone(); });
}

std::variant<std::string, ApiError> DocumentShelf::exported(const KeptDocument &document) {
  const std::string file = path(document.owner, document.id, ending);
  std::error_code error;
  const uintmax_t size = fs::file_size(file, error);
  if (options_.folder.empty() || error)
    return ApiError{409, "this document is not in a file yet: start the server with --documents DIR, and wait until it is ready", "not_ready"};
  if (size > mostExported)
    return ApiError{413, formatText("this document's file has %s, which is too much to send: copy it from the server's folder",
                                    formatBytes(static_cast<double>(size)).c_str()), "too_large"};
  auto bytes = readFile(file);
  return bytes ? std::variant<std::string, ApiError>(std::move(*bytes)) : ApiError{500, "the document's file cannot be read", "internal_error"};
}

std::string DocumentShelf::toJson(const KeptDocument &document) const {
  std::lock_guard lock(document.mutex);
  const char *const states[] = {"ingesting", "ready", "failed"};
  JsonWriter json;
  json.beginObject();
  json.key("id").text(document.id).key("object").text("document").key("name").text(document.name);
  json.key("status").text(states[static_cast<size_t>(document.state)]);
  json.key("method").text(Document::fot);
  json.key("tokens").integer(document.tokens).key("bytes").integer(static_cast<int64_t>(document.text.size()));
  json.key("memory_bytes").integer(static_cast<int64_t>(document.bytes));
  json.key("model").text(options_.fingerprint);
  json.key("created").integer(document.created);
  document.expires ? json.key("expires_at").integer(document.expires) : json.key("expires_at").null();
  json.key("progress").beginObject().key("processed").integer(document.read).key("total").integer(document.tokens).endObject();
  document.error.empty() ? json.key("error").null() : json.key("error").text(document.error);
  return json.endObject().str();
}

} // namespace longc
