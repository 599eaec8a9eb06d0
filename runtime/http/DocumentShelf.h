// The documents that a server keeps: read once, found by what they say, private to who brought them, kept over restarts.
//
// A document's name is the hash of its text and method, so the same text is the same document. Files lie in FOLDER/OWNER/ID.document
// (runtime/serve/Document.h), with a small ID.json beside each for what is no part of the text: its name and when it ends.
// That one is written first, so that no document outlives its end because the server was killed in between.
#pragma once

#include "runtime/http/ApiError.h"
#include "runtime/http/KeptDocument.h"
#include "runtime/http/LiftDocuments.h"
#include "runtime/http/Scheduler.h"
#include "runtime/http/SoftDocuments.h"
#include "runtime/http/WorkQueue.h"
#include "runtime/text/Tokenizer.h"

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace longc {

/// What somebody asks to be kept.
struct NewDocument {
  std::string name, text;
  std::string method = Document::fot;
  int64_t life = 0;       // seconds to live; 0: for ever
  double learnSeconds = 0; // that learning may take (method lift); 0: what all of it takes
};

struct ShelfOptions {
  std::string folder;    // empty: documents end with the server
  double memoryBytes = 0; // of all memories
  double quotaBytes = 0;  // of one owner's memories; 0: of all
  SessionOptions session;
  std::string fingerprint;
  bool hasMemory = true;         // documents can be of kind fot
  LiftDocuments *lift = nullptr; // null: none can be of kind lift; outlives the shelf
  SoftDocuments *soft = nullptr; // likewise of kind e2llm
};

class DocumentShelf {
public:
  using Found = std::variant<std::shared_ptr<KeptDocument>, ApiError>;

  /// Maps what lies in the folder. What another program made stays there, as failed. LC7504 where the folder cannot be used.
  static Result<std::unique_ptr<DocumentShelf>> open(const ShelfOptions &options, Scheduler &scheduler, const Tokenizer &tokenizer,
                                                     Metrics &metrics);
  ~DocumentShelf();

  /// Takes a text to be read; one that is there already stays as it is.
  Found add(const std::string &owner, NewDocument asked);
  /// A document as it was exported, in a file whose path uploadPath() gave.
  Found import(const std::string &owner, UploadedFile &file);
  /// Where a file may go that is to be imported; empty: nowhere.
  std::string uploadPath(const std::string &owner) const;
  Found find(const std::string &owner, const std::string &id);
  std::vector<std::shared_ptr<KeptDocument>> list(const std::string &owner);
  void remove(const std::shared_ptr<KeptDocument> &document);
  Status setLife(KeptDocument &document, int64_t seconds);
  /// Progress as events, until it is ready or failed.
  void watch(KeptDocument &document, std::shared_ptr<HttpReply> reply);
  /// The document's file; null where there is none, or none yet.
  std::shared_ptr<const FileBytes> exported(const KeptDocument &document) const;
  std::string toJson(const KeptDocument &document, const std::vector<std::string> &warnings = {}) const;
  /// Removes what has expired.
  void sweep();

private:
  DocumentShelf(const ShelfOptions &options, Scheduler &scheduler, const Tokenizer &tokenizer, Metrics &metrics)
      : options_(options), scheduler_(scheduler), tokenizer_(tokenizer), metrics_(metrics) {}
  using Key = std::pair<std::string, std::string>;

  Status loadFolder();
  Status lockFolder();
  void loadOwner(const std::string &folder);
  void loadFile(const std::string &owner, const std::string &path);
  std::optional<ApiError> put(const std::shared_ptr<KeptDocument> &document);
  void guard(const std::shared_ptr<KeptDocument> &document, const std::function<void()> &work);
  bool knows(const std::string &method) const;
  std::string knownMethods() const;
  std::function<bool()> sharing(const std::shared_ptr<KeptDocument> &document);
  void read(const std::shared_ptr<KeptDocument> &document, const std::shared_ptr<DocumentText> &text);
  Status readMemory(KeptDocument &document, DocumentText text, const std::function<bool()> &goesOn);
  Status readSoft(KeptDocument &document, const DocumentText &text, const std::function<bool()> &goesOn);
  Status learn(KeptDocument &document, const DocumentText &text, const std::function<bool()> &goesOn);
  void save(const std::shared_ptr<KeptDocument> &document, const std::function<Status(const std::string &file)> &write);
  Status map(const std::shared_ptr<KeptDocument> &document, Document file);
  void finish(const std::shared_ptr<KeptDocument> &document, const Status &status);
  std::string withoutFolder(std::string message) const;
  void release(const std::shared_ptr<KeptDocument> &document);
  void tellWatchers(KeptDocument &document);
  std::string path(const std::string &owner, const std::string &id, const char *ending) const;
  Status writeAbout(const KeptDocument &document) const;
  void readAbout(KeptDocument &document) const;
  void forget(const KeptDocument &document) const;
  bool isReplaced(const KeptDocument &document);
  double bytesOf(const KeptDocument &document) const;

  const ShelfOptions options_;
  Scheduler &scheduler_;
  const Tokenizer &tokenizer_;
  Metrics &metrics_;
  std::atomic<bool> ends_{false};
  int lock_ = -1; // the folder's
  std::mutex mutex_;
  std::map<Key, std::shared_ptr<KeptDocument>> documents_;
  std::unique_ptr<WorkQueue> saving_ = std::make_unique<WorkQueue>();
};

} // namespace longc
