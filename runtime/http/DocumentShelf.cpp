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

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <future>
#include <sstream>
#include <sys/file.h>
#include <unistd.h>

namespace longc {
namespace {

namespace fs = std::filesystem;

constexpr const char *ending = ".document", *aboutEnding = ".json", *partialEnding = ".partial", *importing = "import-";

std::string idOf(const std::string &method, std::string_view text) {
  return "doc_" + (method == Document::fot ? sha256Text(text) : sha256Text(method + "\n" + std::string(text))).substr(0, 32);
}

std::optional<std::string> readFile(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream bytes;
  return file && bytes << file.rdbuf() ? std::optional(bytes.str()) : std::nullopt;
}

// Sorted; none where the folder cannot be read to its end.
std::optional<std::vector<fs::path>> entriesOf(const std::string &folder) {
  std::vector<fs::path> entries;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error))
    entries.push_back(entry->path());
  std::sort(entries.begin(), entries.end());
  return error ? std::nullopt : std::optional(std::move(entries));
}

bool isLeftOver(const fs::path &file) {
  const std::string name = file.filename().string();
  if (!name.starts_with("doc_") && !name.starts_with(importing))
    return false;
  std::error_code ignored;
  return name.ends_with(partialEnding) || (name.ends_with(aboutEnding) && !fs::exists(fs::path(file).replace_extension(ending), ignored));
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

// What is still read ends; then nothing more comes to be written; and memories go where they came from, the engine's thread.
DocumentShelf::~DocumentShelf() {
  scheduler_.onHeartbeat({});
  ends_ = true;
  std::promise<void> read, gone;
  scheduler_.postLongest([&] { read.set_value(); }); // behind the reading of any
  read.get_future().wait();
  saving_.reset();
  scheduler_.post([&] {
    for (auto &[key, document] : documents_)
      document->memory.reset();
    gone.set_value();
  });
  gone.get_future().wait();
  if (lock_ >= 0)
    ::close(lock_);
}

std::string DocumentShelf::path(const std::string &owner, const std::string &id, const char *end) const {
  return options_.folder + "/" + (owner.empty() ? "public" : owner) + "/" + id + end;
}

// A memory is of whole pages: that of one token has one.
double DocumentShelf::bytesOf(const KeptDocument &document) const {
  if (document.isAdapter())
    return options_.lift ? options_.lift->bytes() : 0;
  if (document.isSoft())
    return options_.soft ? options_.soft->bytes(document.text.size()) : 0;
  const int64_t rows = (document.tokens + pageRows - 1) / pageRows * pageRows;
  return static_cast<double>(rows) * static_cast<double>(scheduler_.engine().memoryBytesPerToken());
}

bool DocumentShelf::knows(const std::string &method) const {
  return method == Document::fot ? options_.hasMemory : method == Document::lift ? options_.lift != nullptr : method == Document::e2llm && options_.soft;
}

std::string DocumentShelf::knownMethods() const {
  std::string names;
  for (const char *method : {Document::fot, Document::lift, Document::e2llm})
    if (knows(method))
      names += (names.empty() ? "" : ", ") + std::string(method);
  return names;
}

Status DocumentShelf::loadFolder() {
  std::error_code error;
  fs::create_directories(options_.folder, error);
  if (error || !fs::is_directory(options_.folder, error))
    return Status::error(7504, "cannot keep documents in " + longc::quoted(options_.folder) + ": " + (error ? error.message() : "it is no folder"),
                         "check --documents and its permissions");
  LONGC_TRY(lockFolder());
  auto owners = entriesOf(options_.folder);
  if (!owners)
    return Status::error(7504, "cannot read the folder of documents " + longc::quoted(options_.folder), "check --documents and its permissions");
  for (const fs::path &owner : *owners)
    if (fs::is_directory(owner, error))
      loadOwner(owner.filename().string());
  return {};
}

// Two servers would take each other's files for left over. The system unlocks when the file is closed, however that comes.
Status DocumentShelf::lockFolder() {
  lock_ = ::open(options_.folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (lock_ >= 0 && flock(lock_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) // some file systems have no locks
    return Status::error(7504, "another server keeps its documents in " + longc::quoted(options_.folder), "end it first, or give each its own --documents");
  return {};
}

// What a server left that was killed while it wrote goes.
void DocumentShelf::loadOwner(const std::string &folder) {
  const auto files = entriesOf(options_.folder + "/" + folder);
  if (!files)
    return logWarning("the documents in " + longc::quoted(options_.folder + "/" + folder) + " cannot be read");
  std::error_code ignored;
  for (const fs::path &file : *files)
    if (isLeftOver(file))
      fs::remove(file, ignored);
    else if (file.extension() == ending)
      loadFile(folder == "public" ? "" : folder, file.string());
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
    document->method = opened->kind();
    document->bytes = bytesOf(*document);
    status = idOf(document->method, document->text) == document->id ? map(document, std::move(*opened))
                                                  : Status::error(7504, longc::quoted(file) + " is named after another text", "import it instead");
  }
  readAbout(*document);
  document->read = document->tokens;
  document->state = status.ok() ? KeptDocument::State::ready : KeptDocument::State::failed;
  if (!status.ok()) {
    document->error = withoutFolder(status.message());
    logWarning("the document " + longc::quoted(file) + " is not used: " + status.message());
  }
  documents_[{owner, document->id}] = document;
  ++metrics_.documents;
}

// On the engine's thread; waits for it.
Status DocumentShelf::map(const std::shared_ptr<KeptDocument> &document, Document file) {
  if (!knows(document->method))
    return Status::error(7504, longc::quoted(file.path()) + " is of method " + longc::quoted(document->method) + ", which this program does not do",
                         "serve it with the program that made it");
  std::promise<Status> mapped;
  scheduler_.post([&] {
    if (document->isAdapter()) {
      auto adapter = options_.lift->load(file);
      if (adapter.ok())
        document->adapter = std::move(*adapter);
      return mapped.set_value(adapter.status());
    }
    if (document->isSoft()) {
      auto soft = options_.soft->load(file.path());
      if (soft.ok())
        document->soft = std::move(*soft);
      document->softTokens = soft.ok() ? document->soft->chunks() : 0;
      return mapped.set_value(soft.status());
    }
    auto memory = MemoryDocument::map(scheduler_.engine(), options_.session, scheduler_.store(), std::move(file));
    if (memory.ok())
      document->memory = std::move(*memory);
    metrics_.memoryEntries += memory.ok() ? document->tokens : 0;
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
    return ApiError{413, formatText("a document of %s tokens takes %s, and with what is kept already it would be %s of %s: delete others first",
                                    formatCount(document->tokens).c_str(), formatBytes(document->bytes).c_str(), formatBytes(owned).c_str(),
                                    formatBytes(most).c_str()),
                    "quota_exceeded", "text"};
  if (documents_.insert_or_assign({document->owner, document->id}, document).second)
    ++metrics_.documents;
  return std::nullopt;
}

DocumentShelf::Found DocumentShelf::add(const std::string &owner, NewDocument asked) {
  if (!knows(asked.method))
    return ApiError::invalid("method", "method " + longc::quoted(asked.method) + " is not done by this program: it knows " + knownMethods());
  const std::string id = idOf(asked.method, asked.text);
  if (Found known = find(owner, id); std::holds_alternative<std::shared_ptr<KeptDocument>>(known))
    if (std::get<std::shared_ptr<KeptDocument>>(known)->currentState() != KeptDocument::State::failed)
      return known;
  auto document = std::make_shared<KeptDocument>();
  document->id = id;
  document->owner = owner;
  document->method = asked.method;
  document->name = asked.name;
  document->text = asked.text;
  document->learnSeconds = asked.learnSeconds;
  document->created = std::time(nullptr);
  document->expires = endOf(asked.life);
  auto read = std::make_shared<DocumentText>(DocumentText{asked.name, std::move(asked.text), {}, {}});
  read->tokens = tokenizer_.encode(read->text, /*parseSpecial=*/false);
  if (read->tokens.empty())
    return ApiError::invalid("text", "text: a document has at least one token");
  read->offsets = tokenOffsets(tokenizer_, read->text, read->tokens);
  document->tokens = static_cast<int64_t>(read->tokens.size());
  document->bytes = bytesOf(*document);
  if (auto error = put(document))
    return *error;
  auto work = [this, document, read] { guard(document, [&] { this->read(document, read); }); };
  document->isAdapter() ? scheduler_.postLongest(std::move(work)) : scheduler_.postLong(std::move(work));
  return document;
}

// What is thrown is the end of this document alone.
void DocumentShelf::guard(const std::shared_ptr<KeptDocument> &document, const std::function<void()> &work) {
  Status status;
  try {
    work();
  } catch (...) {
    status = caughtStatus();
  }
  if (status.ok())
    return;
  release(document);
  finish(document, status);
}

// Called between two pieces of work for a document: others are answered for as long as the last one took. False ends the work.
std::function<bool()> DocumentShelf::sharing(const std::shared_ptr<KeptDocument> &document) {
  using Clock = std::chrono::steady_clock;
  return [this, document, told = Clock::now(), began = Clock::now()]() mutable {
    if (auto now = Clock::now(); now - told > std::chrono::milliseconds(300)) {
      told = now;
      tellWatchers(*document);
    }
    const auto ended = Clock::now(), share = ended + (ended - began);
    bool goesOn = scheduler_.serveOthers();
    while (goesOn && !scheduler_.isIdle() && !document->removed && Clock::now() < share)
      goesOn = scheduler_.serveOthers();
    if (document->isAdapter())
      scheduler_.doLong(); // others' texts are read meanwhile
    began = Clock::now();
    return goesOn && !document->removed && !ends_;
  };
}

// On the engine's thread.
void DocumentShelf::read(const std::shared_ptr<KeptDocument> &document, const std::shared_ptr<DocumentText> &text) {
  if (document->removed || ends_)
    return finish(document, Status::error(cancelledCode, "it is no longer wanted"));
  const auto start = std::chrono::steady_clock::now();
  const auto goesOn = sharing(document);
  Status status = document->isAdapter() ? learn(*document, *text, goesOn)
                  : document->isSoft()  ? readSoft(*document, *text, goesOn)
                                        : readMemory(*document, std::move(*text), goesOn);
  metrics_.ingest.add(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  if (!status.ok() || options_.folder.empty())
    return finish(document, status);
  // A file of gigabytes takes its time: not this thread's. But pages go on this one.
  auto memory = std::make_shared<std::shared_ptr<const MemoryDocument>>(document->memory);
  saving_->add([this, document, memory, text, adapter = document->adapter, soft = document->soft] {
    guard(document, [&] {
      save(document, [&](const std::string &file) {
        return adapter ? options_.lift->save(file, *text, *adapter) : soft ? options_.soft->save(file, *soft) : (*memory)->save(file);
      });
    });
    scheduler_.post([memory] { memory->reset(); });
  });
}

Status DocumentShelf::readMemory(KeptDocument &document, DocumentText text, const std::function<bool()> &goesOn) {
  auto memory = MemoryDocument::read(scheduler_.engine(), options_.session, scheduler_.store(), std::move(text), [&](int64_t done, int64_t) {
    document.read = done;
    return goesOn();
  });
  if (!memory.ok())
    return memory.status();
  document.memory = std::move(*memory);
  metrics_.memoryEntries += document.tokens;
  return {};
}

Status DocumentShelf::readSoft(KeptDocument &document, const DocumentText &text, const std::function<bool()> &goesOn) {
  auto soft = options_.soft->read(text, [&](double share) {
    document.read = static_cast<int64_t>(share * static_cast<double>(document.tokens));
    return goesOn();
  });
  if (!soft.ok())
    return soft.status();
  document.read = document.tokens;
  document.soft = std::move(*soft);
  document.softTokens = document.soft->chunks();
  return {};
}

Status DocumentShelf::learn(KeptDocument &document, const DocumentText &text, const std::function<bool()> &goesOn) {
  auto adapter = options_.lift->learn(text, document.learnSeconds, [&](double share) {
    document.read = static_cast<int64_t>(share * static_cast<double>(document.tokens));
    metrics_.liftSteps = options_.lift->steps();
    return goesOn();
  });
  metrics_.liftSteps = options_.lift->steps();
  if (!adapter.ok())
    return adapter.status();
  document.read = document.tokens;
  document.adapter = std::move(*adapter);
  return {};
}

void DocumentShelf::save(const std::shared_ptr<KeptDocument> &document, const std::function<Status(const std::string &file)> &write) {
  Status status = document->removed ? Status::error(cancelledCode, "it is no longer wanted") : writeAbout(*document);
  if (status.ok())
    status = write(path(document->owner, document->id, ending));
  if ((document->removed || !status.ok()) && !isReplaced(*document))
    forget(*document);
  if (!status.ok())
    release(document);
  finish(document, status);
}

// Whether another document has come by its name since.
bool DocumentShelf::isReplaced(const KeptDocument &document) {
  std::lock_guard lock(mutex_);
  auto found = documents_.find({document.owner, document.id});
  return found != documents_.end() && &*found->second != &document;
}

// Answers under way keep the pages that they read.
void DocumentShelf::release(const std::shared_ptr<KeptDocument> &document) {
  scheduler_.post([this, document] {
    if (document->memory)
      metrics_.memoryEntries -= document->tokens;
    document->memory.reset();
    document->adapter.reset();
    document->soft.reset();
  });
}

// For clients, whom it does not concern where files of the server are.
std::string DocumentShelf::withoutFolder(std::string message) const {
  for (size_t place = 0; !options_.folder.empty() && (place = message.find(options_.folder, place)) != std::string::npos;)
    message.erase(place, options_.folder.size());
  return message;
}

void DocumentShelf::finish(const std::shared_ptr<KeptDocument> &document, const Status &status) {
  {
    std::lock_guard lock(document->mutex);
    document->state = status.ok() ? KeptDocument::State::ready : KeptDocument::State::failed;
    document->error = status.ok() ? "" : withoutFolder(status.message());
  }
  if (!status.ok() && status.code() != cancelledCode)
    logError(status);
  tellWatchers(*document);
}

Status DocumentShelf::writeAbout(const KeptDocument &document) const {
  if (options_.folder.empty())
    return {};
  const std::string file = path(document.owner, document.id, aboutEnding);
  std::error_code ignored; // writing says what is wrong
  fs::create_directories(fs::path(file).parent_path(), ignored);
  JsonWriter json;
  std::lock_guard lock(document.mutex);
  json.beginObject().key("name").text(document.name).key("created").integer(document.created).key("expires").integer(document.expires);
  return OutputFile::write(file, json.endObject().str() + "\n");
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

void DocumentShelf::forget(const KeptDocument &document) const {
  std::error_code ignored;
  for (const char *end : {ending, aboutEnding})
    fs::remove(path(document.owner, document.id, end), ignored);
}

std::string DocumentShelf::uploadPath(const std::string &owner) const {
  if (options_.folder.empty())
    return "";
  const std::string file = path(owner, importing + randomId(""), partialEnding);
  std::error_code ignored; // writing says what is wrong
  fs::create_directories(fs::path(file).parent_path(), ignored);
  return file;
}

DocumentShelf::Found DocumentShelf::import(const std::string &owner, UploadedFile &file) {
  auto opened = Document::open(file.path());
  if (!opened.ok())
    return ApiError{422, "this is no document, or a damaged one (LC" + std::to_string(opened.status().code()) + ")", "invalid_document"};
  auto document = std::make_shared<KeptDocument>();
  document->text = std::string(opened->text());
  document->method = opened->kind();
  document->id = idOf(document->method, document->text);
  document->owner = owner;
  document->name = opened->name();
  document->created = std::time(nullptr);
  document->tokens = static_cast<int64_t>(opened->tokens().size());
  document->read = document->tokens;
  document->bytes = bytesOf(*document);
  if (Found known = find(owner, document->id); std::holds_alternative<std::shared_ptr<KeptDocument>>(known))
    return known;
  if (Status status = map(document, std::move(*opened)); !status.ok())
    return ApiError{422, "this document was made by another model or with other options (LC" + std::to_string(status.code()) + ")", "invalid_document"};
  if (auto refused = put(document)) {
    release(document);
    return *refused;
  }
  Status status = writeAbout(*document);
  if (status.ok() && !file.keepAs(path(owner, document->id, ending)))
    status = Status::error(7504, "the document cannot be kept: " + std::string(std::strerror(errno)));
  if (!status.ok()) {
    forget(*document);
    release(document);
  }
  finish(document, status);
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
  release(document);
}

Status DocumentShelf::setLife(KeptDocument &document, int64_t seconds) {
  {
    std::lock_guard lock(document.mutex);
    document.expires = endOf(seconds);
  }
  return document.currentState() == KeptDocument::State::failed ? Status() : writeAbout(document);
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

std::shared_ptr<const FileBytes> DocumentShelf::exported(const KeptDocument &document) const {
  return options_.folder.empty() ? nullptr : FileBytes::open(path(document.owner, document.id, ending));
}

std::string DocumentShelf::toJson(const KeptDocument &document, const std::vector<std::string> &warnings) const {
  std::lock_guard lock(document.mutex);
  const char *const states[] = {"ingesting", "ready", "failed"};
  JsonWriter json;
  json.beginObject();
  json.key("id").text(document.id).key("object").text("document").key("name").text(document.name);
  json.key("status").text(states[static_cast<size_t>(document.state)]);
  json.key("method").text(document.method);
  json.key("tokens").integer(document.tokens).key("bytes").integer(static_cast<int64_t>(document.text.size()));
  json.key("memory_bytes").integer(static_cast<int64_t>(document.bytes));
  json.key("model").text(options_.fingerprint);
  json.key("created").integer(document.created);
  document.expires ? json.key("expires_at").integer(document.expires) : json.key("expires_at").null();
  json.key("progress").beginObject().key("processed").integer(document.read).key("total").integer(document.tokens).endObject();
  document.error.empty() ? json.key("error").null() : json.key("error").text(document.error);
  if (!warnings.empty()) {
    json.key("warnings").beginArray();
    for (const std::string &warning : warnings)
      json.text(warning);
    json.endArray();
  }
  return json.endObject().str();
}

} // namespace longc
